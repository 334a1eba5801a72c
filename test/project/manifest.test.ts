import { expect, test } from "vitest";
import { formatManifest, parseManifest } from "../../src/project/manifest.ts";

// Invariant: what is generated is known exactly, also after two branches have both added files.
test("a manifest reads back as the sorted paths without repeats", () =>
  expect(parseManifest(formatManifest(["b", "a/c", "b", "A"]))).toEqual(["A", "a/c", "b"]));

test("adding a file adds one line", () => {
  const before = formatManifest(["a", "c"]).split("\n");
  expect(
    formatManifest(["a", "b", "c"])
      .split("\n")
      .filter((line) => !before.includes(line)),
  ).toEqual(["b"]);
});

test("both sides of a merge conflict count, in git's plain and in its diff3 style", () => {
  const text = "# c\na\n<<<<<<< HEAD\nb\n||||||| 1a2b3c4\nold\n=======\nc\n>>>>>>> other\n";
  expect(parseManifest(text)).toEqual(["a", "b", "old", "c"]);
});

test("line ends of Windows are no part of a path", () =>
  expect(parseManifest("# c\r\na\r\nb\r\n")).toEqual(["a", "b"]));
