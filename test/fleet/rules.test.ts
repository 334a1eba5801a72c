// Invariant: each rule complains about exactly its mistake, at its field and with its code, and about nothing that only looks like it.
// If this breaks, a bad definition reaches a server, or a good one cannot be deployed.
import { expect, test } from "vitest";
import { fleet } from "../../src/fleet/fleet.ts";
import { build, follow, onServer } from "../../src/fleet/image.ts";
import { k8s, single } from "../../src/fleet/phase.ts";
import { direct, secret, server, tailscale, unknown } from "../../src/fleet/server.ts";
import { validate } from "../../src/fleet/validate.ts";
import { type Changes, complaints, east, hostKey, sample, staging } from "./sample.ts";

interface Case {
  readonly says: string;
  readonly bad: Changes;
  readonly good: Changes;
}

const long = (length: number) => "x".repeat(length);
const many = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `t${i}`,
      { on: server({ host: `h${i}.example.com`, hostKeys: [hostKey()] }) },
    ]),
  );
const args = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`A${i}`, long(4096)]));
const hidden = (extra: object = {}) => server({ host: secret("HOST"), hostKeys: [hostKey()], ...extra });

const cases: readonly Case[] = [
  // Images
  {
    says: "BUILD_ARGS_TOO_LARGE app.image.args",
    bad: { "app.image": build({ repository: "ghcr.io/example/shop", args: args(30) }) },
    good: { "app.image": build({ repository: "ghcr.io/example/shop", args: args(20) }) },
  },
  {
    says: "PUSH_LOGIN_MISSING app.image.repository",
    bad: { "app.image": build({ repository: "registry.example.com/shop" }) },
    good: { "app.image": build({ repository: "registry.example.com/shop", pull: "job-token" }) },
  },
  {
    says: "FOLLOWS_ITSELF app.image.workflow",
    bad: { "app.image": follow({ repository: "ghcr.io/example/shop", workflow: "Deploy production" }) },
    good: { "app.image": follow({ repository: "ghcr.io/example/shop", workflow: "Docker Release" }) },
  },
  // Names that must differ
  {
    says: "TENANT_ID_TAKEN tenants.globex.id",
    bad: { "tenants.globex.id": "prd-tenant-acme" },
    good: { "tenants.globex.id": "prd-tenant-acme2" },
  },
  {
    says: "PREFIX_TAKEN tenants.globex.prefix",
    bad: { "tenants.globex.prefix": "acme" },
    good: { "tenants.initech.prefix": "acme" },
  },
  {
    says: "PREFIX_TAKEN phases.single.prefix",
    bad: { "phases.single.prefix": "globex" },
    good: { "phases.single.prefix": "acme" },
  },
  {
    says: "PROJECT_TAKEN tenants.globex.deploymentPath",
    bad: { "tenants.globex.deploymentPath": "/srv/Shop-prd-acme" },
    good: { "tenants.initech.deploymentPath": "/srv/shop-prd-acme" },
  },
  {
    says: "PROJECT_EMPTY tenants.acme.deploymentPath",
    bad: { "tenants.acme.deploymentPath": "/srv/___" },
    good: { "tenants.acme.deploymentPath": "/srv/_a" },
  },
  {
    says: "SERVER_NAME_TAKEN tenants.initech.on.name",
    bad: { "tenants.initech.on.name": "East" },
    good: {
      "tenants.initech.on": server({ name: "east", host: "203.0.113.10", hostKeys: [hostKey()] }),
      "tenants.initech.ports": { web: 1024, admin: 1025 },
    },
  },
  // Directories
  {
    says: "PATH_TAKEN tenants.globex.deploymentPath",
    bad: { "tenants.globex.deploymentPath": "/home/deploy/shop-prd-acme" },
    good: { "tenants.initech.deploymentPath": "/home/deploy/shop-prd-acme" },
  },
  {
    says: "PATH_TAKEN tenants.globex.data.cache",
    bad: { "tenants.acme.data": { cache: "/srv/cache" }, "tenants.globex.data": { cache: "/srv/cache" } },
    good: { "tenants.acme.data": { cache: "/srv/cache" }, "tenants.initech.data": { cache: "/srv/cache" } },
  },
  {
    says: "PATH_TAKEN tenants.acme.data.cache",
    bad: { "tenants.acme.data": { cache: "/home/deploy/shop-prd-acme" } },
    good: { "tenants.acme.data": { cache: "/home/deploy/.shop-prd-acme" } },
  },
  {
    says: "PATH_INSIDE tenants.globex.data.cache",
    bad: { "tenants.globex.data": { cache: "/home/deploy/.shop-prd-acme/x/y" } },
    good: { "tenants.globex.data": { cache: "/home/deploy/.shop-prd-acme2/x/y" } },
  },
  {
    says: "PATH_INSIDE tenants.globex.deploymentPath",
    bad: { "tenants.globex.deploymentPath": "/home/deploy/shop-prd/globex" },
    good: { "tenants.initech.deploymentPath": "/home/deploy/shop-prd/globex" },
  },
  {
    says: "PATH_INSIDE tenants.acme.data.cache",
    bad: { "tenants.acme.data": { cache: "/home/deploy/shop-prd-acme/cache" } },
    good: { "tenants.acme.data": { cache: "/home/deploy/.shop-prd-acme/cache" } },
  },
  {
    says: "PATH_INSIDE tenants.acme.deploymentPath",
    bad: { "tenants.acme.deploymentPath": "/srv/acme/shop", "tenants.acme.data": { cache: "/srv/acme" } },
    good: { "tenants.acme.deploymentPath": "/srv/acme/shop", "tenants.acme.data": { cache: "/srv/acme/cache" } },
  },
  // Ports
  {
    says: "PORT_TAKEN tenants.globex.ports.web",
    bad: { "tenants.globex.ports": { web: 8080, admin: 8181 } },
    good: { "tenants.initech.ports": { web: 8180 } },
  },
  {
    says: "PORT_TAKEN tenants.globex.ports.web",
    bad: { "tenants.globex.ports": { admin: 8181 } },
    good: { "tenants.globex.ports": { web: 8180, admin: 8181 } },
  },
  {
    says: "PORT_TAKEN tenants.globex.ports.admin",
    bad: { "tenants.globex.ports": { web: 8180, admin: 8080 } },
    good: { "tenants.globex.ports": { web: 8181, admin: 8180 } },
  },
  {
    says: "PORT_REPEATED tenants.globex.ports.admin",
    bad: { "tenants.globex.ports": { web: 8180, admin: 8180 } },
    good: { "tenants.globex.ports": { web: 8082, admin: 8083 } },
  },
  {
    says: "PORT_REPEATED tenants.initech.ports.web",
    bad: { "tenants.initech.ports": { web: 8081 } },
    good: { "tenants.initech.ports": { web: 8081, admin: 8080 } },
  },
  {
    says: "PORT_IS_SSH tenants.acme.ports.web",
    bad: { "tenants.acme.on.port": 8080 },
    good: { "tenants.initech.on.port": 8180 },
  },
  {
    says: "HEALTH_PORT_UNKNOWN app.health.port",
    bad: { "app.health.port": "wbe" },
    good: { "app.health.port": "admin" },
  },
  // Names that must exist
  {
    says: "TENANT_UNKNOWN phases.single.tenant",
    bad: { "phases.single.tenant": "amce" },
    good: { "phases.single.tenant": "initech" },
  },
  {
    says: "TENANT_UNKNOWN phases.single.tenant",
    bad: { "phases.single.tenant": "toString" },
    good: { "phases.single.tenant": "globex" },
  },
  {
    says: "TENANT_UNKNOWN rollout.0.canary.1",
    bad: { rollout: [{ canary: ["acme", "nobody"] }, { rest: {} }] },
    good: { rollout: [{ canary: ["acme", "globex"] }, { rest: {} }] },
  },
  {
    says: "PORT_NAME_UNKNOWN tenants.acme.ports.wbe",
    bad: { "tenants.acme.ports": { wbe: 9000 } },
    good: { "tenants.acme.ports": { web: 9000 } },
  },
  {
    says: "DATA_NAME_UNKNOWN tenants.acme.data.confg",
    bad: { "tenants.acme.data": { confg: "/srv/a" } },
    good: { "tenants.acme.data": { config: "/srv/a" } },
  },
  {
    says: "DATA_NAME_UNKNOWN phases.single.data.confg",
    bad: { "phases.single.data": { confg: "/srv/a" } },
    good: { "phases.single.data": { config: "/srv/a" } },
  },
  {
    says: "MOUNT_REPEATED app.data.cache.mount",
    bad: { "app.data.cache.mount": "/data/work" },
    good: { "app.data.cache.mount": "/data/work/cache" },
  },
  { says: "PHASE_UNDECLARED active", bad: { "phases.single": undefined }, good: { "phases.multi": undefined } },
  { says: "TENANTS_MISSING tenants", bad: { tenants: {} }, good: {} },
  // Lengths
  {
    says: `NAME_TOO_LONG tenants.${long(53)}.id`,
    bad: {
      tenants: { acme: { on: east() }, [long(53)]: { on: server({ host: "a.example.com", hostKeys: [hostKey()] }) } },
    },
    good: {
      tenants: { acme: { on: east() }, [long(52)]: { on: server({ host: "a.example.com", hostKeys: [hostKey()] }) } },
    },
  },
  {
    says: "NAME_TOO_LONG tenants.initech.data.work",
    bad: { "tenants.initech.on.home": `/${long(177)}`, "tenants.initech.deploymentPath": "/srv/i" },
    good: { "tenants.initech.on.home": `/${long(176)}`, "tenants.initech.deploymentPath": "/srv/i" },
  },
  // Servers
  {
    says: "HOST_KEYS_UNKNOWN tenants.acme.on.hostKeys",
    bad: { "tenants.acme.on.hostKeys": unknown() },
    good: { "tenants.acme.on.hostKeys": [hostKey(), hostKey(3)] },
  },
  {
    says: "HOME_UNKNOWN tenants.initech.on.user",
    bad: { "tenants.initech.on.user": secret("SSH_USER") },
    good: { "tenants.initech.on.user": secret("SSH_USER"), "tenants.initech.on.home": "/srv/home" },
  },
  {
    says: "HOME_UNKNOWN tenants.initech.on.user",
    bad: {
      "tenants.initech.on.user": secret("SSH_USER"),
      "tenants.initech.deploymentPath": "/srv/i",
      "tenants.initech.data": { config: "/srv/c" },
    },
    good: {
      "tenants.initech.on.user": secret("SSH_USER"),
      "tenants.initech.deploymentPath": "/srv/i",
      "tenants.initech.data": { config: "/srv/c", cache: "/srv/d" },
    },
  },
  {
    says: "SERVER_CONFLICT tenants.initech.on.hostKeys",
    bad: {
      "tenants.initech.on": server({ host: "203.0.113.10", hostKeys: [hostKey(5)] }),
      "tenants.initech.ports": { web: 8280, admin: 8281 },
    },
    good: {
      "tenants.initech.on": server({ host: "203.0.113.10", hostKeys: [hostKey()] }),
      "tenants.initech.ports": { web: 8280, admin: 8281 },
    },
  },
  {
    says: "SERVER_CONFLICT tenants.initech.on.platform",
    bad: {
      "tenants.initech.on": server({ host: "203.0.113.10", hostKeys: [hostKey()], platform: "linux/arm64" }),
      "tenants.initech.ports": { web: 8280, admin: 8281 },
    },
    good: { "tenants.initech.on.platform": "linux/arm64" },
  },
  {
    says: "PLATFORM_NOT_BUILT app.image.platforms",
    bad: { "app.image.platforms": ["linux/arm64"] },
    good: { "app.image.platforms": ["linux/amd64"] },
  },
  {
    says: "HOST_PUBLIC tenants.initech.on.host",
    bad: { public: true, "tenants.acme.on": hidden(), "tenants.globex.on": hidden() },
    good: { public: true, tenants: { acme: { on: hidden() } } },
  },
  // Two servers with one secret host are one machine under one environment only
  {
    says: "PORT_TAKEN tenants.globex.ports.web",
    bad: {
      "tenants.acme.on": hidden(),
      "tenants.globex.on": hidden(),
      "tenants.globex.ports": { web: 8080, admin: 8181 },
    },
    good: {
      "tenants.acme.on": hidden(),
      "tenants.globex.on": hidden(),
      "tenants.globex.ports": { web: 8080, admin: 8181 },
      credentials: "per-tenant",
    },
  },
  // Phases and rollout
  { says: "NOT_YET active", bad: { active: "multi" }, good: { active: "single" } },
  { says: "NOT_YET phases.k8s", bad: { "phases.k8s": k8s() }, good: { "phases.multi": undefined } },
  { says: "NOT_YET phases.k8s", bad: { "phases.k8s": k8s(), active: "k8s" }, good: {} },
  { says: "NOT_YET app.image", bad: { "app.image": onServer({ repository: "ghcr.io/acme/shop" }) }, good: {} },
  {
    says: "NOT_YET tenants.globex.image",
    bad: { "tenants.globex.image": onServer({ repository: "ghcr.io/acme/shop" }) },
    good: {},
  },
  {
    says: "ROLLOUT_ORDER rollout",
    bad: { rollout: [{ canary: ["acme"] }] },
    good: { rollout: [{ canary: ["acme"] }, { approval: "once" }, { rest: {} }] },
  },
  {
    says: "ROLLOUT_ORDER rollout.0",
    bad: { rollout: [{ rest: {} }, { canary: ["acme"] }] },
    good: { rollout: [{ rest: {} }] },
  },
  { says: "ROLLOUT_ORDER rollout.1", bad: { rollout: [{ rest: {} }, { rest: {} }] }, good: {} },
  {
    says: "ROLLOUT_ORDER rollout.1",
    bad: { rollout: [{ approval: "once" }, { approval: "once" }, { rest: {} }] },
    good: { rollout: [{ approval: "once" }, { rest: {} }] },
  },
  {
    says: "CANARY_REPEATED rollout.1.canary.0",
    bad: { rollout: [{ canary: ["acme"] }, { canary: ["acme"] }, { rest: {} }] },
    good: { rollout: [{ canary: ["acme"] }, { canary: ["globex"] }, { rest: {} }] },
  },
  {
    says: "JOBS_OVER_LIMIT tenants",
    bad: { tenants: many(257), "phases.single.tenant": "t0" },
    good: { tenants: many(257), "phases.single.tenant": "t0", rollout: [{ canary: ["t0"] }, { rest: {} }] },
  },
  {
    says: "JOBS_OVER_LIMIT tenants",
    bad: { tenants: many(257), "phases.single.tenant": "t0" },
    good: { tenants: many(257), "phases.single.tenant": "t0", "phases.multi": undefined },
  },
  // Values of containers
  {
    says: "SECRET_REPEATED app.optionalSecrets.0",
    bad: { "app.optionalSecrets": ["SHOP_TOKEN"] },
    good: { "app.optionalSecrets": ["SHOP_TOKEN2"] },
  },
  { says: "SECRET_REPEATED app.secrets.1", bad: { "app.secrets": ["A", "A"] }, good: { "app.secrets": ["A", "a"] } },
  {
    says: "ENV_IS_SECRET app.env.SHOP_TOKEN",
    bad: { "app.env": { SHOP_TOKEN: "x" } },
    good: { "app.env": { SHOP_TOKENS: "x" } },
  },
  {
    says: "ENV_IS_SECRET tenants.acme.env.MAIL_TOKEN",
    bad: { "tenants.acme.env": { MAIL_TOKEN: "x" } },
    good: { "tenants.acme.env": { SHOP_MODE: "x" } },
  },
  // Environments
  {
    says: "ENVIRONMENT_TAKEN tenants.approval",
    bad: perTenant("approval"),
    good: { ...perTenant("approval"), rollout: [{ rest: {} }] },
  },
  {
    says: "ENVIRONMENT_INVALID tenants.initech.on.name",
    bad: { credentials: "per-server", "tenants.initech.on.name": "West, 2" },
    good: { credentials: "per-server", "tenants.initech.on.name": "West_2" },
  },
];

