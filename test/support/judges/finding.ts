/** A file as it is given to a judge: nothing need be on the disk. */
export interface JudgedFile {
  /** Path in the repository, with `/`. Workflows stand at `.github/workflows/<name>.yml`. */
  readonly path: string;
  readonly content: string;
}

/** One complaint of a judge. An empty list of them means that everything was accepted. */
export interface Finding {
  readonly judge: string;
  readonly file: string;
  /** From 1. Absent where the judge does not say. */
  readonly line?: number;
  readonly message: string;
}

/** Files by their path, as `inScratch` takes them. */
export function byPath(files: readonly JudgedFile[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file.path, file.content]));
}
