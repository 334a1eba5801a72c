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

/** A path relative to a home directory or a repository, of the same characters. Else PATH_INVALID. */
export const RelativePath = text(
  (value) => value === "." || isAbsolutePath(`/${value}`),
  (value) => ({
    code: "PATH_INVALID",
    message: `${show(value)} is not a relative path that can be carried safely`,
    fix: "use a path of A-Z, a-z, 0-9, '_', '@', '+', '.' and '-', without '..', '//' or a leading or trailing '/'",
  }),
);