function perTenant(key: string): Changes {
  return {
    credentials: "per-tenant",
    rollout: [{ approval: "once" }, { rest: {} }],
    [`tenants.${key}`]: { on: server({ host: "b.example.com", hostKeys: [hostKey()] }) },
  };
}

test("the sample fleets have no fault", () => expect(complaints(sample(), staging())).toEqual([]));

test.each(cases)("$says", ({ says, bad, good }) => {
  expect(complaints(sample(bad))).toEqual([says]);
  expect(complaints(sample(good))).toEqual([]);
});

// Invariant: fleets of one repository are checked together, since they may share a server.
test.each<Case>([
  { says: "FLEET_NAME_TAKEN name", bad: { name: "production" }, good: {} },
  {
    says: "BRANCH_TAKEN branch",
    bad: { branch: "Prd", "app.name": "shop2", "app.data": {}, tenants: alone(), "phases.single.tenant": "solo" },
    good: { branch: "Prd2" },
  },
  {
    says: "TENANT_ID_TAKEN tenants.acme.id",
    bad: { "tenants.acme.id": "prd-tenant-globex" },
    good: { "tenants.acme.id": "stg-tenant-acme" },
  },
  {
    says: "PORT_TAKEN tenants.acme.ports.web",
    bad: { "tenants.acme.ports": { web: 8180, admin: 8281 } },
    good: { "tenants.acme.ports": { web: 8182, admin: 8281 } },
  },
  {
    says: "PATH_TAKEN phases.single.data.cache",
    bad: { "phases.single.data": { cache: "/home/deploy/.cache/shop" } },
    good: { "phases.single.data": { cache: "/home/deploy/.cache/other" } },
  },
  {
    says: "SERVER_CONFLICT tenants.acme.on.hostKeys",
    bad: { "tenants.acme.on.hostKeys": [hostKey(9)] },
    good: { "tenants.acme.on.hostKeys": [hostKey()] },
  },
  {
    says: "ENVIRONMENT_TAKEN tenants.observe",
    bad: {
      name: "production-x",
      credentials: "per-tenant",
      tenants: { observe: { on: server({ host: "o.example.com", hostKeys: [hostKey()] }) } },
      "phases.single.tenant": "observe",
    },
    good: {
      name: "production-x",
      tenants: { observe: { on: server({ host: "o.example.com", hostKeys: [hostKey()] }) } },
      "phases.single.tenant": "observe",
    },
  },
])("beside another fleet: $says", ({ says, bad, good }) => {
  const others = bad.credentials === "per-tenant" ? [] : [sample()];
  expect(complaints(...others, staging(bad))).toEqual([says]);
  expect(complaints(...others, staging(good))).toEqual([]);
});

