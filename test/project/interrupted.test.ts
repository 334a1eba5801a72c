import { readdirSync, realpathSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { planWrites } from "../../src/project/write-plan.ts";
import { run } from "../support/run.ts";
import { scratchFolder, writeFiles } from "../support/scratch.ts";
import { file, treeOf, write } from "./tree.ts";

const before = [file("g/a", "old a"), file("g/gone/b", "old b"), file("g/same", "same"), file("g/turned", "old")];
const after = [file("g/a", "new a"), file("g/same", "same"), file("g/new/c", "new c", true), file("g/turned/d", "new")];

/** Runs a synth in a process of its own, which kills itself at its nth change of the file system. */
async function synthKilledAt(root: string, step: number): Promise<number> {
  const source = (name: string) => JSON.stringify(pathToFileURL(resolve("src/project", name)).href);
  const program = `
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    let left = ${step};
    for (const name of ["mkdirSync", "writeFileSync", "chmodSync", "renameSync", "unlinkSync", "rmdirSync", "rmSync"]) {
      const real = fs[name];
      fs[name] = (...args) => {
        if (left-- === 0) process.kill(process.pid, "SIGKILL");
        return real(...args);
      };
    }
    syncBuiltinESMExports();
    const { planWrites } = await import(${source("write-plan.ts")});
    const { applyPlan } = await import(${source("apply-plan.ts")});
    applyPlan(planWrites({ root: ${JSON.stringify(root)}, directory: "" }, ${JSON.stringify(after)}));`;
  const result = await run(process.execPath, ["--input-type=module", "--eval", program]);
  expect([0, 137]).toContain(result.code);
  return result.code;
}

// Invariant: a synth that is killed anywhere leaves whole files, old or new, touches nothing else, and the next one mends all.
test("killed at any step, files are whole and the next run completes", { timeout: 120_000 }, async () => {
  let step = 0;
  for (let code = 137; code === 137; step++) {
    const root = realpathSync(scratchFolder("killed"));
    try {
      writeFiles(root, { "g/mine": "mine" });
      write(root, before);
      code = await synthKilledAt(root, step);
      for (const artifact of [...before, ...after]) {
        const found = treeOf(root)[artifact.path];
        const contents = [...before, ...after]
          .filter(({ path }) => path === artifact.path)
          .map(({ content }) => content);
        if (found !== undefined && found !== "folder") expect(contents, `step ${step}`).toContain(found.slice(4));
      }
      const { problems, left } = planWrites({ root, directory: "" }, after);
      expect([problems, left], `step ${step}`).toEqual([[], []]);
      write(root, after);
      expect(readdirSync(join(root, ".projen")), `step ${step}`).toEqual(["tenantry.txt"]);
      expect(Object.keys(treeOf(root)).sort()).toEqual([
        ".projen/tenantry.txt",
        "g/a",
        "g/mine",
        "g/new/c",
        "g/same",
        "g/turned/d",
      ]);
      expect(treeOf(root)).toMatchObject({ "g/a": "444 new a", "g/new/c": "555 new c", "g/mine": "644 mine" });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  // Fewer would mean that nothing was killed.
  expect(step).toBeGreaterThan(12);
});
