// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are compose files, whose variables look like JavaScript's.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bindingsOf } from "../../src/compose/bindings.ts";
import { overlay, placeholderDigest } from "../../src/compose/overlay.ts";
import { expectations, readReferences } from "../../src/compose/pins.ts";
import { appResolver, fleetServices, longRunning } from "../../src/compose/services.ts";
import { containerName, type Installation } from "../../src/fleet/installation.ts";
import {
  composeConfig,
  envLines,
  fleetFiles,
  type Loaded,
  load,
  needsCompose,
  webFleet,
  withCompose,
} from "./support.ts";

// Invariant: beside the app's own file and the server's .env, the overlay makes Compose run exactly what the definition says; of .env
// only declared secrets count.
// If this breaks, a stale line in a server's .env moves a tenant to another port, another directory or another image.

const secretsOf = ({ fleet }: Loaded) => [...fleet.app.secrets, ...fleet.app.optionalSecrets];
const secretValues = (loaded: Loaded) =>
  Object.fromEntries(secretsOf(loaded).map((name) => [name, `secret ${name} $5`]));

/** An .env in which every line that is no secret is wrong, though nothing that Compose refuses at once. */
function hostile(loaded: Loaded): Record<string, string> {
  const kinds = new Map(
    bindingsOf(loaded.fleet, loaded.compose, appResolver(loaded.fleet)).map(({ variable, meaning }) => [
      variable,
      meaning.kind,
    ]),
  );
  const wrong = {
    port: "19999",
    container: "evil_name",
    data: "/evil/path",
    image: "evil.example/evil:1",
    platform: "linux/evil",
  };
  const names = new Set(readReferences(loaded.compose).map(({ name }) => name));
  const lines = [...names].map((name) => [name, /MEMORY/.test(name) ? "7m" : wrong[kinds.get(name) ?? "container"]]);
  return { ...Object.fromEntries(lines), ...secretValues(loaded) };
}

function filesOf(loaded: Loaded, installation: Installation, env: Record<string, string>): Record<string, string> {
  return {
    "docker-compose.yml": loaded.compose.text,
    "docker-compose.override.yml": overlay(loaded.fleet, installation, loaded.compose),
    ".env": envLines(env),
  };
}

describe.each(fleetFiles)("%s", (title) => {
  test("a wrong .env changes nothing but secrets, and Compose has nothing to complain about", async (context) => {
    await needsCompose(context);
    const loaded = await load(title);
    for (const installation of loaded.installations) {
      const clean = await composeConfig(filesOf(loaded, installation, secretValues(loaded)));
      const wrong = await composeConfig(filesOf(loaded, installation, hostile(loaded)));
      expect(wrong.stderr).toBe("");
      expect(wrong.code).toBe(0);
      expect(wrong.model).toEqual(clean.model);
      expect(JSON.stringify(wrong.model)).not.toMatch(/evil|19999/);
    }
  });

  test("ports, names, paths, image and labels are the installation's", async (context) => {
    await needsCompose(context);
    const loaded = await load(title);
    const { fleet, compose } = loaded;
    for (const installation of loaded.installations) {
      const { model } = await composeConfig(filesOf(loaded, installation, hostile(loaded)));
      expect(model.name).toBe(installation.project);
      for (const name of fleetServices(fleet, compose)) {
        const service = model.services[name];
        expect(service.image).toBe(`${installation.image.repository}@${placeholderDigest}`);
        expect(service.container_name).toBe(containerName(fleet, installation, name));
        expect(service.build).toBeUndefined();
        expect(service.labels).toMatchObject({ "tenantry.fleet": fleet.name, "tenantry.tenant": installation.tenant });
      }
      // biome-ignore lint/suspicious/noExplicitAny: Compose's own model.
      const services = Object.values<any>(model.services);
      const published = services.flatMap((service) => service.ports ?? []);
      for (const [port, number] of Object.entries(fleet.app.ports)) {
        const ours = published.filter(({ target }: { target: number }) => target === number);
        expect(ours.length).toBeGreaterThan(0);
        for (const entry of ours) expect(entry.published).toBe(String(installation.ports[port]));
      }
      const mounts = services.flatMap((service) => service.volumes ?? []);
      for (const { mount, path } of installation.data) {
        const sources = mounts.filter(({ target }: { target: string }) => target === mount);
        expect(sources.length).toBeGreaterThan(0);
        for (const entry of sources) expect(entry).toMatchObject({ type: "bind", source: path });
      }
    }
  });

  test("every secret that the file reads reaches a container", async (context) => {
    await needsCompose(context);
    const loaded = await load(title);
    const [installation] = loaded.installations;
    if (!installation) throw new Error("no installation");
    const { model } = await composeConfig(filesOf(loaded, installation, hostile(loaded)));
    for (const value of Object.values(secretValues(loaded))) expect(JSON.stringify(model)).toContain(value);
  });
});

