import { statSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { CallSite } from "../fleet/call-site.ts";
import { show } from "../fleet/checks.ts";
import type { LocatedDiagnostic } from "../fleet/diagnostic.ts";
import { type FleetDefinition, isFleet } from "../fleet/fleet.ts";
import { pathProblem } from "./artifact-path.ts";

export interface Loaded {
  /** Each definition with its file, relative to the project's folder. */
  readonly definitions: ReadonlyMap<FleetDefinition, string>;
  readonly diagnostics: readonly LocatedDiagnostic[];
}

/** Imports definition files, given relative to the project's folder. One that cannot be used does not hide the others. */
export async function loadDefinitions(projectDirectory: string, files: readonly string[]): Promise<Loaded> {
  const definitions = new Map<FleetDefinition, string>();
  const diagnostics: LocatedDiagnostic[] = [];
  for (const file of files.map((each) => posix.normalize(each))) {
    const found = await load(projectDirectory, file);
    if (!isFleet(found)) diagnostics.push(found);
    else if (definitions.has(found)) diagnostics.push(repeated(file, String(definitions.get(found))));
    else definitions.set(found, file);
  }
  return { definitions, diagnostics };
}

function repeated(file: string, first: string): LocatedDiagnostic {
  const message = file === first ? `${file} is listed twice` : `${file} exports the fleet of ${first} again`;
  return problem({ file, line: 1, column: 1 }, "DEFINITION_REPEATED", message, "list each fleet once in .projenrc.ts");
}

async function load(projectDirectory: string, file: string): Promise<FleetDefinition | LocatedDiagnostic> {
  // Its name stands in the header of every generated file, programs among them.
  const reason = pathProblem(file);
  if (reason !== undefined) {
    const fix = 'list it as it lies in the folder of .projenrc.ts, such as "servers/production.ts"';
    return problem(undefined, "DEFINITION_PATH_INVALID", `the definition's path ${show(file)} ${reason}`, fix);
  }
  const path = join(projectDirectory, file);
  const at = { file, line: 1, column: 1 };
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    const fix = "write it, mend the list in .projenrc.ts, or run that in its own folder";
    return problem(at, "DEFINITION_MISSING", `there is no file ${file} in ${projectDirectory}`, fix);
  }
  try {
    const module: { default?: unknown } = await import(pathToFileURL(path).href);
    if (isFleet(module.default)) return module.default;
    const fix = 'end the file with `export default fleet("production", { … })`';
    return problem(at, "DEFINITION_NOT_A_FLEET", `the default export of ${file} is not a fleet`, fix);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const fix = "mend the file, then run `npx projen` again";
    return problem(placeOf(error, projectDirectory) ?? at, "DEFINITION_FAILED", message, fix);
  }
}

/** The innermost line of the user's own code in an error's stack; of a syntax error, the place that its excerpt points at. */
function placeOf(error: unknown, projectDirectory: string): CallSite | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const excerpt = stack.match(/^(?:file:\/\/)?(\/[^\n]+?):(\d+)\n[\s\S]*?\n( *)\^/);
  const frames = [...stack.matchAll(/file:\/\/(\/[^\s()]+?):(\d+):(\d+)\)?$/gm)];
  const places = excerpt
    ? [[excerpt[1], excerpt[2], (excerpt[3] ?? "").length + 1]]
    : frames.map(([, ...place]) => place);
  for (const [path, line, column] of places) {
    const file = relative(projectDirectory, decodeURI(String(path)));
    if (file.startsWith("..") || file.includes("node_modules/")) continue;
    return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

function problem(at: CallSite | undefined, code: string, message: string, fix: string): LocatedDiagnostic {
  return { code, severity: "error", message, fix, at, also: [] };
}
