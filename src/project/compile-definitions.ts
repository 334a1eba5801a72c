import { posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type CompileInput, compile } from "../compile.ts";
import { sharedBetweenFleets } from "../compose/neighbour-rules.ts";
import { readComposeFile } from "../compose/read.ts";
import { type RuleContext, report } from "../compose/rule.ts";
import { composeRules } from "../compose/rules.ts";
import type { CallSite } from "../fleet/call-site.ts";
import type { CheckedFleet } from "../fleet/checked-fleet.ts";
import { show } from "../fleet/checks.ts";
import type { Diagnostic, FieldRef, LocatedDiagnostic } from "../fleet/diagnostic.ts";
import type { FleetDefinition } from "../fleet/fleet.ts";
import { hasErrors, validate } from "../fleet/validate.ts";
import { locate } from "../source/locate.ts";
import { trailTo } from "../source/trail.ts";
import type { Compile, ReadBeside, Surroundings } from "./compiler.ts";
import { inFolder } from "./write-plan.ts";

/** Tenantry's compiler: checks all definitions of a repository together, with their compose files, and renders them when none has an error. */
export const compileDefinitions: Compile = async (definitions, read, surroundings) => {
  const { checked, diagnostics } = validate(definitions);
  const composed = checked.map((each) => withCompose(each, read, surroundings));
  const all = [
    ...diagnostics,
    ...composed.flatMap((each) => each.diagnostics),
    ...sharedBetweenFleets(composed.flatMap(({ context }) => (context ? [context] : []))),
  ];
  if (hasErrors(all)) return { artifacts: [], diagnostics: await located(all, surroundings) };
  const inputs = composed.flatMap(({ input }) => (input ? [input] : []));
  // ts-morph takes longer to load than all the rest together, and a warning stands in every synth until it is mended: the line of its
  // builder does.
  const warnings = all.map((warning) => atBuilder(warning, surroundings));
  return { artifacts: compile(inputs), diagnostics: warnings };
};

interface Composed {
  readonly input?: CompileInput;
  /** What the rules about several fleets look at. */
  readonly context?: RuleContext;
  readonly diagnostics: readonly Diagnostic[];
}

function withCompose({ definition, fleet }: CheckedFleet, read: ReadBeside, where: Surroundings): Composed {
  const source = inFolder(where.directory, where.fileOf(definition));
  const path = posix.join(posix.dirname(source), fleet.app.compose);
  // The deploy takes the file from a checkout of the repository, where nothing else is.
  if (path.startsWith("../")) return { diagnostics: [outside(definition, fleet.app.compose)] };
  const text = read(definition, fleet.app.compose);
  const { file, problems } = text === undefined ? { problems: [] } : readComposeFile(path, text);
  const diagnostics = composeRules(definition, fleet, file, problems);
  if (!file) return { diagnostics };
  const input = { fleet, source, compose: file, project: where.directory };
  return { input, context: { definition, fleet, compose: file }, diagnostics };
}

function outside(definition: object, file: string): Diagnostic {
  const say = report(definition, "COMPOSE_FILE_UNREADABLE", ["app", "compose"]);
  return say(
    `the compose file ${show(file)} is outside the repository`,
    "write its path relative to the definition's folder; if .projenrc.ts is not at the repository's root, set repositoryRoot there",
  );
}

/** A definition that no builder made, a plain `{ kind: "fleet" }`, has its file for a place. */
async function located(diagnostics: readonly Diagnostic[], where: Surroundings): Promise<LocatedDiagnostic[]> {
  const { built = [], plain = [] } = Object.groupBy(diagnostics, ({ field }) => (trailTo(field) ? "built" : "plain"));
  return [...(await locate(built, where.projectDirectory)), ...plain.map((each) => atBuilder(each, where))];
}

function atBuilder({ field, also = [], ...rest }: Diagnostic, where: Surroundings): LocatedDiagnostic {
  const place = (ref: FieldRef): CallSite => {
    const site = trailTo(ref)?.site;
    if (site) return { ...site, file: relative(where.projectDirectory, pathOf(site.file)) };
    return { file: where.fileOf(ref.root as FleetDefinition), line: 1, column: 1 };
  };
  return { ...rest, at: place(field), also: also.map(place) };
}

function pathOf(file: string): string {
  return file.startsWith("file:") ? fileURLToPath(file) : file;
}