// Invariant: a fix can be followed as it is written.
test.each<{ declared: string; changes: Changes; fix: string }>([
  { declared: "single and multi", changes: {}, fix: 'use active: "single"; multi may stay declared.' },
  {
    declared: "multi alone",
    changes: { "phases.single": undefined },
    fix: 'add single: single({ tenant: "acme" }) to phases and use active: "single"; multi may stay declared.',
  },
])("with $declared, phase multi is refused with a way out", ({ changes, fix }) => {
  const { diagnostics } = validate([sample({ active: "multi", ...changes })]);
  expect(diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.fix])).toEqual([["NOT_YET", fix]]);
});

test("the one declared phase is active without a word, and of two none is", () => {
  const { active: _, ...rest } = sample() as unknown as Parameters<typeof fleet>[1];
  expect(complaints(fleet("production", { ...rest, phases: { single: single({ tenant: "acme" }) } }))).toEqual([]);
  expect(complaints(fleet("production", rest))).toEqual(["FIELD_MISSING active"]);
  expect(complaints(fleet("production", { ...rest, phases: undefined as never }))).toEqual([
    "FIELD_MISSING phases",
    "FIELD_MISSING active",
  ]);
});

// Invariant: a user may give things any name. If this breaks, a name that every JavaScript object has crashes the compile or finds a
// value that nobody gave.
test.each(["constructor", "valueOf", "hasOwnProperty"])("data and tenants may be called %s", (name) => {
  const named = name.toLowerCase();
  const changes = { [`app.data.${named}`]: { directory: "own", mount: "/own" } };
  expect(complaints(sample(changes))).toEqual([]);
  const on = server({ host: "own.example.com", hostKeys: [hostKey()] });
  expect(complaints(sample({ ...changes, [`tenants.${named}`]: { on } }))).toEqual([]);
});

