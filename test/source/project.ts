import { join } from "node:path";
import type { LocatedDiagnostic } from "../../src/fleet/diagnostic.ts";
import { runOrThrow } from "../support/run.ts";
import { inScratch } from "../support/scratch.ts";

const root = join(import.meta.dirname, "../..");

/** Import specifier of the public interface, as fixture files use it. */
export const api = join(root, "src/index.ts");

/**
 * Checks a project's `servers/production.ts` in a process of its own: the test runner's transform would move columns. `«CODE»` in a file
 * marks the place right behind it and is taken out.
 */
export function check(
  files: Readonly<Record<string, string>>,
): Promise<{ found: string[]; marked: string[]; output: Output }> {
  const marked: string[] = [];
  const clean = Object.entries(files).map(([file, text]): [string, string] => {
    const bare = text.split("\n").map((line, index) => takeMarks(line, `${file}:${index + 1}`, marked));
    return [file, bare.join("\n")];
  });
  return inScratch(
    "source",
    { ...Object.fromEntries(clean), "package.json": '{ "type": "module" }', "check.ts": program },
    async (folder) => {
      const output: Output = JSON.parse(
        await runOrThrow(process.execPath, [join(folder, "check.ts")], { cwd: folder }),
      );
      const found = output.diagnostics.map(({ at, code }) => `${at?.file}:${at?.line}:${at?.column} ${code}`);
      return { found, marked: marked.toSorted(byPlace), output };
    },
  );
}

interface Output {
  readonly diagnostics: readonly LocatedDiagnostic[];
  /** Whether the TypeScript parser was loaded. */
  readonly parser: boolean;
}

function takeMarks(line: string, place: string, marked: string[]): string {
  let rest = line;
  for (let mark = /«(\w+)»/.exec(rest); mark; mark = /«(\w+)»/.exec(rest)) {
    marked.push(`${place}:${mark.index + 1} ${mark[1]}`);
    rest = rest.replace(mark[0], "");
  }
  return rest;
}

function byPlace(a: string, b: string): number {
  const [fileA = "", lineA, columnA] = a.split(/[: ]/);
  const [fileB = "", lineB, columnB] = b.split(/[: ]/);
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return Number(lineA) - Number(lineB) || Number(columnA) - Number(columnB);
}

const program = `
import { createRequire } from "node:module";
import { validate } from ${JSON.stringify(join(root, "src/fleet/validate.ts"))};
import { locate } from ${JSON.stringify(join(root, "src/source/locate.ts"))};
const definition = (await import("./servers/production.ts")).default;
const { diagnostics } = validate([definition].flat());
const located = await locate(diagnostics, import.meta.dirname);
const parser = Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("ts-morph"));
console.log(JSON.stringify({ diagnostics: located, parser }));
`;
