import type { FleetDefinition, FleetFields } from "./fleet.ts";
import type { Fleet } from "./installation.ts";

/** A fleet whose fields have the right shape, as rules read it. */
export interface CheckedFleet {
  /** The object that the user handed over; diagnostics name fields of it. */
  readonly definition: FleetDefinition;
  readonly fields: FleetFields;
  readonly fleet: Fleet;
}
