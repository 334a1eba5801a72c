import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { formField, labelOfOccupant, type Machine, type Occupant } from "../machine.ts";
import { tenantLabel } from "../words.ts";

/** Two tenants have one id in the registry: it names a tenant's job and lock in every fleet. */
export function tenantIdTaken(fleets: readonly CheckedFleet[]): Diagnostic[] {
  const holders = new Map<string, { key: string; checked: CheckedFleet }>();
  const diagnostics: Diagnostic[] = [];
  for (const checked of fleets) {
    for (const { tenant: key, id } of checked.fleet.tenants) {
      const holder = holders.get(id);
      if (holder === undefined) holders.set(id, { key, checked });
      else diagnostics.push(idTaken(id, key, checked, holder));
    }
  }
  return diagnostics;
}

function idTaken(
  id: string,
  key: string,
  checked: CheckedFleet,
  holder: { key: string; checked: CheckedFleet },
): Diagnostic {
  const label = tenantLabel(key, checked.fields.tenants[key]);
  const other = tenantLabel(holder.key, holder.checked.fields.tenants[holder.key]);
  const otherFleet = holder.checked === checked ? "" : ` of fleet ${show(holder.checked.fleet.name)}`;
  return {
    code: "TENANT_ID_TAKEN",
    severity: "error",
    message: `${other}${otherFleet} and ${label} both have the id ${show(id)}.`,
    fix: `give ${label} an id of its own; left out it is ${show(`${checked.fleet.env}-tenant-${key}`)}.`,
    field: { root: checked.definition, path: ["tenants", key, "id"] },
    also: [{ root: holder.checked.definition, path: ["tenants", holder.key, "id"] }],
  };
}

/** Two tenants' containers would have the same names on one machine. Whole names are compared where the compose file is known. */
export function prefixTaken(machine: Machine): Diagnostic[] {
  const name = ({ checked, installation }: Occupant) => `${installation.prefix}_${checked.fleet.branch}`;
  return clashes(machine.occupants, name).map(({ occupant, holder }) => ({
    code: "PREFIX_TAKEN",
    severity: "error",
    message: `${labelOfOccupant(holder)} and ${labelOfOccupant(occupant, holder)} both name their containers ${show(`${name(occupant)}_…`)} on server ${machine.label}.`,
    fix: `give ${labelOfOccupant(occupant, holder)} another prefix.`,
    field: formField(occupant, "prefix"),
    also: [formField(holder, "prefix")],
  }));
}

/** Two tenants' deployment directories give one Compose project: each would remove the other's containers as orphans. */
export function projectTaken(machine: Machine): Diagnostic[] {
  const project = ({ installation }: Occupant) => installation.project;
  return (
    clashes(machine.occupants, project)
      // The same directory twice is PATH_TAKEN.
      .filter(({ occupant, holder }) => occupant.installation.deploymentPath !== holder.installation.deploymentPath)
      .map(({ occupant, holder }) => ({
        code: "PROJECT_TAKEN",
        severity: "error",
        message: `${show(occupant.installation.deploymentPath)} of ${labelOfOccupant(occupant, holder)} and ${show(holder.installation.deploymentPath)} of ${labelOfOccupant(holder)} are both the Compose project ${show(project(occupant))} on server ${machine.label}.`,
        fix: `give the deployment directory of ${labelOfOccupant(occupant, holder)} another last part.`,
        field: formField(occupant, "deploymentPath"),
        also: [formField(holder, "deploymentPath")],
      }))
  );
}

/** A deployment directory whose name leaves nothing for the Compose project's. */
export function projectEmpty(machine: Machine): Diagnostic[] {
  return machine.occupants
    .filter(({ installation }) => installation.project === "")
    .map((occupant) => ({
      code: "PROJECT_EMPTY",
      severity: "error",
      message: `${labelOfOccupant(occupant)} is deployed to ${show(occupant.installation.deploymentPath)}, whose last part names no Compose project.`,
      fix: "let the last part of the directory hold a letter or a digit.",
      field: formField(occupant, "deploymentPath"),
    }));
}

/** Occupants that share something with an earlier one of another tenant. */
function clashes(
  occupants: readonly Occupant[],
  nameOf: (occupant: Occupant) => string,
): { occupant: Occupant; holder: Occupant }[] {
  const holders = new Map<string, Occupant>();
  return occupants.flatMap((occupant) => {
    const value = nameOf(occupant);
    if (value === "") return [];
    const holder = holders.get(value);
    if (holder === undefined) holders.set(value, occupant);
    return holder === undefined || holder.tenant === occupant.tenant ? [] : [{ occupant, holder }];
  });
}
