import type { ComposeFile } from "../fleet/compose-file.ts";
import type { Fleet, Installation } from "../fleet/installation.ts";
import { generatedFrom } from "../header.ts";
import { emit } from "../yaml/emit.ts";
import { blankBefore, commented, tagged, type YamlMap, type YamlNode } from "../yaml/node.ts";
import { containerNames } from "./container-names.ts";
import { mountEntries, withSource } from "./mounts.ts";
import { pins } from "./pins.ts";
import { portEntries, publishes, withHostPort } from "./ports.ts";
import { otherFields } from "./read.ts";
import { restated, restatedEnvironment } from "./restate.ts";
import { runsFleetImage, type Service } from "./services.ts";
import { isMapping, resolvedValue, type Value } from "./values.ts";
import type { Resolver } from "./variables.ts";

/** Stands for the release's digest in the overlay. Nothing can be pulled under it, so an overlay that was not filled in starts nothing. */
export const placeholderDigest = `sha256:${"0".repeat(64)}`;

interface Context {
  readonly fleet: Fleet;
  readonly installation: Installation;
  readonly resolver: Resolver;
  readonly containers: ReadonlyMap<string, string>;
}

/**
 * The `docker-compose.override.yml` of an installation. Compose merges it over the app's own file, which stays as it is; whatever of that
 * file reads a variable is said again here with its value, except declared secrets, so the server's `.env` can change nothing else.
 * `source` is what the header names as the place to change.
 */
export function overlay(
  fleet: Fleet,
  installation: Installation,
  compose: ComposeFile,
  source = "the fleet's definition",
): string {
  const resolver = pins(fleet, installation, compose);
  const context = { fleet, installation, resolver, containers: containerNames(fleet, installation, compose) };
  const services = Object.entries(compose.services).map(([name, service]) => [
    name,
    blankBefore(definedOnly(overlayService(context, name, service))),
  ]);
  const others = Object.entries(otherFields(compose)).map(
    ([key, value]) => [key, restated(key, value, context.resolver)] as const,
  );
  const document = {
    name: installation.project,
    services: blankBefore(Object.fromEntries(services)),
    ...Object.fromEntries(others.flatMap(([key, node]) => (node === undefined ? [] : [[key, blankBefore(node)]]))),
  };
  return emit(document, { header: header(installation, compose, source) });
}

function header(installation: Installation, compose: ComposeFile, source: string): string[] {
  return [
    ...generatedFrom(source),
    `Tenant ${installation.tenant}, over ${compose.path}. Compose reads this by itself beside docker-compose.yml.`,
    "Ports, names, paths and settings stand here as text; of the server's .env only the declared secrets count.",
    "No health check of Docker's own is added: the image need not hold a tool for one. The deploy probes from outside.",
  ];
}

function overlayService(context: Context, name: string, service: Service): Record<string, YamlNode | undefined> {
  const ours = runsFleetImage(context.fleet, service);
  return {
    ...otherServiceFields(context.resolver, service),
    ...(ours ? imageFields(context, service) : {}),
    container_name: context.containers.get(name),
    ports: portsField(context, service),
    volumes: volumesField(context, service),
    environment: restatedEnvironment(service.environment, context.resolver),
    ...(ours ? { stop_grace_period: `${context.fleet.app.drainSeconds}s` } : {}),
    labels: labelsField(context, service),
    logging: loggingField(context.resolver, service),
  };
}

/** Fields of which the definition says nothing, as far as they read a variable. */
function otherServiceFields(resolver: Resolver, service: Service): Record<string, YamlNode | undefined> {
  const ownFields = ["container_name", "ports", "volumes", "environment", "labels", "logging"];
  const fields = Object.entries(service).filter(([key]) => !ownFields.includes(key) && !key.startsWith("x-"));
  return Object.fromEntries(fields.map(([key, value]) => [key, restated(key, value, resolver)]));
}

function imageFields({ installation }: Context, service: Service): Record<string, YamlNode | undefined> {
  return {
    image: commented(
      "The server puts the release's digest here.",
      `${installation.image.repository}@${placeholderDigest}`,
    ),
    ...(service.build === undefined
      ? {}
      : { build: commented("Else Compose would build an image that cannot be pulled.", tagged("!reset", null)) }),
    ...(service.platform === undefined ? {} : { platform: installation.target.platform }),
  };
}

function portsField({ fleet, installation, resolver }: Context, service: Service): YamlNode | undefined {
  const entries = portEntries(service, resolver);
  const ports = entries.map((entry): Value => {
    const name = Object.keys(fleet.app.ports).find((port) => publishes(entry, fleet.app.ports[port] as number));
    const number = name === undefined ? undefined : installation.ports[name];
    return number === undefined ? resolvedValue(entry.written, resolver) : withHostPort(entry, number, resolver);
  });
  return ports.length === 0 ? undefined : tagged("!override", ports as YamlNode);
}

function volumesField({ installation, resolver }: Context, service: Service): YamlNode | undefined {
  const entries = mountEntries(service, resolver);
  const volumes = entries.map((entry): Value => {
    const data = installation.data.find(({ mount }) => mount === entry.target);
    return data ? withSource(entry, data.path, resolver) : resolvedValue(entry.written, resolver);
  });
  return volumes.length === 0 ? undefined : tagged("!override", volumes as YamlNode);
}

/** Labels that say whose container it is, for people, `docker ps --filter` and pruning. */
function labelsField({ fleet, installation, resolver }: Context, service: Service): YamlNode {
  const ours = { "tenantry.fleet": fleet.name, "tenantry.tenant": installation.tenant, "tenantry.id": installation.id };
  const theirs = restated("labels", service.labels, resolver);
  if (theirs === undefined) return ours;
  if (isMapping(service.labels)) return { ...(theirs as YamlMap), ...ours };
  const list = resolvedValue(service.labels, resolver) as string[];
  return tagged("!override", [...list, ...Object.entries(ours).map(([key, value]) => `${key}=${value}`)]);
}

/** Docker's default keeps a container's whole log for ever, on the disk that all tenants share. */
function loggingField(resolver: Resolver, service: Service): YamlNode | undefined {
  if (service.logging !== undefined) return restated("logging", service.logging, resolver);
  return { driver: "json-file", options: { "max-size": "10m", "max-file": "5" } };
}

function definedOnly(fields: Record<string, YamlNode | undefined>): YamlMap {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
