import { show, text } from "./checks.ts";

/**
 * An absolute path on a server, of characters that need no quoting in any file we write: it stands in shell, Compose, systemd and
 * Caddy files alike. No `..`, no `//`, no trailing `/`, 2-200 characters. Else PATH_INVALID.
 */
export function isAbsolutePath(value: string): boolean {
  return (
    value.length <= 200 &&
    /^(?:\/[A-Za-z0-9_@+.-]+)+$/.test(value) &&
    !value.split("/").some((part) => part === "." || part === "..")
  );
}

export const AbsolutePath = text(isAbsolutePath, (value) => ({
  code: "PATH_INVALID",
  message: `${show(value)} is not an absolute path that can be carried safely`,
  fix: "use an absolute path of A-Z, a-z, 0-9, '_', '@', '+', '.' and '-', without '..', '//' or a trailing '/'",
}));

/** A path relative to a home directory or a repository, of the same characters. A part that starts with `-` would be read as an option. */
function isRelativePath(value: string): boolean {
  return value === "." || (isAbsolutePath(`/${value}`) && !/(?:^|\/)-/.test(value));
}

/** A path that stays below where it starts. Else PATH_INVALID. */
export const RelativePath = text(isRelativePath, (value) => ({
  code: "PATH_INVALID",
  message: `${show(value)} is not a relative path that can be carried safely`,
  fix: "use a path of A-Z, a-z, 0-9, '_', '@', '+', '.' and '-', without '..', '//', a leading or trailing '/', or a part that starts with '-'",
}));

/** A relative path that may start with `../` as often as is needed. */
export function isPathBeside(value: string): boolean {
  const below = value.replace(/^(?:\.\.\/)+/, "");
  return below !== "." && isRelativePath(below);
}

/** A file's path relative to the definition's folder; `../` in front may lead out of that folder. Else PATH_INVALID. */
export const PathBeside = text(isPathBeside, (value) => ({
  code: "PATH_INVALID",
  message: value.startsWith("/")
    ? `${show(value)} is an absolute path, which is another one on each machine`
    : `${show(value)} is not a relative path that can be carried safely`,
  fix: "write it relative to the definition's folder, such as ../docker-compose.yml, of A-Z, a-z, 0-9, '_', '@', '+', '.' and '-'",
}));
