import { z } from "zod";
import type { Fleet, Installation } from "../fleet/installation.ts";
import { generatedFrom } from "../header.ts";

const Names = z.object({
  deployment_path: z.string().describe("Deployment directory on the server."),
  container_prefix: z.string().describe("Start of the container names."),
});

const Row = z
  .object({
    id: z.string().describe("Unique in the registry."),
    host: z.string().describe("Name or address; `secret:NAME` where only a secret of the environment holds it."),
    user: z.string().describe("Account of the deploys; `secret:NAME` likewise."),
    port: z.union([z.int().min(1).max(65535), z.string()]).describe("SSH port; `secret:NAME` likewise."),
    ...Names.shape,
    tenant: z.string().describe("The customer."),
    region: z.string(),
    key: z.string().describe("The tenant's key in the definition."),
    platform: z.enum(["linux/amd64", "linux/arm64"]),
    compose_project: z.string(),
    health_path: z.string().describe("Path that answers when the tenant is healthy."),
    single: Names.optional().describe("Where phase `single` has this tenant instead."),
  })
  .catchall(z.int().min(1024).max(65535).describe("`<name>_port`: a published port of the app."));

/** `.github/servers/<fleet>.json`: the machine-readable list of tenants. Read only; the definition is what is edited. */
export const Registry = z.object({
  $schema: z.string(),
  $comment: z.string(),
  fleet: z.string(),
  servers: z.array(Row),
});
export type Registry = z.output<typeof Registry>;

export const SCHEMA_FILE = "registry.schema.json";

/** The registry of a fleet as JSON text: a line a field, so that one more tenant is one hunk. */
export function registry(fleet: Fleet, source: string): string {
  const value: Registry = {
    $schema: `./${SCHEMA_FILE}`,
    $comment: generatedFrom(source).join(" "),
    fleet: fleet.name,
    servers: fleet.tenants.map((tenant) => row(fleet, tenant)),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function row(fleet: Fleet, installation: Installation): Registry["servers"][number] {
  const { target } = installation;
  const ports = Object.entries(installation.ports).map(([name, port]) => [`${name}_port`, port] as const);
  return {
    id: installation.id,
    host: shown(target.host),
    user: shown(target.user),
    port: target.port.literal ?? shown({ secret: target.port.secret ?? "" }),
    deployment_path: installation.deploymentPath,
    container_prefix: installation.prefix,
    ...(Object.fromEntries(ports) as Record<string, number>),
    tenant: installation.name,
    region: installation.region,
    key: installation.tenant,
    platform: target.platform,
    compose_project: installation.project,
    health_path: fleet.app.health.path,
    ...(fleet.single?.tenant === installation.tenant
      ? { single: { deployment_path: fleet.single.deploymentPath, container_prefix: fleet.single.prefix } }
      : {}),
  } as Registry["servers"][number];
}

function shown(value: { readonly literal?: string; readonly secret?: string }): string {
  return value.literal ?? `secret:${value.secret}`;
}

/** The registry's JSON Schema, for editors and for whoever reads the file. */
export function registrySchema(): string {
  return `${JSON.stringify({ title: "Tenantry server registry", ...z.toJSONSchema(Registry) }, null, 2)}\n`;
}
