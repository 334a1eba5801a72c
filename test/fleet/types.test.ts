// Invariant: a name that does not exist is an error in the editor, at its own line, before anything runs. If this breaks, the compiler's
// messages still catch it, but only at `npx projen`.
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/run.ts";
import { inScratch } from "../support/scratch.ts";
import { hostKey } from "./sample.ts";

const root = join(import.meta.dirname, "../..");

/** A definition of which lines are replaced; the replaced line is the one that must be wrong. */
function definition(replace?: [from: string, to: string]): string {
  const text = `import { app, bastion, build, direct, fleet, follow, k8s, multi, onServer, prebuilt, secret, server, single, tailscale, tenant, unknown } from ${JSON.stringify(join(root, "src/index.ts"))};
import type { TenantInput } from ${JSON.stringify(join(root, "src/index.ts"))};
export const images = [build({ repository: "a" }), follow({ repository: "a", workflow: "b" }), prebuilt({ repository: "a", digest: "b" }), onServer({ repository: "a" })];
export const waysIn = [direct(), tailscale(), bastion({ host: "a", hostKeys: ["b"] })];
export const shop = app("shop", {
  compose: "compose.yml",
  image: build({ repository: "ghcr.io/acme/shop", platforms: ["linux/amd64"] }),
  ports: { web: 8080, admin: 8081 },
  health: { port: "web", path: "/" },
  data: { state: { directory: ".shop", mount: "/state" } },
});
const east = server({
  host: secret("SSH_HOST"),
  hostKeys: unknown(),
});
const west = server({ host: "a", hostKeys: [${JSON.stringify(hostKey())}], via: tailscale() });
export default fleet("production", {
  repository: "acme/shop",
  branch: "PRD",
  app: shop,
  phases: {
    single: single({ tenant: "acme" }),
    multi: multi({ maxParallel: 2 }),
    k8s: k8s(),
  },
  active: "single",
  rollout: [
    { canary: ["acme"] },
    { approval: "once" },
    { rest: { maxParallel: 2 } },
  ],
  tenants: {
    acme: { on: east },
    globex: tenant({ on: west }),
    initech: {
      on: west,
      ports: { web: 9000 },
      data: { state: "/srv/state" },
      env: { A: "b" },
    },
  },
});
const rows: Record<string, TenantInput> = Object.fromEntries(["a", "b"].map((row) => [row, { on: east, source: row }]));
export const loose = fleet("rows", {
  repository: "acme/shop", branch: "STG", app: shop, phases: { single: single({ tenant: "a" }) }, active: "single", tenants: rows,
});
const plain = app("plain", { compose: "c.yml", image: build({ repository: "a" }), ports: { web: 8080 }, health: { port: "web", path: "/" } });
export const small = fleet("small", {
  repository: "acme/shop", branch: "X", app: plain, phases: { single: single({ tenant: "a" }) }, active: "single", tenants: { a: { on: east } },
});
`;
  if (!replace) return text;
  if (!text.includes(replace[0])) throw new Error(`no ${replace[0]}`);
  return text.replace(replace[0], replace[1]);
}

const mistakes: readonly [title: string, from: string, to: string][] = [
  ["an unknown tenant in single", 'single: single({ tenant: "acme" })', 'single: single({ tenant: "amce" })'],
  ["an unknown canary", '{ canary: ["acme"] }', '{ canary: ["amce"] }'],
  ["an unknown health port", 'health: { port: "web"', 'health: { port: "gateway"'],
  ["an unknown port name", "ports: { web: 9000 }", "ports: { wbe: 9000 }"],
  ["an unknown data name", 'data: { state: "/srv/state" }', 'data: { stat: "/srv/state" }'],
  ["an unknown field of a tenant", 'env: { A: "b" }', 'enw: { A: "b" }'],
  ["an unknown phase", 'active: "single",\n  rollout', 'active: "both",\n  rollout'],
  ["an unknown approval", 'approval: "once"', 'approval: "twice"'],
  ["an unknown platform", '["linux/amd64"]', '["linux/riscv64"]'],
  ["a number for a host", 'host: secret("SSH_HOST")', "host: 42"],
  ["no host keys", "  hostKeys: unknown(),\n", "  \n"],
  ["a port that is text", "ports: { web: 8080, admin: 8081 }", 'ports: { web: 8080, admin: "8081" }'],
];

test("each mistake is an error at its line, and a good definition is none", async () => {
  const files = Object.fromEntries(
    mistakes.map(([, from, to], index) => [`mistake-${index}.ts`, definition([from, to])]),
  );
  const tsconfig = JSON.stringify({
    extends: join(root, "tsconfig.json"),
    compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
    include: ["*.ts"],
    exclude: [],
  });
  const lines = await inScratch(
    "types",
    { ...files, "good.ts": definition(), "tsconfig.json": tsconfig, "package.json": '{ "type": "module" }' },
    async (folder) => {
      const { stdout } = await run(
        join(root, "node_modules/.bin/tsc"),
        ["--noEmit", "--pretty", "false", "-p", folder],
        { cwd: folder },
      );
      return [...stdout.matchAll(/^(\S+)\((\d+),\d+\): error/gm)].map(([, file, line]) => `${file}:${line}`);
    },
  );
  const lineOf = (part: string) => definition().slice(0, definition().indexOf(part)).split("\n").length;
  // Without host keys the whole call is wrong: it starts a line above the host.
  const expected = mistakes.map(
    ([title, from], index) => `mistake-${index}.ts:${title === "no host keys" ? lineOf(from) - 2 : lineOf(from)}`,
  );
  expect([...new Set(lines)].toSorted()).toEqual(expected.toSorted());
});
