import type { FleetDefinition } from "../../src/fleet/fleet.ts";
import type { Fleet } from "../../src/fleet/installation.ts";
import { hasErrors, validate } from "../../src/fleet/validate.ts";

/**
 * The one fleet of a definition, through all rules: what is rehearsed and measured is a fleet that the compiler takes.
 * @throws Error with the diagnostics when one is an error.
 */
export function checkedFleet(definition: FleetDefinition): Fleet {
  const { checked, diagnostics } = validate([definition]);
  const fleet = checked[0]?.fleet;
  if (fleet === undefined || hasErrors(diagnostics)) {
    throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  }
  return fleet;
}
