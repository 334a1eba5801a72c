import type { CheckedFleet } from "../checked-fleet.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Machine } from "../machine.ts";
import { buildArgsTooLarge, followsItself, pushLoginMissing } from "./images.ts";
import { nameTooLong } from "./lengths.ts";
import { mountRepeated } from "./mounts.ts";
import { pathInside, pathTaken } from "./paths.ts";
import { notYet, phaseUndeclared, tenantsMissing } from "./phases.ts";
import { portIsSsh, portRepeated, portTaken } from "./ports.ts";
import { branchTaken, environmentInvalid, environmentTaken, fleetNameTaken } from "./repository.ts";
import { canaryRepeated, jobsOverLimit, rolloutOrder } from "./rollout.ts";
import { envIsSecret, secretRepeated } from "./secrets.ts";
import {
  homeUnknown,
  hostKeysUnknown,
  hostPublic,
  platformNotBuilt,
  serverConflict,
  serverNameTaken,
  wayInMissing,
} from "./servers.ts";
import { prefixTaken, projectEmpty, projectTaken, tenantIdTaken } from "./taken-names.ts";
import { dataNameUnknown, healthPortUnknown, portNameUnknown, tenantUnknown } from "./unknown-names.ts";

/** Rules about one fleet by itself. */
export const fleetRules: readonly ((fleet: CheckedFleet) => Diagnostic[])[] = [
  tenantsMissing,
  phaseUndeclared,
  notYet,
  tenantUnknown,
  rolloutOrder,
  canaryRepeated,
  jobsOverLimit,
  healthPortUnknown,
  portNameUnknown,
  dataNameUnknown,
  portRepeated,
  mountRepeated,
  secretRepeated,
  envIsSecret,
  platformNotBuilt,
  pushLoginMissing,
  followsItself,
  buildArgsTooLarge,
  serverNameTaken,
  environmentInvalid,
];

/** Rules about one machine and all tenants on it, of whatever fleet. */
export const machineRules: readonly ((machine: Machine) => Diagnostic[])[] = [
  portTaken,
  portIsSsh,
  pathTaken,
  pathInside,
  prefixTaken,
  projectTaken,
  projectEmpty,
  nameTooLong,
  wayInMissing,
  hostKeysUnknown,
  homeUnknown,
  hostPublic,
  serverConflict,
];

/** Rules about all fleets of a repository together. */
export const repositoryRules: readonly ((fleets: readonly CheckedFleet[]) => Diagnostic[])[] = [
  fleetNameTaken,
  branchTaken,
  environmentTaken,
  tenantIdTaken,
];
