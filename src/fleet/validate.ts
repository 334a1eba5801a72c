import type { CheckedFleet } from "./checked-fleet.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { ByPlace } from "./field.ts";
import type { FleetDefinition } from "./fleet.ts";
import { resolveFleet } from "./installation.ts";
import { machinesOf } from "./machine.ts";
import { parseFleet } from "./parse.ts";
import { fleetRules, machineRules, repositoryRules } from "./rules/index.ts";

export interface Validated {
  /** The fleets that could be read, in the order of the definitions. Compile them only when no diagnostic is an error. */
  readonly checked: readonly CheckedFleet[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks all fleets of a repository together, since two may share a server. The cost grows linearly with their tenants. */
export function validate(definitions: readonly FleetDefinition[]): Validated {
  const parsed = definitions.map((definition) => ({ definition, ...parseFleet(definition) }));
  const checked = parsed.flatMap(({ definition, fields }): CheckedFleet[] =>
    fields === undefined ? [] : [{ definition, fields, fleet: resolveFleet(fields) }],
  );
  const diagnostics = [
    ...parsed.flatMap((each) => each.diagnostics),
    ...checked.flatMap((fleet) => fleetRules.flatMap((rule) => rule(fleet))),
    ...machinesOf(checked).flatMap((machine) => machineRules.flatMap((rule) => rule(machine))),
    ...repositoryRules.flatMap((rule) => rule(checked)),
  ];
  return { checked, diagnostics: oncePerPlace(diagnostics) };
}

/** What several tenants share is complained about once. */
function oncePerPlace(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const places = new ByPlace<Diagnostic>();
  return diagnostics.filter(
    (diagnostic) => places.at(diagnostic.field, () => diagnostic, diagnostic.code) === diagnostic,
  );
}

/** Whether a diagnostic stops the compile. */
export function hasErrors(diagnostics: readonly { readonly severity: "error" | "warning" }[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}
