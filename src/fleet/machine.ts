import { isIPv6 } from "node:net";
import type { CheckedFleet } from "./checked-fleet.ts";
import { show } from "./checks.ts";
import type { FieldRef } from "./diagnostic.ts";
import { environmentOf } from "./environment.ts";
import { valueAt } from "./field.ts";
import type { Fleet, Installation } from "./installation.ts";
import type { Server } from "./server.ts";
import type { Tenant } from "./tenant.ts";
import { tenantLabel } from "./words.ts";

/** A tenant's installation on a machine, in the form of one phase. */
export interface Occupant {
  readonly checked: CheckedFleet;
  readonly installation: Installation;
  /** The tenant itself: its forms in two phases are one tenant, which never stand beside each other. */
  readonly tenant: Tenant;
}

/** One machine with all that the fleets of a repository put on it. */
export interface Machine {
  /** Quoted, as messages call it. */
  readonly label: string;
  /** Every form of every tenant, in the order of the definitions. */
  readonly occupants: readonly Occupant[];
}

/**
 * The machines of all fleets. Two servers are one machine when their literal hosts are equal (whatever their case), or when both hosts
 * are the same secret of the same GitHub environment: under another environment the same secret may hold another address.
 */
export function machinesOf(fleets: readonly CheckedFleet[]): Machine[] {
  const machines = new Map<string, { label: string; occupants: Occupant[] }>();
  for (const checked of fleets) {
    for (const occupant of occupantsOf(checked)) {
      const key = machineKey(checked.fleet, occupant.installation);
      const machine = machines.get(key);
      if (machine) machine.occupants.push(occupant);
      else machines.set(key, { label: labelOf(occupant.tenant.on), occupants: [occupant] });
    }
  }
  return [...machines.values()];
}

function occupantsOf(checked: CheckedFleet): Occupant[] {
  const { fleet, fields } = checked;
  const installations = fleet.single ? [...fleet.tenants, fleet.single] : fleet.tenants;
  return installations.map((installation) => ({
    checked,
    installation,
    tenant: fields.tenants[installation.tenant] as Tenant,
  }));
}

/** Equal for installations on one machine, of whatever fleet. */
export function machineKey(fleet: Pick<Fleet, "name" | "credentials">, installation: Installation): string {
  const { literal, secret = "" } = installation.target.host;
  if (literal !== undefined) return `host ${canonicalHost(literal)}`;
  return `secret ${environmentOf(fleet, installation).toLowerCase()} ${secret.toUpperCase()}`;
}

/** One spelling of a host: lower case, IPv6 shortened. */
export function canonicalHost(host: string): string {
  if (isIPv6(host) && !host.includes("%")) return new URL(`http://[${host}]/`).hostname.slice(1, -1);
  return host.toLowerCase();
}

function labelOf(server: Server): string {
  if (server.name !== undefined) return show(server.name);
  return typeof server.host === "string" ? show(server.host) : `at secret ${server.host.name}`;
}

/** The first form of each tenant: for what is the same in all of them, such as ports. */
export function tenantsOn(machine: Machine): Occupant[] {
  const seen = new Set<Tenant>();
  return machine.occupants.filter(({ tenant }) => !seen.has(tenant) && seen.add(tenant));
}

/** A tenant as a message about several calls it; with its fleet where that is not `beside`'s. */
export function labelOfOccupant({ checked, installation }: Occupant, beside?: Occupant): string {
  const label = tenantLabel(installation.tenant, checked.fields.tenants[installation.tenant]);
  return beside && beside.checked !== checked ? `${label} of fleet ${show(checked.fleet.name)}` : label;
}

/** A field of a tenant, whatever the phase. */
export function tenantField({ checked, installation }: Occupant, ...path: PropertyKey[]): FieldRef {
  return { root: checked.definition, path: ["tenants", installation.tenant, ...path] };
}

/** A field that each phase has in its own place: deployment directory, prefix, data directories. */
export function formField(occupant: Occupant, ...path: PropertyKey[]): FieldRef {
  if (occupant.installation.phase === "multi") return tenantField(occupant, ...path);
  return { root: occupant.checked.definition, path: ["phases", "single", ...path] };
}

/** A server as one object of a definition, with the tenants that share it. */
export interface ServerUse {
  readonly server: Server;
  /** Through the first tenant that uses it. */
  readonly field: (...path: PropertyKey[]) => FieldRef;
  readonly occupants: readonly Occupant[];
}

/** The distinct server objects behind tenants: 300 tenants that share one have one to complain about. */
export function serversOf(occupants: Iterable<Occupant>): ServerUse[] {
  const uses = new Map<unknown, { server: Server; field: ServerUse["field"]; occupants: Occupant[] }>();
  for (const occupant of occupants) {
    const written = valueAt(occupant.checked.definition, ["tenants", occupant.installation.tenant, "on"]);
    const use = uses.get(written);
    if (use) use.occupants.push(occupant);
    else {
      const field = (...path: PropertyKey[]) => tenantField(occupant, "on", ...path);
      uses.set(written, { server: occupant.tenant.on, field, occupants: [occupant] });
    }
  }
  return [...uses.values()];
}