test("the shipped fleet's names are those of an installation by hand", async () => {
  const { fleet, compose } = await load("servers/production.ts");
  const { single, tenants } = fleet;
  if (!single) throw new Error("phase single is not declared");
  const text = overlay(fleet, single, compose);
  const data = parse(text, { logLevel: "error" });
  expect(single.deploymentPath).toBe("/home/deploy/openclaw-prd");
  expect(data.name).toBe("openclaw-prd");
  expect(data.services["openclaw-gateway"]).toMatchObject({
    image: `ghcr.io/nikolasp98/openclaw@${placeholderDigest}`,
    container_name: "openclaw_PRD_gw",
    ports: ["18789:18789", "18790:18790"],
    stop_grace_period: "300s",
  });
  expect(data.services["openclaw-cli"].container_name).toBe("openclaw_PRD_cli");
  expect(data.services["openclaw-gateway"].volumes.slice(0, 3)).toEqual([
    "/home/deploy/.openclaw-prd:/home/node/.openclaw",
    "/home/deploy/.openclaw-prd/workspace:/home/node/.openclaw/workspace",
    "/home/deploy/.config/gogcli:/home/node/.config/gogcli",
  ]);
  expect(tenants.map(({ id, name, deploymentPath, prefix }) => [id, name, deploymentPath, prefix])).toEqual([
    ["prd-tenant-acme", "acme-corp", "/home/deploy/openclaw-prd-acme", "acme"],
    ["prd-tenant-newtenant", "newtenant-corp", "/home/deploy/openclaw-prd-newtenant", "newtenant"],
  ]);
  expect(longRunning(compose, appResolver(fleet))).toEqual(["openclaw-gateway"]);
});

test("a value of the definition reaches the container as it was written, with its dollars", async (context) => {
  await needsCompose(context);
  const value = "a$b ${SECRET} $$ '\"#: {x}";
  const text =
    "services: { web: { image: ghcr.io/example/web, ports: ['8080:8080'], environment: { TITLE: '${TITLE:-}' } } }";
  const loaded = withCompose("dollars", webFleet({ secrets: ["SECRET"] }, { env: { TITLE: value } }), text);
  const { model } = await composeConfig(
    filesOf(loaded, loaded.installations[0] as Installation, { SECRET: "hidden", TITLE: "evil" }),
  );
  expect(model.services.web.environment.TITLE).toBe(value);
});

test("the definition's precedence: the tenant's env over the app's over the file's default", () => {
  const environment = "{ A: '${A:-file}', B: '${B:-file}', C: '${C:-file}' }";
  const text = `services: { web: { image: ghcr.io/example/web, environment: ${environment} } }`;
  const loaded = withCompose("precedence", webFleet({ env: { A: "app", B: "app" } }, { env: { A: "tenant" } }), text);
  const data = parse(overlay(loaded.fleet, loaded.installations[0] as Installation, loaded.compose), {
    logLevel: "error",
  });
  expect(data.services.web.environment).toEqual({ A: "tenant", B: "app", C: "file" });
});

