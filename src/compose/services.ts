import type { ComposeFile } from "../fleet/compose-file.ts";
import { repositoryOf } from "../fleet/image.ts";
import type { Fleet, Installation } from "../fleet/installation.ts";
import { own } from "../fleet/own.ts";
import { portEntries, publishes } from "./ports.ts";
import { finalText, isMapping, listOf, type Value } from "./values.ts";
import { parseTemplate, type Resolver, soleReference } from "./variables.ts";

export type Service = Readonly<Record<string, Value>>;

/** What a reader of the compose file knows before any tenant is looked at: the app's values and the file's own defaults. */
export function appResolver(fleet: Pick<Fleet, "app">): Resolver {
  return envResolver(fleet, fleet.app.env);
}

/** The same with the values of an installation. */
export function envResolver({ app }: Pick<Fleet, "app">, env: Installation["env"]): Resolver {
  const kept = new Set([...app.secrets, ...app.optionalSecrets]);
  return { lookup: (name) => own(env, name), keep: (name) => kept.has(name) };
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
  if (named === repositoryOf(fleet.app.image.repository)) return true;
  if (!soleReference(parseTemplate(written))) return false;
  return !named || [lastName(fleet.app.image.repository), fleet.app.name].includes(lastName(named));
}

/**
 * Services whose image is thought to be the fleet's though another service is more likely to run it: the value of one variable names no
 * repository of the fleet's, and the other service has another variable or the repository itself.
 */
export function guessedServices(fleet: Pick<Fleet, "app">, compose: ComposeFile): string[] {
  const images = fleetServices(fleet, compose).map((name) => {
    const written = String(compose.services[name]?.image);
    const named = repositoryOf(finalText(written, appResolver(fleet)) ?? "");
    const sure = named === repositoryOf(fleet.app.image.repository);
    return { name, sure, variable: soleReference(parseTemplate(written))?.name };
  });
  const sureVariables = new Set(images.flatMap(({ sure, variable }) => (sure ? [variable] : [])));
  const guesses = images.filter(({ sure, variable }) => !sure && !sureVariables.has(variable));
  const meanings = new Set(guesses.map(({ variable }) => variable));
  return meanings.size + Math.min(sureVariables.size, 1) > 1 ? guesses.map(({ name }) => name) : [];
}

/** Names of the services that run the fleet's image, in the file's order. */
export function fleetServices(fleet: Pick<Fleet, "app">, compose: ComposeFile): string[] {
  return Object.entries(compose.services).flatMap(([name, service]) => (runsFleetImage(fleet, service) ? [name] : []));
}

function lastName(repository: string): string {
  return repository.slice(repository.lastIndexOf("/") + 1);
}

/** Services that a plain `docker compose up -d` starts, in the file's order: those in no profile and with at least one replica. */
export function longRunning(compose: ComposeFile, resolver: Resolver): string[] {
  return Object.entries(compose.services).flatMap(([name, service]) => (isStarted(service, resolver) ? [name] : []));
}

function isStarted(service: Service, resolver: Resolver): boolean {
  return listOf(service.profiles).length === 0 && replicasOf(service, resolver) !== 0;
}

/** Containers that Compose starts of a service; NaN while a kept variable hides the number. */
export function replicasOf(service: Service, resolver: Resolver): number {
  const deploy = isMapping(service.deploy) ? service.deploy : {};
  return Number(finalText(service.scale ?? deploy.replicas ?? 1, resolver) ?? Number.NaN);
}

/** The service that publishes the port which is probed. Undefined when none does, for which the rules have a message. */
export function healthService(fleet: Pick<Fleet, "app">, compose: ComposeFile): string | undefined {
  const port = own(fleet.app.ports, fleet.app.health.port);
  return port === undefined ? undefined : publishersOf(fleet, compose, port)[0];
}

/** Services that publish a container port. */
export function publishersOf(fleet: Pick<Fleet, "app">, compose: ComposeFile, port: number): string[] {
  const resolver = appResolver(fleet);
  return Object.entries(compose.services).flatMap(([name, service]) =>
    portEntries(service, resolver).some((entry) => publishes(entry, port)) ? [name] : [],
  );
}
