import type { Fleet } from "../../../src/fleet/installation.ts";
import { validate } from "../../../src/fleet/validate.ts";
import minimal from "../../fleets/minimal/fleet.ts";

/** A small fleet with the fields that a test wants otherwise; they are not checked. */
export function fleetWith(
  changes: { readonly fleet?: Partial<Fleet>; readonly app?: Partial<Fleet["app"]> } = {},
): Fleet {
  const fleet = validate([minimal]).checked[0]?.fleet;
  if (fleet === undefined) throw new Error("the minimal fleet does not validate");
  return { ...fleet, ...changes.fleet, app: { ...fleet.app, ...changes.app } };
}
