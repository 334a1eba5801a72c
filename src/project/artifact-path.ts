import type { Artifact } from "../artifact.ts";

/** Why a path may not be written or removed under a repository's root, or undefined for a good one. */
export function pathProblem(path: string): string | undefined {
  if (path === "" || path.startsWith("/") || path.includes("\\")) return "is not a relative path with /";
  // One line of the manifest is one path, and some readers of YAML take U+2028 for the end of a comment.
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(path)) return "has a control character";
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) return "has an empty, '.' or '..' part";
  if (parts.some((part) => part.toLowerCase() === ".git")) return "is inside .git";
  // These would read as a comment or as git's conflict marks in the manifest.
  if (/^(?:#|<<<<<<<|\|{7}|=======|>>>>>>>)/.test(path)) return "starts like a comment or a conflict mark";
  return undefined;
}

/**
 * Throws for paths that no compiler of ours may produce: unsafe ones, one path twice (also when only the case differs, since
 * macOS has one file for both), a file that another artifact needs as a folder. A user cannot cause this, so it is no diagnostic.
 */
export function assertPaths(artifacts: readonly Artifact[]): void {
  const seen = new Set<string>();
  for (const { path } of artifacts) {
    const problem = pathProblem(path);
    if (problem !== undefined) throw new Error(`artifact path ${JSON.stringify(path)} ${problem}`);
    const key = path.toLowerCase();
    if (seen.has(key)) throw new Error(`two artifacts have the path ${path}`);
    seen.add(key);
  }
  for (const { path } of artifacts) {
    const folder = foldersOf(path.toLowerCase()).find((candidate) => seen.has(candidate));
    if (folder !== undefined) throw new Error(`artifact ${path} needs a folder where ${folder} is a file`);
  }
}

/** The folders that a path stands in, outermost first: `a`, `a/b` for `a/b/c`. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) folders.push(path.slice(0, end));
  return folders;
}
