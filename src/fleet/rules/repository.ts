import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic, FieldRef } from "../diagnostic.ts";
import { environmentOf } from "../environment.ts";
import type { Installation } from "../installation.ts";
import { tenantLabel } from "../words.ts";

/** Two fleets have one name, and with it one folder, registry and environment. */
export function fleetNameTaken(fleets: readonly CheckedFleet[]): Diagnostic[] {
  return repeated(fleets, ({ fields }) => fields.name.toLowerCase()).map(({ fleet, earlier }) => ({
    code: "FLEET_NAME_TAKEN",
    severity: "error",
    message: `two fleets are called ${show(fleet.fields.name)}.`,
    fix: "give each fleet a name of its own.",
    field: { root: fleet.definition, path: ["name"] },
    also: [{ root: earlier.definition, path: ["name"] }],
  }));
}

/** Two fleets deploy from one branch, and with it from one workflow file, which is named for the branch in lower case. */
export function branchTaken(fleets: readonly CheckedFleet[]): Diagnostic[] {
  return repeated(fleets, ({ fields }) => fields.branch.toLowerCase()).map(({ fleet, earlier }) => ({
    code: "BRANCH_TAKEN",
    severity: "error",
    message: `fleets ${show(earlier.fields.name)} and ${show(fleet.fields.name)} both deploy from branch ${show(fleet.fields.branch)}.`,
    fix: "give each fleet a branch of its own, different in more than capitals.",
    field: { root: fleet.definition, path: ["branch"] },
    also: [{ root: earlier.definition, path: ["branch"] }],
  }));
}

function repeated(fleets: readonly CheckedFleet[], keyOf: (fleet: CheckedFleet) => string) {
  const first = new Map<string, CheckedFleet>();
  return fleets.flatMap((fleet) => {
    const earlier = first.get(keyOf(fleet));
    if (earlier === undefined) first.set(keyOf(fleet), fleet);
    return earlier === undefined ? [] : [{ fleet, earlier }];
  });
}

interface Use {
  readonly name: string;
  /** What the environment is for; equal uses share it rightly. */
  readonly purpose: string;
  readonly field: FieldRef;
}

/**
 * Two purposes share one GitHub environment, so that one's key or reviewers would be the other's. Names are compared without case, as
 * GitHub does (https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments).
 */
export function environmentTaken(fleets: readonly CheckedFleet[]): Diagnostic[] {
  const holders = new Map<string, Use>();
  return fleets.flatMap(environmentsOf).flatMap((use): Diagnostic[] => {
    const holder = holders.get(use.name.toLowerCase());
    if (holder === undefined) holders.set(use.name.toLowerCase(), use);
    if (holder === undefined || holder.purpose === use.purpose) return [];
    return [
      {
        code: "ENVIRONMENT_TAKEN",
        severity: "error",
        message: `the environment ${show(use.name)} would be ${holder.purpose} and ${use.purpose} at once.`,
        fix: "rename one of the two.",
        field: use.field,
        also: [holder.field],
      },
    ];
  });
}

function environmentsOf({ definition, fields, fleet }: CheckedFleet): Use[] {
  const own = (suffix: string, what: string): Use => ({
    name: `${fleet.name}${suffix}`,
    purpose: `the ${what} environment of fleet ${show(fleet.name)}`,
    field: { root: definition, path: ["name"] },
  });
  const deployOf = (installation: Installation): Use => {
    const name = environmentOf(fleet, installation);
    const tenant = tenantLabel(installation.tenant, fields.tenants[installation.tenant]);
    const holder =
      fleet.credentials === "per-tenant" ? `tenant ${tenant}` : `server ${show(installation.target.server)}`;
    const field = credentialField(definition, fleet.credentials, installation);
    return { name, purpose: `that of ${holder} in fleet ${show(fleet.name)}`, field };
  };
  const approves = fields.rollout.some((step) => "approval" in step);
  return [
    own("-observe", "observing"),
    ...(approves ? [own("-approval", "approval")] : []),
    ...(fleet.credentials === "per-fleet" ? [own("", "deploy")] : fleet.tenants.map(deployOf)),
  ];
}

function credentialField(definition: object, credentials: string, { tenant }: Installation): FieldRef {
  return {
    root: definition,
    path: credentials === "per-server" ? ["tenants", tenant, "on", "name"] : ["tenants", tenant],
  };
}

/**
 * A server's name that would stand in an environment's name and cannot. With at most 63 characters for the fleet and 100 for the server it
 * stays below GitHub's 255.
 */
export function environmentInvalid({ definition, fields, fleet }: CheckedFleet): Diagnostic[] {
  if (fields.credentials !== "per-server") return [];
  return fleet.tenants
    .filter(({ target }) => !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(target.server))
    .map((installation) => ({
      code: "ENVIRONMENT_INVALID",
      severity: "error",
      message: `server ${show(installation.target.server)} cannot stand in an environment's name, as credentials: "per-server" needs.`,
      fix: "give the server a name of letters, digits, '.', '_' and '-'.",
      field: { root: definition, path: ["tenants", installation.tenant, "on", "name"] },
    }));
}
