import type { App } from "./app.ts";
import type { FleetFields } from "./fleet.ts";
import type { ImageSource } from "./image.ts";
import { own } from "./own.ts";
import type { SinglePhase } from "./phase.ts";
import type { Platform, Secret, Server, WayIn } from "./server.ts";
import type { Tenant } from "./tenant.ts";

/** A value that is written in the definition, held by a secret of the environment, or both: then they must agree. */
export interface Known<T> {
  readonly literal?: T;
  readonly secret?: string;
}

/** How a runner gets to a server. */
export interface Target {
  /** What people and the host key's alias call the server. */
  readonly server: string;
  readonly host: Known<string>;
  readonly user: Known<string>;
  readonly port: Known<number>;
  /** Deployment directory as the secret of phase `single` names it, to be compared with the installation's. */
  readonly path: Known<string>;
  /** Pinned host keys; empty for `unknown()`, and then every deploy is refused. */
  readonly hostKeys: readonly string[];
  readonly via: WayIn;
  readonly platform: Platform;
}

/** One state directory of an installation. */
export interface DataPath {
  readonly name: string;
  readonly path: string;
  readonly mount: string;
  readonly subdirectories: readonly string[];
}

/** A tenant on a server as one phase names it: every default is filled in. */
export interface Installation {
  readonly phase: "single" | "multi";
  /** The tenant's key. */
  readonly tenant: string;
  readonly id: string;
  /** The customer. */
  readonly name: string;
  readonly region: string;
  readonly target: Target;
  readonly deploymentPath: string;
  /** Compose project: the deployment directory's normalised name. */
  readonly project: string;
  readonly prefix: string;
  /** Whole container names by service that replace `<prefix>_<BRANCH>_<end>`. */
  readonly containers: Readonly<Record<string, string>>;
  /** Port on the server by the app's port name, in the app's order. */
  readonly ports: Readonly<Record<string, number>>;
  readonly data: readonly DataPath[];
  /** Values of the compose file's variables: the tenant's over the app's. */
  readonly env: Readonly<Record<string, string>>;
  readonly image: ImageSource;
  readonly ifUnreachable: Tenant["ifUnreachable"];
}

/** A checked fleet with its names filled in: what rules and renderers read. */
export interface Fleet extends Omit<FleetFields, "kind" | "tenants"> {
  /** The branch in lower case: `prd` in `openclaw-prd-acme`. */
  readonly env: string;
  /** Every tenant as phase `multi` names it, in the definition's order. */
  readonly tenants: readonly Installation[];
  /** The one installation of phase `single`, where it is declared and its tenant exists. */
  readonly single?: Installation;
}

/** Fills in every default name of a fleet. It never throws: values that checks found wrong are carried along. */
export function resolveFleet(fields: FleetFields): Fleet {
  const { kind: _, tenants, ...rest } = fields;
  const env = fields.branch.toLowerCase();
  const phase = fields.phases.single;
  const layouts = dataLayout(fields.app, env);
  const singleTenant = phase && Object.hasOwn(tenants, phase.tenant) ? tenants[phase.tenant] : undefined;
  return {
    ...rest,
    env,
    tenants: Object.entries(tenants).map(([key, tenant]) => multiInstallation(fields, env, layouts, key, tenant)),
    ...(phase && singleTenant ? { single: singleInstallation(fields, env, layouts, phase, singleTenant) } : {}),
  };
}

function multiInstallation(
  fleet: FleetFields,
  env: string,
  layouts: readonly DataLayout[],
  key: string,
  tenant: Tenant,
): Installation {
  const home = homeOf(tenant.on);
  const deploymentPath = tenant.deploymentPath ?? `${home}/${fleet.app.name}-${env}-${key}`;
  return {
    phase: "multi",
    ...common(fleet, env, key, tenant),
    target: targetOf(tenant.on, key),
    deploymentPath,
    project: projectName(deploymentPath),
    prefix: tenant.prefix ?? key,
    data: dataPaths(layouts, tenant.data, (directory) => `${home}/${directory}-${key}`),
  };
}

