import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import type { Compile } from "../../src/project/compiler.ts";
import { prepare } from "../../src/project/prepare.ts";
import { runOrThrow } from "../support/run.ts";
import { inScratch, writeFiles } from "../support/scratch.ts";
import { file, treeOf } from "./tree.ts";

const fleetModule = JSON.stringify(pathToFileURL(resolve("src/fleet/fleet.ts")).href);
// A definition needs no more than to be one: the compiler is a stand-in here.
const definition = (name: string) => `export default { kind: "fleet", name: "${name}" };\n`;
const nothing: Compile = async () => ({ artifacts: [], diagnostics: [] });

// Invariant: whatever is wrong with definition files is said with its place, all of it in one run, and there is no plan to write.
describe("definition files that cannot be used", () => {
  const files = {
    "servers/good.ts": definition("good"),
    "servers/empty.ts": "export const x = 1;\n",
    "servers/throws.ts":
      'const tenants = {};\n\nexport default Object.keys(tenants.acme);\nthrow new Error("never");\n',
    "servers/syntax.ts": "export default {\n  a: 1,\n  b c\n};\n",
    "servers/import.ts": 'import "./not-there.ts";\nexport default 1;\n',
  };
  test("are all named", () =>
    inScratch("load", files, async (folder) => {
      const fleets = [...Object.keys(files), "servers/missing.ts"];
      const { plan, diagnostics } = await prepare(folder, { fleets, compile: nothing });
      expect(plan).toBeUndefined();
      expect(diagnostics.map(({ code, at }) => `${at?.file} ${code}`)).toEqual([
        "servers/empty.ts DEFINITION_NOT_A_FLEET",
        "servers/throws.ts DEFINITION_FAILED",
        "servers/syntax.ts DEFINITION_FAILED",
        "servers/import.ts DEFINITION_FAILED",
        "servers/missing.ts DEFINITION_MISSING",
      ]);
      // A user's project has no script of that name.
      expect(JSON.stringify(diagnostics)).not.toContain("npm run");
      expect(Object.keys(treeOf(folder)).sort()).toEqual(Object.keys(files).sort());
    }));

  // In a process of its own: vitest's transformation would move lines.
  test("are named with the place of the mistake", () =>
    inScratch("load", files, async (folder) => {
      const program = `
        const { loadDefinitions } = await import(${JSON.stringify(pathToFileURL(resolve("src/project/load-definitions.ts")).href)});
        const { diagnostics } = await loadDefinitions(${JSON.stringify(realpathSync(folder))}, ["servers/throws.ts", "servers/syntax.ts"]);
        console.log(diagnostics.map(({ at }) => [at.file, at.line, at.column].join(":")).join(" "));`;
      const printed = await runOrThrow(process.execPath, ["--input-type=module", "--eval", program]);
      expect(printed.trim()).toBe("servers/throws.ts:3:23 servers/syntax.ts:3:5");
    }));

  // Invariant: a definition's path is text that can stand in the header of a program.
  test.each<[path: string, code: string]>([
    ["a\n rm -rf ~ #.ts", "DEFINITION_PATH_INVALID"],
    ["a\u2028jobs:.ts", "DEFINITION_PATH_INVALID"],
    ["a\u202ets.ts", "DEFINITION_PATH_INVALID"],
    ["../outside.ts", "DEFINITION_PATH_INVALID"],
    ["", "DEFINITION_PATH_INVALID"],
    ["servers", "DEFINITION_MISSING"],
  ])("%j is %s", (path, code) =>
    inScratch("load", { "servers/x.ts": "" }, async (folder) => {
      if (path.startsWith("a")) writeFiles(folder, { [path]: definition("a") });
      const { diagnostics } = await prepare(folder, { fleets: [path], compile: nothing });
      expect(diagnostics.map((each) => each.code)).toEqual([code]);
    }),
  );

  test("a missing one is said with the folder that was looked in", () =>
    inScratch("load", {}, async (folder) => {
      const { diagnostics } = await prepare(folder, { fleets: ["servers/a.ts"], compile: nothing });
      expect(diagnostics[0]?.message).toBe(`there is no file servers/a.ts in ${folder}`);
    }));

  test.each([
    [["./a.ts", "a.ts"], "a.ts is listed twice"],
    [["a.ts", "b.ts"], "b.ts exports the fleet of a.ts again"],
  ])("one fleet twice, as %j, is said", (fleets, message) =>
    inScratch("load", { "a.ts": definition("a"), "b.ts": 'export { default } from "./a.ts";\n' }, async (folder) => {
      const { diagnostics } = await prepare(folder, { fleets, compile: nothing });
      expect(diagnostics).toMatchObject([{ code: "DEFINITION_REPEATED", message }]);
    }),
  );

  test("./ is no part of a definition's path", () =>
    inScratch("load", { "servers/a.ts": definition("a") }, async (folder) => {
      const files: string[] = [];
      const compile: Compile = async (definitions, _read, { fileOf }) => {
        files.push(...definitions.map(fileOf));
        return { artifacts: [], diagnostics: [] };
      };
      await prepare(folder, { fleets: [".//servers/a.ts"], compile });
      expect(files).toEqual(["servers/a.ts"]);
    }));

  test("a fleet made by the builder is one", () =>
    inScratch(
      "load",
      { "a.ts": `export { fleet } from ${fleetModule};\nexport default { kind: "fleet", name: "a" };\n` },
      async (folder) => {
        expect((await prepare(folder, { fleets: ["a.ts"], compile: nothing })).diagnostics).toEqual([]);
      },
    ));
});

