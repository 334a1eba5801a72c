// Invariant: a message points at the field's own line and column in the user's file, as far as the source says where that is, and at the
// closest builder's call otherwise. If this breaks, a user searches a thousand tenants for one port.
import { expect, test } from "vitest";
import { app } from "../../src/fleet/app.ts";
import { locate } from "../../src/source/locate.ts";
import { hostKey } from "../fleet/sample.ts";
import { api, check } from "./project.ts";

const key = JSON.stringify(hostKey());

/** What most fixtures share; `app` and `tenants` are theirs. */
const shop = `app("shop", {
  compose: "compose.yml", image: build({ repository: "ghcr.io/acme/shop" }),
  ports: { web: 8080, admin: 8081 }, health: { port: "web", path: "/" },
})`;

function definition(tenants: string, before = ""): string {
  return `import { app, build, fleet, multi, secret, server, single, tailscale, tenant, unknown } from ${JSON.stringify(api)};
const shop = ${shop};
const east = server({ name: "east", host: "203.0.113.10", hostKeys: [${key}] });
${before}
export default fleet("production", {
  repository: "acme/shop", branch: "PRD", app: shop, phases: { single: single({ tenant: "acme" }) }, active: "single",
  tenants: ${tenants},
});
`;
}

test("ten mistakes in one definition bring ten messages at their fields in one run", async () => {
  const { found, marked, output } = await check({
    "servers/production.ts": `import { app, bastion, build, fleet, multi, server, single } from ${JSON.stringify(api)};

const shop = app("shop", {
  compose: "compose.yml",
  image: build({
    repository: «IMAGE_NAME_INVALID»"ghcr.io/Acme/Shop",
    «PLATFORM_NOT_BUILT»platforms: ["linux/amd64"],
  }),
  ports: { web: 8080, admin: 8081 },
  health: { port: «HEALTH_PORT_UNKNOWN»"gateway", path: "/health" },
  secrets: ["SHOP_TOKEN", «SECRET_NAME_INVALID»"GITHUB_X"],
});

const east = server({ host: "203.0.113.10", user: «USER_INVALID»"root;reboot", hostKeys: [${key}] });
const west = server({ host: "203.0.113.11", hostKeys: [«HOST_KEY_INVALID»"ssh-ed25519 AAAAoops"] });
const home = server({ host: «WAY_IN_MISSING»"192.168.1.20", platform: "linux/arm64", hostKeys: [${key}] });

export default fleet("production", {
  repository: "acme/shop",
  branch: "PRD",
  app: shop,
  phases: { single: single({ tenant: "acme" }), multi: multi() },
  active: "single",
  tenants: {
    acme: { on: east, deploymentPath: "/srv/acme" },
    globex: { on: east, ports: { web: 9000, admin: «PORT_TAKEN»8080 }, deploymentPath: «PATH_INSIDE»"/srv/acme/globex" },
    initech: { on: west, id: «NAME_INVALID»"a123456789-123456789-123456789-123456789-123456789-123456789-123" },
    hooli: { on: home },
  },
});
`,
  });
  expect(found).toEqual(marked);
  expect(found).toHaveLength(10);
  expect(output.diagnostics.every(({ severity }) => severity === "error")).toBe(true);
});

test("the shape of the source does not matter: constants, spreads, casts, imports, loops, nested calls", async () => {
  const { found, marked } = await check({
    "servers/production.ts": definition(
      `{
    acme: { on: east, prefix: "another" },
    // a constant's members are found in it, a constant value where it is used
    constant: { on: east, ports: { web: 9000, admin: 9001 }, data },
    value: { on: east, ports: { web: 9010, «PORT_TAKEN»admin: taken } },
    object: { on: east, ports: somePorts },
    member: { on: east, ports: all.member.ports },
    cast: ({ on: east, ports: { web: 9050, admin: «PORT_TAKEN»8080 } as const }) satisfies object,
    "quoted-key": { on: east, "ports": { ["web"]: «PORT_TAKEN»8080, admin: 9061 } },
    ...spread,
    // what is not written is the last key on the way to it
    other: { on: east, «PORT_TAKEN»ports: { web: 9081 } },
    «PREFIX_TAKEN»another: { on: east, ports: { web: 9085, admin: 9086 } },
    called: tenant({ on: east, ports: { web: 9090, admin: «PORT_TAKEN»8080 } }),
    imported: { on: east, ports: elsewhere },
    "via-imported": { on: elsewhereServer },
    spread2: { on: { ...east, name: "far", host: «WAY_IN_MISSING»"10.1.1.1" } },
    negative: { on: east, ports: { web: «PORT_OUT_OF_RANGE»-1, admin: 9131 } },
    ...Object.fromEntries(rows.map((row) => [row, tenant({ on: east, source: row + ".csv:1", ports: { web: 9140, «PORT_TAKEN»admin: Number(8080) } })])),
  }`,
      `import { elsewhere, elsewhereServer } from "./elsewhere.ts";
const rows = ["row"];
const taken = 8080;
const data = { nothing: «DATA_NAME_UNKNOWN»"/srv/nothing" };
const somePorts = { web: 9030, admin: «PORT_TAKEN»8080 };
const all = { member: { ports: { web: 9040, admin: «PORT_TAKEN»8080 } } };
const spread = { spread: { on: east, ports: { web: 9070, admin: «PORT_TAKEN»8080 } } };`,
    ),
    "servers/elsewhere.ts": `import { server } from ${JSON.stringify(api)};
export const elsewhere = { web: 9100, admin: «PORT_TAKEN»8080 };
export const elsewhereServer = server({
  host: «WAY_IN_MISSING»"10.0.0.9", hostKeys: [${key}],
});
`,
  });
  expect(found).toEqual(marked);
});

