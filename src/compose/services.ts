import type { ComposeFile } from "../fleet/compose-file.ts";
import type { Fleet } from "../fleet/installation.ts";
import { portEntries, publishes } from "./ports.ts";
import { finalText, listOf, type Value } from "./values.ts";
import { parseTemplate, type Resolver, soleReference } from "./variables.ts";

export type Service = Readonly<Record<string, Value>>;

/** What a reader of the compose file knows before any tenant is looked at: the app's values and the file's own defaults. */
export function appResolver(fleet: Pick<Fleet, "app">): Resolver {
  const { env, secrets, optionalSecrets } = fleet.app;
  const kept = new Set([...secrets, ...optionalSecrets]);
  return { lookup: (name) => (Object.hasOwn(env, name) ? env[name] : undefined), keep: (name) => kept.has(name) };
}

/**
 * Whether a service runs the fleet's image: its `image:` names the app's repository, or it is one variable that is not set
 * or stands for an image of the same last name (`${MINION_IMAGE:-minion:local}` for ghcr.io/example/minion).
 * `postgres:16` and `${POSTGRES_IMAGE:-postgres:16}` keep their own.
 */
export function runsFleetImage(fleet: Pick<Fleet, "app">, service: Service): boolean {
  const written = service.image;
  if (typeof written !== "string") return false;
  const image = finalText(written, appResolver(fleet));
  const named = repositoryOf(image ?? "");
  if (named === fleet.app.image.repository) return true;
  if (!soleReference(parseTemplate(written))) return false;
  return !named || [lastName(fleet.app.image.repository), fleet.app.name].includes(lastName(named));
}

/** Names of the services that run the fleet's image, in the file's order. */
export function fleetServices(fleet: Pick<Fleet, "app">, compose: ComposeFile): string[] {
  return Object.entries(compose.services).flatMap(([name, service]) => (runsFleetImage(fleet, service) ? [name] : []));
}

/** An image without tag and digest. */
export function repositoryOf(image: string): string {
  const name = image.split("@", 1)[0] as string;
  return name.replace(/:[^:/]*$/, "");
}

function lastName(repository: string): string {
  return repository.slice(repository.lastIndexOf("/") + 1);
}

/** Services that a plain `docker compose up -d` starts, in the file's order: those in no profile and with at least one replica. */
export function longRunning(fleet: Pick<Fleet, "app">, compose: ComposeFile): string[] {
  const resolver = appResolver(fleet);
  return Object.entries(compose.services).flatMap(([name, service]) => (isStarted(service, resolver) ? [name] : []));
}

function isStarted(service: Service, resolver: Resolver): boolean {
  const deploy = service.deploy as { replicas?: Value } | undefined;
  const replicas = finalText(service.scale ?? deploy?.replicas ?? 1, resolver);
  return listOf(service.profiles).length === 0 && replicas !== "0";
}

/** The service that publishes the port which is probed. Undefined when none does, for which the rules have a message. */
export function healthService(fleet: Pick<Fleet, "app">, compose: ComposeFile): string | undefined {
  const port = fleet.app.ports[fleet.app.health.port];
  return port === undefined ? undefined : publishersOf(fleet, compose, port)[0];
}

/** Services that publish a container port. */
export function publishersOf(fleet: Pick<Fleet, "app">, compose: ComposeFile, port: number): string[] {
  const resolver = appResolver(fleet);
  return Object.entries(compose.services).flatMap(([name, service]) =>
    portEntries(service, resolver).some((entry) => publishes(entry, port)) ? [name] : [],
  );
}
