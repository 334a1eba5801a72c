import { describe, expect, test } from "vitest";
import { assertPaths, pathProblem } from "../../src/project/artifact-path.ts";
import { file } from "./tree.ts";

// Invariant: no path leads out of the repository, into git's own folder, or onto two lines of the manifest.
describe("pathProblem", () => {
  test.each([
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a/./b",
    "a//b",
    "a/",
    "a\\b",
    ".git/hooks/pre-commit",
    "sub/.GIT/config",
    "a\nb",
    "a\0b",
    "a\u0085b",
    "a\u2028b",
    "a\u202eb",
    "# a",
    "<<<<<<< HEAD",
    "=======",
  ])("refuses %j", (path) => expect(pathProblem(path)).toBeTypeOf("string"));

  test.each([
    ".github/workflows/deploy-prd.yml",
    "generated/production/tenants/acme",
    ".gitattributes",
    "a b/é.md",
    "..a/b..",
  ])("takes %j", (path) => expect(pathProblem(path)).toBeUndefined());
});

// Invariant: artifacts that contradict each other are an error of the program, never a file that depends on their order.
describe("assertPaths", () => {
  test.each<[title: string, paths: string[], message: RegExp]>([
    ["one path twice", ["a/b", "a/b"], /two artifacts have the path a\/b/],
    ["paths that are one file on a Mac", ["a/README.md", "a/readme.md"], /two artifacts/],
    ["a file that is a folder", ["a/b/c", "a"], /needs a folder where a is a file/],
    ["a path that leads out", ["../a"], /'\.\.' part/],
  ])("throws for %s", (_, paths, message) =>
    expect(() => assertPaths(paths.map((path) => file(path)))).toThrow(message),
  );

  test("takes neighbours that only begin alike", () =>
    expect(() => assertPaths([file("a"), file("ab"), file("ab.d/c")])).not.toThrow());
});