test("where the source says no more, the message is at the closest call or the last known field", async () => {
  const { found, marked } = await check({
    "servers/production.ts": definition(
      `Object.fromEntries(rows.map(({ name, port }) => [name, { on: make(name), ports: { web: port, admin: port + 1 } }]))`,
      `const rows = [{ name: "acme", port: 9000 }, { name: "globex", port: 80 }];
const make = (host: string) => server({ «WAY_IN_MISSING»host, hostKeys: [${key}] });`,
    ).replace("tenants:", "«PORT_OUT_OF_RANGE»tenants:"),
  });
  // Both servers come from one line: two messages there, one for each tenant.
  expect([...new Set(found)]).toEqual(marked);
  expect(found.filter((line) => line.endsWith("WAY_IN_MISSING"))).toHaveLength(2);
});

test("fields of builders without options, names and missing fields", async () => {
  const { found, marked } = await check({
    "servers/production.ts": `import { app, build, fleet, k8s, secret, server, single } from ${JSON.stringify(api)};
const shop = app(«NAME_INVALID»"Shop", {
  compose: "compose.yml", image: build({ repository: "ghcr.io/acme/shop" }), ports: { web: 8080 }, health: { port: "web", path: "/" },
});
const east = server({ host: "203.0.113.10", port: secret(«SECRET_NAME_INVALID»"GITHUB_PORT"), hostKeys: [${key}] });
export default «FIELD_MISSING»fleet(«NAME_INVALID»"Production", {
  branch: "PRD", app: shop, phases: { single: single({ tenant: "acme" }), k8s: k8s() }, active: "single",
  tenants: { acme: { on: east, «FIELD_UNKNOWN»port: {} } },
} as never);
`,
  });
  expect(found).toEqual(marked);
});

test("two fleets: each message is in its own file, and `also` names the other", async () => {
  const other = definition("{ acme: { on: east, ports: { web: «PORT_TAKEN»8080, admin: 9001 } } }")
    .replace('"PRD"', '"STG"')
    .replace('"production"', '"staging"');
  const { output, found, marked } = await check({
    "servers/one.ts": definition("{ acme: { on: east, ports: { web: 8080, admin: 9000 } } }"),
    "servers/two.ts": other,
    "servers/production.ts": 'import one from "./one.ts"; import two from "./two.ts"; export default [one, two];',
  });
  expect(found).toEqual(marked);
  expect(output.diagnostics[0]?.also.map(({ file }) => file)).toEqual(["servers/one.ts"]);
});

test("the parser is loaded only when there is something to find", async () => {
  const clean = await check({ "servers/production.ts": definition("{ acme: { on: east } }") });
  expect(clean.output).toEqual({ diagnostics: [], parser: false });
  const bad = await check({ "servers/production.ts": definition("{ acme: { on: east, ports: { web: 80 } } }") });
  expect(bad.output.parser).toBe(true);
});

// Invariant: a message is never lost because its place is.
test("a definition that no builder made, and a file that is gone, have no position and no error", async () => {
  const complaint = { code: "X_Y", severity: "error", message: "m", fix: "f" } as const;
  const [loose] = await locate([{ ...complaint, field: { root: {}, path: ["a"] } }], "/nowhere");
  expect(loose).toEqual({ ...complaint, at: undefined, also: [] });
  const root = app("shop", {} as never);
  const cyclic: Record<string, unknown> = { root };
  cyclic.self = cyclic;
  const located = await locate(
    [{ ...complaint, field: { root: cyclic, path: ["self", "self", "root", 7, Symbol("x")] } }],
    "/nowhere",
  );
  expect(located[0]?.at?.line).toBeGreaterThan(0);
});
