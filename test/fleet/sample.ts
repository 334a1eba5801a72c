import { app } from "../../src/fleet/app.ts";
import { type FleetDefinition, fleet } from "../../src/fleet/fleet.ts";
import { build } from "../../src/fleet/image.ts";
import { multi, single } from "../../src/fleet/phase.ts";
import { server } from "../../src/fleet/server.ts";
import { validate } from "../../src/fleet/validate.ts";

/** A host key of the right form; `seed` makes different ones. */
export function hostKey(seed = 0): string {
  const type = Buffer.from("ssh-ed25519");
  const length = (bytes: number) => Buffer.from([0, 0, 0, bytes]);
  const blob = Buffer.concat([length(type.length), type, length(32), Buffer.alloc(32, seed)]);
  return `ssh-ed25519 ${blob.toString("base64")}`;
}

export function east() {
  return server({ name: "east", host: "203.0.113.10", hostKeys: [hostKey()], region: "us-east" });
}

/** Values by dotted path, such as `{ "tenants.acme.on.user": "root" }`; `undefined` removes the field. */
export type Changes = Readonly<Record<string, unknown>>;

/** A fleet without a fault: two tenants share server east, a third is alone on west. */
export function sample(changes: Changes = {}): FleetDefinition {
  const shared = east();
  const definition = fleet("production", {
    repository: "acme/shop",
    branch: "PRD",
    app: app("shop", {
      compose: "docker-compose.yml",
      image: build({ repository: "ghcr.io/acme/shop" }),
      ports: { web: 8080, admin: 8081 },
      health: { port: "web", path: "/health" },
      containers: { web: "gw", tools: "cli" },
      data: {
        config: { directory: ".shop-{env}", mount: "/data/config" },
        work: { directory: ".shop-{env}/work", mount: "/data/work" },
        cache: { directory: ".cache/shop", mount: "/data/cache" },
      },
      secrets: ["SHOP_TOKEN"],
      optionalSecrets: ["MAIL_TOKEN"],
      env: { SHOP_MODE: "live" },
    }),
    phases: { single: single({ tenant: "acme" }), multi: multi() },
    active: "single",
    tenants: {
      acme: { on: shared },
      globex: { on: shared, ports: { web: 8180, admin: 8181 } },
      initech: { on: server({ name: "west", host: "west.example.com", hostKeys: [hostKey(1)] }) },
    },
  });
  for (const [path, value] of Object.entries(changes)) set(definition, path.split("."), value);
  return definition;
}

function set(target: object, [key, ...rest]: readonly string[], value: unknown): void {
  const fields = target as Record<string, unknown>;
  if (key === undefined) return;
  if (rest.length > 0) {
    fields[key] ??= {};
    set(fields[key] as object, rest, value);
  } else if (value === undefined) delete fields[key];
  else fields[key] = value;
}

/** A second fleet of the same repository that gets on with the first. */
export function staging(changes: Changes = {}): FleetDefinition {
  return sample({
    name: "staging",
    branch: "STG",
    "app.data.cache.directory": ".cache/shop-{env}",
    "tenants.acme.ports": { web: 8280, admin: 8281 },
    "tenants.globex.ports": { web: 8380, admin: 8381 },
    "tenants.initech.ports": { web: 8480, admin: 8481 },
    ...changes,
  });
}

/** `CODE path.to.the.field` of everything that validate has to say. */
export function complaints(...definitions: FleetDefinition[]): string[] {
  return validate(definitions).diagnostics.map(({ code, field }) => `${code} ${field.path.map(String).join(".")}`);
}
