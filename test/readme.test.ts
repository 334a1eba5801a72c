import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { validate } from "../src/fleet/validate.ts";
import { sentence } from "../src/fleet/words.ts";
import { app, build, fleet, server, single, unknown } from "../src/index.ts";

// Invariant: what the documents show is what the code does, and their links lead somewhere.
// If this breaks, the first thing that a new user copies does not compile.

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("the README's definition is the golden fleet that its text names", () => {
  const readme = read("README.md");
  const [, path = "", shown] = /<!-- (\S+) -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(shown).toBe(read(path).replace('"../../../src/index.ts"', '"tenantry"'));
});

test("the README's message is the one that its mistake brings", () => {
  const east = server({ host: "203.0.113.10", name: "us-east", hostKeys: unknown() });
  const gateway = app("openclaw", {
    compose: "docker-compose.yml",
    image: build({ repository: "ghcr.io/example/openclaw" }),
    ports: { gateway: 18789 },
    health: { port: "gateway", path: "/health" },
  });
  const { diagnostics } = validate([
    fleet("production", {
      repository: "example/openclaw",
      branch: "PRD",
      app: gateway,
      phases: { single: single({ tenant: "acme" }) },
      active: "single",
      tenants: { acme: { on: east }, globex: { on: east } },
    }),
  ]);
  const taken = diagnostics.find(({ code }) => code === "PORT_TAKEN");
  const [, message, fix] = / PORT_TAKEN: (.*)\n {2}also: .*\n {2}fix: {2}(.*)/.exec(read("README.md")) ?? [];
  expect([message, fix]).toEqual([sentence(taken?.message ?? ""), sentence(taken?.fix ?? "")]);
});

test("the versions that the README installs are those that the project is tested with", () => {
  const { devDependencies } = JSON.parse(read("package.json"));
  const named = [...read("README.md").matchAll(/\b(node|projen|constructs)@([\d.]+)/g)];
  expect(named).toHaveLength(6);
  for (const [, name, version] of named) expect(devDependencies).toHaveProperty([name as string], version);
});

test.for(["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/ARCHITECTURE.md"])(
  "links of %s lead to files",
  (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(([, target]) => target as string);
    expect(links.filter((link) => !existsSync(join(root, dirname(file), link)))).toEqual([]);
  },
);

test("every command of the README that npm runs is a script of package.json", () => {
  const { scripts } = JSON.parse(read("package.json"));
  const named = [...`${read("README.md")}${read("CONTRIBUTING.md")}`.matchAll(/npm (?:run ([a-z:]+)|(test)\b)/g)];
  expect(named.length).toBeGreaterThan(2);
  for (const [, script, test] of named) expect(scripts).toHaveProperty([script ?? test ?? ""]);
});
