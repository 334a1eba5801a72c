import { z } from "zod";
import { noteCallSite } from "./call-site.ts";
import { wholeNumber } from "./checks.ts";
import { Label } from "./names.ts";
import { AbsolutePath } from "./paths.ts";
import { Secret } from "./server.ts";

const SinglePhase = z.strictObject({
  kind: z.literal("single"),
  /** The one tenant that is deployed. Else TENANT_UNKNOWN. */
  tenant: z.string(),
  /**
   * Secret with the server's address, default SSH_HOST. Where the definition has the address too, both must agree. Else
   * SECRET_NAME_INVALID.
   */
  host: Secret.default({ kind: "secret", name: "SSH_HOST" }),
  /** Secret with the account, default SSH_USER; likewise. */
  user: Secret.default({ kind: "secret", name: "SSH_USER" }),
  /** Secret with the SSH port, default SSH_PORT; likewise. */
  port: Secret.default({ kind: "secret", name: "SSH_PORT" }),
  /** Secret with the deployment directory, default DEPLOYMENT_PATH; likewise. */
  path: Secret.default({ kind: "secret", name: "DEPLOYMENT_PATH" }),
  /** Deployment directory, default `<home>/<app>-<env>`. Else PATH_INVALID; PATH_TAKEN. */
  deploymentPath: AbsolutePath.optional(),
  /** Start of the container names, default the app's name. Else NAME_INVALID; PREFIX_TAKEN. */
  prefix: Label.optional(),
  /** Data directories by the app's data names, default `<home>/<directory>`. Else PATH_INVALID; DATA_NAME_UNKNOWN. */
  data: z.record(z.string(), AbsolutePath).default({}),
});
export type SinglePhase = z.output<typeof SinglePhase>;

const MultiPhase = z.strictObject({
  kind: z.literal("multi"),
  /** Tenants deployed at the same time, 1-256, default 10. Else PARALLEL_INVALID. */
  maxParallel: wholeNumber(1, 256, "PARALLEL_INVALID", "a whole number of tenants").default(10),
});

const K8sPhase = z.strictObject({ kind: z.literal("k8s") });

export const Phases = z.strictObject({
  single: SinglePhase.optional(),
  multi: MultiPhase.optional(),
  k8s: K8sPhase.optional(),
});
export type Phases = z.output<typeof Phases>;

export interface SingleInput<Key extends string> extends Omit<z.input<typeof SinglePhase>, "kind" | "tenant"> {
  readonly tenant: Key;
}
export interface SingleDefinition<Key extends string> extends SingleInput<Key> {
  readonly kind: "single";
}

/** One tenant on one server, named as an installation by hand: `~/<app>-<env>` without the tenant's key. */
export function single<const Key extends string>(options: SingleInput<Key>): SingleDefinition<Key> {
  return noteCallSite({ ...options, kind: "single" }, single);
}

/** Every tenant on its server, in the steps of the rollout. */
export function multi(options: Omit<z.input<typeof MultiPhase>, "kind"> = {}): z.input<typeof MultiPhase> {
  return noteCallSite({ ...options, kind: "multi" }, multi);
}

/** Every tenant in a namespace of a cluster. Refused with NOT_YET. */
export function k8s(): z.input<typeof K8sPhase> {
  return noteCallSite({ kind: "k8s" }, k8s);
}
