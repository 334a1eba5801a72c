import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inScratch } from "./scratch.ts";
import { MissingTool, mustHaveAllTools, needs, pinnedVersions, tool, toolCache } from "./tools.ts";

// Invariant: a missing tool is said, with what to do about it, and never passes for "accepted".
// If this breaks, CI is green because nothing was checked.

test("the cache folder is the one that .ci/install writes", () => {
  const rows = [
    { TENANTRY_CACHE: "/a", XDG_CACHE_HOME: "/b" },
    { TENANTRY_CACHE: "", XDG_CACHE_HOME: "/b" },
  ];
  expect(rows.map((env) => toolCache(env))).toEqual(["/a", "/b/tenantry"]);
  expect(toolCache({})).toMatch(/\/\.cache\/tenantry$/);
});

test("the cache folder's pinned version comes before one on the PATH", async () => {
  const version = pinnedVersions().act;
  const files = { [`cache/act-${version}/act`]: "#!/bin/sh\n", "bin/act": "#!/bin/sh\n" };
  await inScratch("tools", files, async (folder) => {
    for (const path of Object.keys(files)) chmodSync(join(folder, path), 0o755);
    const env = { TENANTRY_CACHE: join(folder, "cache"), PATH: join(folder, "bin") };
    expect(tool("act", env)).toBe(join(folder, `cache/act-${version}/act`));
    expect(tool("act", { ...env, TENANTRY_CACHE: "/nowhere" })).toBe(join(folder, "bin/act"));
  });
});

test("a tool that is nowhere is an error that names .ci/install", () => {
  expect(() => tool("act", { TENANTRY_CACHE: "/nowhere", PATH: "" })).toThrow(/act .*\.ci\/install/);
});

test.each([
  { env: { CI: "true" }, must: true },
  { env: { TENANTRY_REQUIRE: "1" }, must: true },
  { env: { TENANTRY_REQUIRE: "0" }, must: false },
  { env: {}, must: false },
])("a missing tool fails a test where it must be there: $env", ({ env, must }) => {
  expect(mustHaveAllTools(env)).toBe(must);
});

test("a test that needs a missing tool is skipped with the reason, and fails in CI", () => {
  const skips: (string | undefined)[] = [];
  const skip = ((note?: string) => {
    skips.push(note);
  }) as Parameters<typeof needs>[0]["skip"];
  const saved = { ...process.env };
  try {
    Object.assign(process.env, { TENANTRY_CACHE: "/nowhere", PATH: "", CI: "", TENANTRY_REQUIRE: "" });
    needs({ skip }, "act");
    expect(skips).toEqual([expect.stringContaining(".ci/install")]);
    process.env.CI = "true";
    expect(() => needs({ skip }, "act")).toThrow(MissingTool);
  } finally {
    for (const key of ["TENANTRY_CACHE", "PATH", "CI", "TENANTRY_REQUIRE"]) {
      if (saved[key] === undefined) delete process.env[key];
      else process.env[key] = saved[key];
    }
  }
});

test("zizmor's wheels are those of the pinned version", () => {
  const requirements = readFileSync(join(import.meta.dirname, "../../.ci/zizmor-requirements.txt"), "utf8");
  expect(requirements).toContain(`\nzizmor==${pinnedVersions().zizmor} `);
});
