import { z } from "zod";
import { Port } from "./app.ts";
import { noteCallSite } from "./call-site.ts";
import { record } from "./checks.ts";
import { ImageSource } from "./image.ts";
import { ContainerName, EnvName, EnvValue, Label, Words } from "./names.ts";
import { AbsolutePath } from "./paths.ts";
import { Server } from "./server.ts";

/** One isolated instance of the app: a Compose project on a server. */
export const Tenant = z.strictObject({
  /** The server that it runs on. */
  on: Server,
  /** The customer, for people and the registry, default the key. Else TEXT_INVALID. */
  name: Words.optional(),
  /** Its id in the registry, default `<env>-tenant-<key>`. Else NAME_INVALID; TENANT_ID_TAKEN when two have it. */
  id: Label.optional(),
  /** Start of its containers' names, default the key. Else NAME_INVALID; PREFIX_TAKEN. */
  prefix: Label.optional(),
  /**
   * Whole container names by service, where an existing installation's are kept. Else CONTAINER_NAME_INVALID; CONTAINER_TAKEN,
   * CONTAINER_SERVICE_UNKNOWN.
   */
  containers: z.record(z.string(), ContainerName).default({}),
  /** Deployment directory, default `<home>/<app>-<env>-<key>`. Else PATH_INVALID; PATH_TAKEN. */
  deploymentPath: AbsolutePath.optional(),
  /** Ports on the server by the app's port names, default the app's. Else PORT_OUT_OF_RANGE; PORT_TAKEN, PORT_NAME_UNKNOWN. */
  ports: z.record(z.string(), Port).default({}),
  /** Data directories by the app's data names, default `<home>/<directory>-<key>`. Else PATH_INVALID; PATH_TAKEN, DATA_NAME_UNKNOWN. */
  data: z.record(z.string(), AbsolutePath).default({}),
  /** Values for the compose file's variables, over the app's. Else ENV_NAME_INVALID, ENV_VALUE_INVALID; ENV_NOT_IN_COMPOSE. */
  env: record(EnvName, EnvValue).default({}),
  /** Another image than the app's, which is the default. */
  image: ImageSource.optional(),
  /**
   * `fail`: a server that cannot be reached makes the run red (the default); `catch-up`: the run stays green with a warning, and
   * the next deploy brings the release.
   */
  ifUnreachable: z.enum(["fail", "catch-up"]).default("fail"),
  /** The row that the values come from, such as `tenants.csv:12`; messages name it. Else TEXT_INVALID. */
  source: Words.optional(),
});
export type Tenant = z.output<typeof Tenant>;
type TenantFields = z.input<typeof Tenant>;

export interface TenantInput<Ports extends string = string, Data extends string = string>
  extends Omit<TenantFields, "ports" | "data"> {
  readonly ports?: Readonly<Partial<Record<Ports, number>>>;
  readonly data?: Readonly<Partial<Record<Data, string>>>;
}

/** Optional around a tenant's object: notes the place for messages, where tenants come from a loop or another file. */
export function tenant<const T extends TenantInput>(options: T): T {
  return noteCallSite({ ...options }, tenant);
}
