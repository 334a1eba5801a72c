import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic, FieldRef } from "../diagnostic.ts";
import { labelOfOccupant, type Machine, type Occupant, tenantField, tenantsOn } from "../machine.ts";
import { tenantLabel } from "../words.ts";

interface PortClaim {
  readonly occupant: Occupant;
  readonly name: string;
  readonly port: number;
}

/** Two tenants publish one port on one machine: the second container would not start. */
export function portTaken(machine: Machine): Diagnostic[] {
  const claims = portClaims(machine);
  const nextFree = freePorts([...claims.map(({ port }) => port), ...sshPorts(machine)]);
  const holders = new Map<number, PortClaim>();
  const diagnostics: Diagnostic[] = [];
  for (const claim of claims) {
    const holder = holders.get(claim.port);
    if (holder === undefined) holders.set(claim.port, claim);
    else if (holder.occupant !== claim.occupant)
      diagnostics.push(takenBy(claim, holder, machine, nextFree(claim.port)));
  }
  return diagnostics;
}

function takenBy(claim: PortClaim, holder: PortClaim, machine: Machine, free: number | undefined): Diagnostic {
  const { occupant, name, port } = claim;
  const second = labelOfOccupant(occupant, holder.occupant);
  return {
    code: "PORT_TAKEN",
    severity: "error",
    message: `${labelOfOccupant(holder.occupant)} and ${second} both publish port ${port} on server ${machine.label}.`,
    fix: `give ${second} another ${name} port; ${free === undefined ? "none is free any more" : `${free} is the next free one`} on ${machine.label}.`,
    field: tenantField(occupant, "ports", name),
    also: [tenantField(holder.occupant, "ports", holder.name)],
  };
}

/** Every port that a tenant publishes on the machine. Ports are the same in all phases, so each tenant counts once. */
function portClaims(machine: Machine): PortClaim[] {
  return tenantsOn(machine).flatMap((occupant) => {
    const ports = new Map<number, string>();
    for (const name of Object.keys(occupant.checked.fields.app.ports)) {
      const port = occupant.installation.ports[name] as number;
      // A tenant that repeats its own port is PORT_REPEATED.
      if (!ports.has(port)) ports.set(port, name);
    }
    return Array.from(ports, ([port, name]) => ({ occupant, name, port }));
  });
}

function sshPorts(machine: Machine): number[] {
  return machine.occupants.flatMap(({ tenant }) => (typeof tenant.on.port === "number" ? [tenant.on.port] : []));
}

/**
 * Proposes ports that nobody has, each only once so that all fixes of a run can be applied together. A hundred further on first: it
 * keeps a tenant's ports beside each other and easy to tell from its neighbour's.
 */
export function freePorts(taken: Iterable<number>): (port: number) => number | undefined {
  const used = new Set(taken);
  const reached = new Map<number, number>();
  let lowest = 1024;
  return (port) => {
    let candidate = reached.get(port) ?? port + 100;
    while (used.has(candidate)) candidate += 100;
    reached.set(port, candidate);
    if (!Number.isInteger(candidate) || candidate < 1024 || candidate > 65535) {
      while (used.has(lowest)) lowest++;
      if (lowest > 65535) return undefined;
      candidate = lowest;
    }
    used.add(candidate);
    return candidate;
  };
}

/** One tenant publishes one port twice. */
export function portRepeated({ definition, fields, fleet }: CheckedFleet): Diagnostic[] {
  const names = Object.keys(fields.app.ports);
  const inApp = repeats(names, fields.app.ports).map(([first, second]) =>
    repeated(`app ${show(fields.app.name)}`, fields.app.ports[second], first, second, (name) => ({
      root: definition,
      path: ["app", "ports", name],
    })),
  );
  const inTenants = fleet.tenants.flatMap(({ tenant: key, ports }) => {
    const given = fields.tenants[key]?.ports ?? {};
    return repeats(names, ports)
      .map(([a, b]): [string, string] => (Object.hasOwn(given, b) ? [a, b] : [b, a]))
      .filter(([, second]) => Object.hasOwn(given, second))
      .map(([first, second]) =>
        repeated(`tenant ${tenantLabel(key, fields.tenants[key])}`, ports[second], first, second, (name) => ({
          root: definition,
          path: Object.hasOwn(given, name) ? ["tenants", key, "ports", name] : ["app", "ports", name],
        })),
      );
  });
  return [...inApp, ...inTenants];
}

/** Pairs of names with one port, the first of each port with every later one. */
function repeats(names: readonly string[], ports: Readonly<Record<string, number>>): [string, string][] {
  const first = new Map<number, string>();
  return names.flatMap((name): [string, string][] => {
    const port = ports[name] as number;
    const known = first.get(port);
    if (known !== undefined) return [[known, name]];
    first.set(port, name);
    return [];
  });
}

function repeated(
  who: string,
  port: unknown,
  first: string,
  second: string,
  field: (name: string) => FieldRef,
): Diagnostic {
  return {
    code: "PORT_REPEATED",
    severity: "error",
    message: `${who} has port ${port} twice, as ${first} and as ${second}.`,
    fix: `give ${second} a port of its own.`,
    field: field(second),
    also: [field(first)],
  };
}

/** A tenant publishes the port on which the machine answers SSH. */
export function portIsSsh(machine: Machine): Diagnostic[] {
  const ssh = new Map<number, Occupant>();
  for (const occupant of machine.occupants) {
    const { port } = occupant.tenant.on;
    if (typeof port === "number" && !ssh.has(port)) ssh.set(port, occupant);
  }
  return portClaims(machine).flatMap(({ occupant, name, port }): Diagnostic[] => {
    const server = ssh.get(port);
    if (server === undefined) return [];
    return [
      {
        code: "PORT_IS_SSH",
        severity: "error",
        message: `${labelOfOccupant(occupant)} publishes port ${port}, on which server ${machine.label} answers SSH.`,
        fix: `give ${labelOfOccupant(occupant)} another ${name} port.`,
        field: tenantField(occupant, "ports", name),
        also: [tenantField(server, "on", "port")],
      },
    ];
  });
}