function singleInstallation(
  fleet: FleetFields,
  env: string,
  layouts: readonly DataLayout[],
  phase: SinglePhase,
  tenant: Tenant,
): Installation {
  const home = homeOf(tenant.on);
  const target = targetOf(tenant.on, phase.tenant);
  const deploymentPath = phase.deploymentPath ?? `${home}/${fleet.app.name}-${env}`;
  return {
    phase: "single",
    ...common(fleet, env, phase.tenant, tenant),
    target: {
      ...target,
      host: { secret: phase.host.name, ...target.host },
      user: { secret: phase.user.name, ...target.user },
      port: { secret: phase.port.name, ...target.port },
      path: { secret: phase.path.name, literal: deploymentPath },
    },
    deploymentPath,
    project: projectName(deploymentPath),
    prefix: phase.prefix ?? fleet.app.name,
    data: dataPaths(layouts, phase.data, (directory) => `${home}/${directory}`),
  };
}

function common(fleet: FleetFields, env: string, key: string, tenant: Tenant) {
  return {
    tenant: key,
    id: tenant.id ?? `${env}-tenant-${key}`,
    name: tenant.name ?? key,
    region: tenant.on.region,
    containers: tenant.containers,
    ports: { ...fleet.app.ports, ...tenant.ports },
    env: { ...fleet.app.env, ...tenant.env },
    image: tenant.image ?? fleet.app.image,
    ifUnreachable: tenant.ifUnreachable,
  };
}

function targetOf(server: Server, tenant: string): Target {
  return {
    server: server.name ?? (typeof server.host === "string" ? server.host : tenant),
    host: known(server.host),
    user: known(server.user),
    port: known(server.port),
    path: {},
    hostKeys: Array.isArray(server.hostKeys) ? server.hostKeys : [],
    via: server.via ?? { kind: "direct" },
    platform: server.platform,
  };
}

function known<T extends string | number>(value: T | Secret): Known<T> {
  return typeof value === "object" ? { secret: value.name } : { literal: value };
}

/** Home of the deploying account. A secret user without `home` is HOME_UNKNOWN; the stand-in never reaches a file. */
function homeOf(server: Server): string {
  if (server.home !== undefined) return server.home;
  return typeof server.user === "string" ? `/home/${server.user}` : "/home/unknown";
}

interface DataLayout {
  readonly name: string;
  readonly directory: string;
  readonly mount: string;
  readonly subdirectories: readonly string[];
  /** The closest of the app's directories around this one. */
  readonly outer: DataLayout | undefined;
}

function dataLayout(app: App, env: string): DataLayout[] {
  const entries = Object.entries(app.data).map(([name, data]) => ({
    ...data,
    name,
    directory: data.directory.replaceAll("{env}", env),
  }));
  const layouts = new Map<string, DataLayout>();
  // Shortest first, so that an outer directory is there before those inside it.
  for (const entry of entries.toSorted((a, b) => a.directory.length - b.directory.length)) {
    const around = [...layouts.values()].filter(({ directory }) => entry.directory.startsWith(`${directory}/`));
    layouts.set(entry.name, { ...entry, outer: around.at(-1) });
  }
  return entries.map(({ name }) => layouts.get(name) as DataLayout);
}

/**
 * A directory inside another of the app's follows it (`.openclaw-prd/workspace` becomes `.openclaw-prd-acme/workspace`): a suffix
 * of its own would put one tenant's state into another's.
 */
function dataPaths(
  layouts: readonly DataLayout[],
  given: Readonly<Record<string, string>>,
  place: (directory: string) => string,
): DataPath[] {
  const pathOf = ({ name, directory, outer }: DataLayout): string => {
    const path = own(given, name);
    if (path !== undefined) return path;
    return outer ? pathOf(outer) + directory.slice(outer.directory.length) : place(directory);
  };
  return layouts.map((layout) => ({
    name: layout.name,
    path: pathOf(layout),
    mount: layout.mount,
    subdirectories: layout.subdirectories,
  }));
}

/**
 * The Compose project of a deployment directory: its last part in lower case, without what a project's name cannot hold
 * (https://docs.docker.com/compose/how-tos/project-name/).
 */
export function projectName(deploymentPath: string): string {
  const last = deploymentPath.slice(deploymentPath.lastIndexOf("/") + 1);
  return last
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}

/** Name of the container that runs `service`: what the tenant keeps, or `<prefix>_<BRANCH>_<end>`. */
export function containerName(
  fleet: Pick<Fleet, "app" | "branch">,
  installation: Installation,
  service: string,
): string {
  const kept = own(installation.containers, service);
  if (kept !== undefined) return kept;
  return `${installation.prefix}_${fleet.branch}_${own(fleet.app.containers, service) ?? service}`;
}
