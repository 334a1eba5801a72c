import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Artifact } from "../../src/artifact.ts";
import { assertPaths } from "../../src/project/artifact-path.ts";
import { MANIFEST } from "../../src/project/manifest.ts";
import { scratchFolder, writeFiles } from "../support/scratch.ts";
import { file, treeOf, write } from "./tree.ts";

// Few names, so that paths meet: a file in one run is a folder in the next.
const path = fc
  .array(fc.constantFrom("a", "b", "c", "d.yml"), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/"));
const artifact = fc.record({
  path,
  content: fc.oneof(
    fc.constant(""),
    fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
    fc.string({ maxLength: 3 }),
  ),
  executable: fc.boolean(),
});
const artifacts = fc.array(artifact, { maxLength: 12 }).map(consistent);
const foreign = fc
  .array(path, { maxLength: 4 })
  .map((paths) => consistent(paths.map((one) => file(`${one}.own`, "mine"))));

/** The artifacts that do not contradict an earlier one. */
function consistent(all: readonly Artifact[]): Artifact[] {
  const kept: Artifact[] = [];
  for (const one of all) {
    try {
      assertPaths([...kept, one]);
      kept.push(one);
    } catch {
      // Two of one path, or a file that is a folder: no compiler makes both.
    }
  }
  return kept;
}

const clash = (one: string, other: string) =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

// Invariant: after each synth the repository holds exactly the new artifacts beside what was never ours; a second synth does nothing.
test("the tree is a function of the artifacts, whatever was generated before", () => {
  fc.assert(
    fc.property(fc.array(artifacts, { minLength: 1, maxLength: 4 }), foreign, (runs, people) => {
      const own = people.filter(({ path: one }) => !runs.flat().some((other) => clash(one, other.path)));
      const root = scratchFolder("property");
      try {
        writeFiles(root, Object.fromEntries(own.map(({ path: one, content }) => [one, content])));
        for (const run of runs) {
          write(root, run);
          const tree = treeOf(root);
          expect(tree).toEqual(expectedTree(run, own, tree[MANIFEST]));
          const again = write(root, run);
          expect([again.writes, again.protect, again.removals, again.left]).toEqual([[], [], [], []]);
          expect(treeOf(root)).toEqual(tree);
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 150 },
  );
});

function expectedTree(run: readonly Artifact[], own: readonly Artifact[], manifest: string | undefined) {
  return {
    [MANIFEST]: manifest,
    ...Object.fromEntries(own.map(({ path: one, content }) => [one, `644 ${content}`])),
    ...Object.fromEntries(
      run.map(({ path: one, content, executable }) => [one, `${executable ? 555 : 444} ${content}`]),
    ),
  };
}

// Invariant: the cost of a synth grows linearly. 5,000 files, which projen's own file objects take 10 s for.
test("5,000 files are compared in well under two seconds", { timeout: 60_000 }, () => {
  const root = scratchFolder("many");
  try {
    const many = Array.from({ length: 5000 }, (_, n) => file(join("generated", String(n % 50), `file-${n}`)));
    write(root, many);
    const started = performance.now();
    expect(write(root, many).writes).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