function alone() {
  return { solo: { on: server({ host: "solo.example.com", hostKeys: [hostKey()] }) } };
}

// Invariant: a runner is never sent to an address that it cannot reach, and a public one needs no way in.
test.each([
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "100.127.255.255",
  "169.254.1.1",
  "127.0.0.1",
  "::1",
  "fc00::1",
  "fdff::1",
  "fe80::1",
  "::ffff:10.0.0.1",
  "protopi",
  "Pi.Local",
  "node.tail1234.ts.net",
  "db.internal",
  "localhost",
])("%s needs a way in", (host) => {
  expect(complaints(sample({ "tenants.initech.on.host": host }))).toEqual(["WAY_IN_MISSING tenants.initech.on.host"]);
  expect(complaints(sample({ "tenants.initech.on.host": host, "tenants.initech.on.via": tailscale() }))).toEqual([]);
  expect(complaints(sample({ "tenants.initech.on.host": host, "tenants.initech.on.via": direct() }))).toEqual([]);
});
test.each([
  "11.0.0.1",
  "172.32.0.1",
  "100.63.0.1",
  "100.128.0.1",
  "203.0.113.9",
  "2001:db8::1",
  "example.com",
  "mylocal.net",
  "ts.net",
])("%s needs none", (host) => expect(complaints(sample({ "tenants.initech.on.host": host }))).toEqual([]));

// Invariant: one machine is recognised however its host is spelled.
test.each([
  ["Server.Example.com", "server.example.com"],
  ["2001:DB8::0:1", "2001:db8::1"],
])("%s and %s are one machine", (one, other) => {
  const on = (host: string) => server({ host, hostKeys: [hostKey()] });
  const tenants = (a: string, b: string) => ({ acme: { on: on(a) }, globex: { on: on(b) } });
  expect(complaints(sample({ tenants: tenants(one, other) }))).toEqual([
    "PORT_TAKEN tenants.globex.ports.web",
    "PORT_TAKEN tenants.globex.ports.admin",
  ]);
});
