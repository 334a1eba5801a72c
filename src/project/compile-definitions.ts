import { posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type CompileInput, compile } from "../compile.ts";
import { readComposeFile } from "../compose/read.ts";
import { composeRules } from "../compose/rules.ts";
import type { CallSite } from "../fleet/call-site.ts";
import type { Diagnostic, FieldRef, LocatedDiagnostic } from "../fleet/diagnostic.ts";
import type { FleetDefinition } from "../fleet/fleet.ts";
import type { Fleet } from "../fleet/installation.ts";
import { hasErrors, validate } from "../fleet/validate.ts";
import { locate } from "../source/locate.ts";
import { trailTo } from "../source/trail.ts";
import type { Compile, ReadBeside, Surroundings } from "./compiler.ts";
import { inFolder } from "./write-plan.ts";

/** Tenantry's compiler: checks all definitions of a repository together, with their compose files, and renders them when none has an error. */
export const compileDefinitions: Compile = async (definitions, read, surroundings) => {
  const { fleets, diagnostics } = validate(definitions);
  const checked = pairs(definitions, fleets).map((pair) => withCompose(...pair, read, surroundings));
  const all = [...diagnostics, ...checked.flatMap((each) => each.diagnostics)];
  if (hasErrors(all)) return { artifacts: [], diagnostics: await locate(all, surroundings.projectDirectory) };
  const inputs = checked.flatMap(({ input }) => (input ? [input] : []));
  // ts-morph takes longer to load than all the rest together, and a warning stands in every synth until it is mended: the line of its
  // builder does.
  const warnings = all.map((warning) => atBuilder(warning, surroundings.projectDirectory));
  return { artifacts: compile(inputs), diagnostics: warnings };
};

/** Each fleet with its definition. Definitions that could not be read have none; the order is the same. */
function pairs(definitions: readonly FleetDefinition[], fleets: readonly Fleet[]): [FleetDefinition, Fleet][] {
  const left = [...fleets];
  return definitions.flatMap((definition): [FleetDefinition, Fleet][] => {
    if (left[0]?.name !== definition.name) return [];
    return [[definition, left.shift() as Fleet]];
  });
}

interface Checked {
  readonly input?: CompileInput;
  readonly diagnostics: readonly Diagnostic[];
}

function withCompose(definition: FleetDefinition, fleet: Fleet, read: ReadBeside, where: Surroundings): Checked {
  const source = inFolder(where.directory, where.fileOf(definition));
  const text = read(definition, fleet.app.compose);
  const path = posix.join(posix.dirname(source), fleet.app.compose);
  const { file, problems } = text === undefined ? { problems: [] } : readComposeFile(path, text);
  const diagnostics = composeRules(definition, fleet, file, problems);
  return file ? { input: { fleet, source, compose: file, project: where.directory }, diagnostics } : { diagnostics };
}

function atBuilder({ field, also = [], ...rest }: Diagnostic, projectDirectory: string): LocatedDiagnostic {
  const place = (ref: FieldRef): CallSite | undefined => {
    const site = trailTo(ref)?.site;
    return site && { ...site, file: relative(projectDirectory, pathOf(site.file)) };
  };
  return { ...rest, at: place(field), also: also.map(place).filter((site) => site !== undefined) };
}

function pathOf(file: string): string {
  return file.startsWith("file:") ? fileURLToPath(file) : file;
}