// Invariant: a compiler sees each definition with its own surroundings, and only what it returns is written.
describe("compiling", () => {
  const files = {
    "deploy/servers/production.ts": definition("production"),
    "deploy/servers/app/compose.yml": "services: {}\n",
    "package.json": "{}",
  };
  test("reads files beside the definition, and knows where the project stands in the repository", () =>
    inScratch("compile", files, async (folder) => {
      const seen: unknown[] = [];
      const compile: Compile = async (definitions, read, { directory, fileOf, projectDirectory }) => {
        const [first] = definitions;
        if (!first) throw new Error("no definition");
        seen.push(
          first.name,
          read(first, "app/compose.yml"),
          read(first, "app/none.yml"),
          directory,
          fileOf(first),
          projectDirectory,
        );
        return {
          artifacts: [file(".github/workflows/deploy-prd.yml"), file("deploy/generated/production/deploy.sh")],
          diagnostics: [],
        };
      };
      const project = join(folder, "deploy");
      const options = {
        fleets: ["servers/production.ts"],
        repositoryRoot: "..",
        extraArtifacts: [file("deploy/generated/extra")],
        compile,
      };
      const { plan } = await prepare(project, options);
      expect(seen).toEqual(["production", "services: {}\n", undefined, "deploy", "servers/production.ts", project]);
      expect(plan?.place).toEqual({ root: realpathSync(folder), directory: "deploy" });
      expect(plan?.writes.map(({ path }) => path)).toEqual([
        ".github/workflows/deploy-prd.yml",
        "deploy/generated/production/deploy.sh",
        "deploy/generated/extra",
      ]);
    }));

  test("an error gives no plan, a warning does", () =>
    inScratch("compile", {}, async (folder) => {
      const say =
        (severity: "error" | "warning"): Compile =>
        async () => ({
          artifacts: [file("a")],
          diagnostics: [{ code: "X", severity, message: "m", fix: "f", at: undefined, also: [] }],
        });
      expect((await prepare(folder, { fleets: [], compile: say("error") })).plan).toBeUndefined();
      expect((await prepare(folder, { fleets: [], compile: say("warning") })).plan?.writes).toHaveLength(1);
    }));

  test("a person's file in the way is an error that names it", () =>
    inScratch("compile", { a: "mine" }, async (folder) => {
      const { diagnostics } = await prepare(folder, { fleets: [], extraArtifacts: [file("a")], compile: nothing });
      expect(diagnostics).toMatchObject([
        { code: "FILE_IN_THE_WAY", severity: "error", message: expect.stringMatching(/^a: /) },
      ]);
    }));

  test("a project outside its repository is a mistake in .projenrc.ts", () =>
    inScratch("compile", { "a/x": "", "b/x": "" }, async (folder) => {
      const options = { fleets: [], repositoryRoot: "../b", compile: nothing };
      await expect(prepare(join(folder, "a"), options)).rejects.toThrow(/repositoryRoot "\.\.\/b" does not contain/);
    }));
});