// Whole compose files, out of every place and form in which a field can stand.
const variable = fc.constantFrom("A", "B", "C", "SECRET");
const scalar = fc
  .array(
    fc.oneof(
      fc.constantFrom("x", "y-1", "$$", "{{.Name}}"),
      fc
        .tuple(variable, fc.constantFrom("${#:-d}", "${#-d}", "${#:+r}", "$#-", "${#:-${C:-n}}"))
        .map(([name, form]) => form.replace("#", name)),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(""));
const assignments = fc.dictionary(fc.constantFrom("K1", "K2", "K3"), scalar);
const asList = (map: Record<string, string>) => Object.entries(map).map(([key, value]) => `${key}=${value}`);
const pairs = fc.oneof(assignments, assignments.map(asList));
const service = fc.record(
  {
    command: fc.oneof(scalar, fc.array(scalar)),
    entrypoint: fc.array(scalar, { minLength: 1 }),
    environment: pairs,
    labels: pairs,
    hostname: scalar,
    dns_search: fc.uniqueArray(scalar, { minLength: 1 }),
    tmpfs: fc.array(
      scalar.map((text) => `/t/${text.replaceAll(":", "")}`),
      { maxLength: 1 },
    ),
    healthcheck: fc.record({ test: fc.array(scalar, { minLength: 1 }).map((args) => ["CMD", ...args]) }),
    logging: fc.record({ driver: fc.constant("local"), options: assignments }),
    sysctls: assignments,
    extra_hosts: fc.constant(["h:${A:-127.0.0.1}"]),
    deploy: fc.record({
      labels: assignments,
      resources: scalar.map((id) => ({
        reservations: { devices: [{ capabilities: ["gpu"], device_ids: [id, "0"] }] },
      })),
    }),
    networks: fc.uniqueArray(scalar, { minLength: 1, maxLength: 2 }).map((aliases) => ({ default: { aliases } })),
    cap_add: fc.uniqueArray(scalar, { minLength: 1, maxLength: 2 }),
    volumes: fc.constantFrom(["${A:-/x}:/data:ro", "v:/w"], [{ type: "bind", source: "${B:-/x}", target: "/data" }]),
    ports: fc.constantFrom(
      ["${PORT:-8080}:8080", "9:9/udp"],
      [{ target: 8080, published: "${PORT:-8080}", host_ip: "127.0.0.1" }],
      ["8080"],
    ),
  },
  { requiredKeys: [] },
);

/** A service without what the overlay adds of its own. */
function withoutOwn(model: Record<string, unknown>, fields: { ports?: unknown; labels?: unknown }) {
  const { image, container_name, stop_grace_period, labels, logging, ports, ...rest } = model;
  const theirs = Object.entries(labels ?? {}).filter(([key]) => !key.startsWith("tenantry."));
  // Without a port on the host Docker picks one; the definition gives one.
  return {
    ...rest,
    labels: Object.fromEntries(theirs),
    ports: isDeepStrictEqual(fields.ports, ["8080"]) ? undefined : ports,
  };
}

test("whatever field reads a variable, .env has no say in it", async (context) => {
  await needsCompose(context);
  const definition = webFleet({
    secrets: ["SECRET"],
    env: { A: "/from/app" },
    data: { data: { directory: "data", mount: "/data" } },
  });
  await fc.assert(
    fc.asyncProperty(service, async (fields) => {
      const file = {
        services: { web: { image: "${IMAGE:-web:1}", ...fields } },
        volumes: { v: { name: "${C:-n}", labels: ["l=${B:-d}"] } },
      };
      const loaded = withCompose("generated", definition, JSON.stringify(file));
      const installation = loaded.installations[0] as Installation;
      const clean = await composeConfig(filesOf(loaded, installation, { SECRET: "s" }));
      const wrong = { A: "/evil", B: "/evil", C: "evil", PORT: "19999", IMAGE: "evil:1", SECRET: "s" };
      const dirty = await composeConfig(filesOf(loaded, installation, wrong));
      expect(clean.code, clean.stderr).toBe(0);
      expect(dirty.model).toEqual(clean.model);
      expect(JSON.stringify(dirty.model)).not.toContain("evil");

      // The app's file alone, beside an .env that says what the definition says, means the same.
      const agreed = expectations(loaded.fleet, installation, loaded.compose).map(({ variable, value }) => [
        variable,
        value,
      ]);
      const honest = { ...Object.fromEntries(agreed), SECRET: "s" };
      const alone = await composeConfig({ "docker-compose.yml": loaded.compose.text, ".env": envLines(honest) });
      expect(withoutOwn(clean.model.services.web, fields)).toEqual(withoutOwn(alone.model.services.web, fields));
    }),
    { numRuns: 25, endOnFailure: true },
  );
}, 120_000);
