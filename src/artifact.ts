/** One generated file. The compiler makes them; only src/project writes them. */
export interface Artifact {
  /** Relative to the repository's root, with `/`. */
  readonly path: string;
  readonly content: string;
  /** Whether the file is a program: mode 0555 instead of 0444. */
  readonly executable: boolean;
}
