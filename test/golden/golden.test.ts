import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { GENERATED_MARK } from "../../src/project/write-plan.ts";
import { compileGolden, goldenFleets } from "./golden-fleets.ts";
import { reviewedText } from "./reviewed-text.ts";

// Invariant: a definition compiles to exactly the files that a reviewer has read.
// If this breaks, a change of a renderer reaches production without anybody having seen what it does there.

describe.for(goldenFleets)("$name", (fleet) => {
  test("compiles without an error to the committed files, and to no other", async () => {
    const { artifacts, diagnostics } = await compileGolden(fleet);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    for (const { path, content } of artifacts) {
      await expect(reviewedText(path, content), path).toMatchFileSnapshot(join(fleet.expected, path));
    }
    expect(filesIn(fleet.expected)).toEqual(artifacts.map(({ path }) => path).sort());
  });

  test("every file says who made it, near its top: an orphan is known by that", async () => {
    for (const { path, content } of (await compileGolden(fleet)).artifacts) {
      expect(content.slice(0, 1000).toLowerCase(), path).toContain(GENERATED_MARK);
    }
  });

  test("gives the same bytes each time", async () => {
    expect(await compileGolden(fleet)).toEqual(await compileGolden(fleet));
  });
});

function filesIn(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path));
  return paths
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path))
    .sort();
}
