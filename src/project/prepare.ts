import { readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Artifact } from "../artifact.ts";
import type { LocatedDiagnostic } from "../fleet/diagnostic.ts";
import { hasErrors } from "../fleet/validate.ts";
import { compileDefinitions } from "./compile-definitions.ts";
import type { Compile, ReadBeside } from "./compiler.ts";
import { loadDefinitions } from "./load-definitions.ts";
import { type Place, planWrites, type WritePlan } from "./write-plan.ts";

export interface PrepareOptions {
  /** Definition files, relative to the project's folder, with `/`. Each exports a fleet as its default. */
  readonly fleets: readonly string[];
  /** The repository's root, relative to the project's folder. Default: the project's folder itself. */
  readonly repositoryRoot?: string;
  /** Files that come from elsewhere than a fleet, such as a workflow of the repository's own: written and removed like the others. */
  readonly extraArtifacts?: readonly Artifact[];
  /** Default: Tenantry's own. */
  readonly compile?: Compile;
}

export interface Prepared {
  /** Missing when a definition has an error. */
  readonly plan?: WritePlan;
  readonly diagnostics: readonly LocatedDiagnostic[];
}

/** From definition files to what would be written, without writing anything. */
export async function prepare(projectDirectory: string, options: PrepareOptions): Promise<Prepared> {
  const place = placeOf(projectDirectory, options.repositoryRoot ?? ".");
  const loaded = await loadDefinitions(projectDirectory, options.fleets);
  const fileOf = (definition: object) => loaded.definitions.get(definition as never) ?? "";
  // From the root: `..` behind a symbolic link to the project's folder would lead elsewhere.
  const read: ReadBeside = (definition, path) =>
    readText(join(place.root, place.directory, dirname(fileOf(definition)), path));
  const surroundings = { projectDirectory, directory: place.directory, fileOf };
  const compiled = await (options.compile ?? compileDefinitions)([...loaded.definitions.keys()], read, surroundings);
  const diagnostics = [...loaded.diagnostics, ...compiled.diagnostics];
  if (hasErrors(diagnostics)) return { diagnostics };
  const plan = planWrites(place, [...compiled.artifacts, ...(options.extraArtifacts ?? [])]);
  return { plan, diagnostics: [...diagnostics, ...plan.problems.map(inTheWay)] };
}

/** Throws when the project is not inside its repository. */
function placeOf(projectDirectory: string, repositoryRoot: string): Place {
  const project = realpathSync(projectDirectory);
  const root = realpathSync(resolve(projectDirectory, repositoryRoot));
  const directory = relative(root, project).split(sep).join("/");
  if (directory === ".." || directory.startsWith("../")) {
    throw new Error(`repositoryRoot "${repositoryRoot}" does not contain the project's folder`);
  }
  return { root, directory };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function inTheWay(problem: string): LocatedDiagnostic {
  const fix = "generated files must be free to be written; then run `npx projen` again";
  return { code: "FILE_IN_THE_WAY", severity: "error", message: problem, fix, at: undefined, also: [] };
}
