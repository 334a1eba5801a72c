import { openclaw } from "../../servers/openclaw.ts";
import type { FleetDefinition } from "../../src/fleet/fleet.ts";
import { fleet, server, single } from "../../src/index.ts";

const TENANTS_PER_SERVER = 20;

/** A fleet of the shipped app with so many tenants, twenty on a server. */
export function fleetOf(count: number): FleetDefinition {
  const servers = Array.from({ length: Math.ceil(count / TENANTS_PER_SERVER) }, (_, n) =>
    server({
      host: `host-${n}.example.com`,
      user: "deploy",
      hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"],
      region: "us-east",
    }),
  );
  const tenants = Array.from({ length: count }, (_, n) => {
    const port = 20_000 + (n % TENANTS_PER_SERVER) * 2;
    const on = servers[Math.floor(n / TENANTS_PER_SERVER)] as (typeof servers)[number];
    return [`tenant-${n}`, { on, ports: { gateway: port, bridge: port + 1 } }] as const;
  });
  return fleet("production", {
    repository: "acme/openclaw",
    branch: "PRD",
    app: openclaw,
    phases: { single: single({ tenant: "tenant-0" }) },
    active: "single",
    tenants: Object.fromEntries(tenants),
  });
}
