import type { ComposeFile } from "../fleet/compose-file.ts";
import type { Diagnostic } from "../fleet/diagnostic.ts";
import type { Fleet } from "../fleet/installation.ts";
import { isPathBeside } from "../fleet/paths.ts";
import { containerRules } from "./container-rules.ts";
import { fileRules } from "./file-rules.ts";
import { sharedWithinFleet } from "./neighbour-rules.ts";
import { portRules } from "./port-rules.ts";
import type { ComposeProblem } from "./read.ts";
import { type RuleContext, report } from "./rule.ts";
import { startRules } from "./start-rules.ts";
import { variableRules } from "./variable-rules.ts";

/**
 * What is wrong between a fleet and its app's compose file. `definition` is the object that `fleet(…)` returned, for the fields' places;
 * without `compose`, `problems` says why it could not be read (none: there is no such file).
 */
export function composeRules(
  definition: object,
  fleet: Fleet,
  compose: ComposeFile | undefined,
  problems: readonly ComposeProblem[] = [],
): Diagnostic[] {
  if (!compose) return unreadable(definition, fleet, problems);
  const context: RuleContext = { definition, fleet, compose };
  const rules = [...fileRules, ...variableRules, ...portRules, ...startRules, ...containerRules];
  return [...rules.flatMap((rule) => rule(context)), ...sharedWithinFleet(context)];
}

function unreadable(definition: object, fleet: Fleet, problems: readonly ComposeProblem[]): Diagnostic[] {
  const file = fleet.app.compose;
  const say = report(definition, "COMPOSE_FILE_UNREADABLE", ["app", "compose"]);
  if (problems.length === 0) {
    if (!isPathBeside(file)) return []; // PATH_INVALID
    return [
      say(`there is no compose file "${file}"`, "write its path relative to the definition's folder, or add the file"),
    ];
  }
  return problems.map(({ line, col, message }) =>
    say(`${file}:${line}:${col} cannot be read: ${message}`, `mend line ${line} of ${file}`),
  );
}
