// Invariant: a fleet that keeps to the rules validates clean whatever its size and names, and one mistake put into it is found. If this
// breaks, users fight the checker, or trust it wrongly.
import fc from "fast-check";
import { expect, test } from "vitest";
import { app } from "../../src/fleet/app.ts";
import { type FleetDefinition, fleet } from "../../src/fleet/fleet.ts";
import { build } from "../../src/fleet/image.ts";
import { multi, single } from "../../src/fleet/phase.ts";
import { server } from "../../src/fleet/server.ts";
import { validate } from "../../src/fleet/validate.ts";
import { runs } from "../support/runs.ts";
import { complaints, hostKey } from "./sample.ts";

const label = (maxLength: number) =>
  fc.stringMatching(/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/).filter((text) => text.length <= maxLength);
const host = fc.oneof(
  fc.tuple(label(20), label(10)).map((labels) => `${labels.join(".")}.example.com`),
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => bytes.join(".")),
);

interface Plan {
  readonly app: string;
  readonly branch: string;
  readonly hosts: readonly string[];
  readonly keys: readonly string[];
  readonly firstPort: number;
}

const plan = fc.record({
  app: label(20),
  branch: fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,9}$/),
  hosts: fc.uniqueArray(host, { minLength: 1, maxLength: 4, selector: (text) => text.toLowerCase() }),
  keys: fc.uniqueArray(label(30), { minLength: 2, maxLength: 12 }),
  firstPort: fc.integer({ min: 2000, max: 60_000 }),
});

interface Written {
  on: object;
  ports: Record<string, number>;
  [field: string]: unknown;
}

/** A good fleet: tenants go round the servers, and each has a pair of ports of its own. */
function fleetOf({ app: name, branch, hosts, keys, firstPort }: Plan): {
  definition: FleetDefinition;
  tenants: Record<string, Written>;
} {
  const servers = hosts.map((address, index) =>
    server({ name: `server-${index}`, host: address, hostKeys: [hostKey(index)] }),
  );
  const tenants: Record<string, Written> = {};
  keys.forEach((key, index) => {
    const port = firstPort + 2 * index;
    tenants[key] = { on: servers[index % servers.length] as object, ports: { web: port, admin: port + 1 } };
  });
  const definition = fleet("production", {
    repository: "acme/shop",
    branch,
    app: app(name, {
      compose: "compose.yml",
      image: build({ repository: "ghcr.io/acme/shop" }),
      ports: { web: 1024, admin: 1025 },
      health: { port: "web", path: "/" },
      data: {
        state: { directory: `.${name}-{env}`, mount: "/state" },
        logs: { directory: `.${name}-{env}/logs`, mount: "/logs" },
      },
    }),
    phases: { single: single({ tenant: keys[0] as string, prefix: "the-single-one" }), multi: multi() },
    active: "single",
    tenants: tenants as never,
  });
  return { definition, tenants };
}

/** Names for which default names of the two phases meet: the single one's directory is then another tenant's. */
const clashing = (given: Plan) => given.keys.includes("the-single-one");

test("good fleets have no fault", () => {
  fc.assert(
    fc.property(plan, (given) => {
      fc.pre(!clashing(given));
      expect(complaints(fleetOf(given).definition)).toEqual([]);
    }),
  );
});

/** Mistakes that make the second tenant a bad neighbour of the first. */
const mistakes: Record<string, (first: Written, second: Written, keys: readonly [string, string]) => void> = {
  PORT_TAKEN: (first, second) =>
    Object.assign(second, { on: first.on, ports: { ...second.ports, web: first.ports.admin } }),
  PORT_REPEATED: (_, second) => Object.assign(second.ports, { web: second.ports.admin }),
  PREFIX_TAKEN: (first, second, [key]) => Object.assign(second, { on: first.on, prefix: key }),
  TENANT_ID_TAKEN: (first, second) => {
    for (const tenant of [first, second]) Object.assign(tenant, { id: "same" });
  },
  PATH_TAKEN: (first, second) => {
    Object.assign(first, { deploymentPath: "/srv/same" });
    Object.assign(second, { on: first.on, deploymentPath: "/srv/same" });
  },
  PATH_INSIDE: (first, second) => {
    Object.assign(first, { data: { state: "/srv/state" } });
    Object.assign(second, { on: first.on, deploymentPath: "/srv/state/deeper/still" });
  },
  PROJECT_TAKEN: (first, second) => {
    Object.assign(first, { deploymentPath: "/srv/a/same" });
    Object.assign(second, { on: first.on, deploymentPath: "/srv/b/same" });
  },
  PORT_OUT_OF_RANGE: (_, second) => Object.assign(second.ports, { admin: 443 }),
};

test.each(Object.entries(mistakes))("one mistake in a good fleet: %s", (code, spoil) => {
  fc.assert(
    fc.property(plan, (given) => {
      fc.pre(!clashing(given));
      const { definition, tenants } = fleetOf(given);
      const [one, two] = given.keys as [string, string];
      spoil(tenants[one] as Written, tenants[two] as Written, [one, two]);
      const { diagnostics } = validate([definition]);
      expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
      const path = diagnostics[0]?.field.path ?? [];
      expect(path.slice(0, 2)).toEqual(["tenants", two]);
    }),
    { numRuns: runs(50) },
  );
});

// Invariant: a rule finds what it looks for among many tenants, too. What that costs, bench/synth.ts measures.
test("among 10,000 tenants of one server each shared port is found, and nothing else", () => {
  const codesOf = (portOf: (index: number) => number) => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `t${index}`);
    const hosts = ["h.example.com"];
    const { definition, tenants } = fleetOf({ app: "shop", branch: "PRD", hosts, keys, firstPort: 2000 });
    keys.forEach((key, index) => {
      Object.assign(tenants[key] as Written, { ports: { web: portOf(index), admin: portOf(index) + 1 } });
    });
    // So many would not fit into one workflow, which is another rule's business.
    return validate([definition])
      .diagnostics.map(({ code }) => code)
      .filter((code) => code !== "JOBS_OVER_LIMIT");
  };
  expect(codesOf((index) => 2000 + 2 * index)).toEqual([]);
  expect(new Set(codesOf(() => 2000))).toEqual(new Set(["PORT_TAKEN"]));
});

test("proposed ports are free, differ, and run out rather than repeat", () => {
  const keys = Array.from({ length: 3000 }, (_, index) => `t${index}`);
  const { definition, tenants } = fleetOf({
    app: "shop",
    branch: "PRD",
    hosts: ["h.example.com"],
    keys,
    firstPort: 2000,
  });
  for (const key of keys) Object.assign(tenants[key] as Written, { ports: { web: 2000, admin: 2001 } });
  const fixes = validate([definition]).diagnostics.filter(({ code }) => code === "PORT_TAKEN");
  const proposed = fixes.map(({ fix }) => Number(/; (\d+) is the next/.exec(fix)?.[1]));
  expect(proposed.length).toBe(2 * 2999);
  expect(new Set(proposed).size).toBe(proposed.length);
  expect(Math.min(...proposed)).toBeGreaterThanOrEqual(1024);
  expect(Math.max(...proposed)).toBeLessThanOrEqual(65535);
});
