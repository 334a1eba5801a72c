import { show } from "../checks.ts";
import type { Diagnostic, FieldRef } from "../diagnostic.ts";
import { formField, labelOfOccupant, type Machine, type Occupant, tenantField } from "../machine.ts";
import { isLabel } from "../names.ts";
import { own } from "../own.ts";

/** A name or path that is put together from good parts and is too long as a whole. */
export function nameTooLong(machine: Machine): Diagnostic[] {
  return machine.occupants.flatMap((occupant) => [...idTooLong(occupant), ...pathsTooLong(occupant)]);
}

function tooLong(
  occupant: Occupant,
  what: string,
  value: string,
  limit: number,
  fix: string,
  field: FieldRef,
): Diagnostic[] {
  if (value.length <= limit) return [];
  return [
    {
      code: "NAME_TOO_LONG",
      severity: "error",
      message: `the ${what} of ${labelOfOccupant(occupant)} would be ${show(value)}, ${value.length} characters; ${limit} is the limit.`,
      fix,
      field,
    },
  ];
}

/** The id stands as a DNS label: 63 characters (https://www.rfc-editor.org/rfc/rfc1123#section-2). */
function idTooLong(occupant: Occupant): Diagnostic[] {
  const { installation, tenant, checked } = occupant;
  // A bad key is NAME_INVALID already. Ids are the same in all phases.
  if (tenant.id !== undefined || installation.phase !== "multi" || !isLabel(installation.tenant)) return [];
  const room = 63 - `${checked.fleet.env}-tenant-`.length;
  const fix = `use a key of ${room} characters at most, or give the tenant an id.`;
  return tooLong(occupant, "id", installation.id, 63, fix, tenantField(occupant, "id"));
}

/** Longest path that a definition may give itself (AbsolutePath). */
const PATH_LIMIT = 200;

function pathsTooLong(occupant: Occupant): Diagnostic[] {
  const { installation, checked, tenant } = occupant;
  const form = installation.phase === "single" ? checked.fields.phases.single : tenant;
  const fix = "give the server a shorter home, or the path itself.";
  const derived = form?.deploymentPath === undefined;
  return [
    ...(derived
      ? tooLong(
          occupant,
          "deployment directory",
          installation.deploymentPath,
          PATH_LIMIT,
          fix,
          formField(occupant, "deploymentPath"),
        )
      : []),
    ...installation.data
      .filter(({ name }) => own(form?.data, name) === undefined)
      .flatMap(({ name, path }) =>
        tooLong(occupant, `data directory ${show(name)}`, path, PATH_LIMIT, fix, formField(occupant, "data", name)),
      ),
  ];
}
