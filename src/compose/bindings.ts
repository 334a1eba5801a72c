import type { ComposeFile } from "../fleet/compose-file.ts";
import { containerName, type Fleet, type Installation } from "../fleet/installation.ts";
import { mountEntries } from "./mounts.ts";
import { portEntries, publishes } from "./ports.ts";
import { runsFleetImage, type Service } from "./services.ts";
import type { Value } from "./values.ts";
import { parseTemplate, type Resolver, referencesOf, soleReference, splitTemplate } from "./variables.ts";

/** What a definition says by itself, without `env`. */
export type Meaning =
  | { readonly kind: "image" }
  | { readonly kind: "platform" }
  | { readonly kind: "container"; readonly service: string }
  | { readonly kind: "port"; readonly port: string }
  | { readonly kind: "data"; readonly data: string };

/** A variable of the compose file that stands alone where the definition has a value of its own. */
export interface Binding {
  readonly variable: string;
  readonly meaning: Meaning;
}

/** Every binding of a compose file, in the file's order. A variable may have several. */
export function bindingsOf(fleet: Pick<Fleet, "app">, compose: ComposeFile, resolver: Resolver): Binding[] {
  const containerSide = containerSideVariables(compose);
  return Object.entries(compose.services)
    .flatMap(([name, service]) => serviceBindings(fleet, name, service, resolver))
    .filter(({ variable }) => !containerSide.has(variable));
}

function serviceBindings(fleet: Pick<Fleet, "app">, name: string, service: Service, resolver: Resolver): Binding[] {
  const ours = runsFleetImage(fleet, service);
  return [
    ...(ours ? bind(soleVariable(service.image), { kind: "image" }) : []),
    ...bind(soleVariable(service.container_name), { kind: "container", service: name }),
    ...(ours ? bind(soleVariable(service.platform), { kind: "platform" }) : []),
    ...portEntries(service, resolver).flatMap((entry) =>
      Object.entries(fleet.app.ports).flatMap(([port, number]) =>
        publishes(entry, number) ? bind(entry.variable, { kind: "port", port }) : [],
      ),
    ),
    ...mountEntries(service, resolver).flatMap((entry) =>
      Object.entries(fleet.app.data).flatMap(([data, { mount }]) =>
        entry.target === mount ? bind(entry.variable, { kind: "data", data }) : [],
      ),
    ),
  ];
}

function bind(variable: string | undefined, meaning: Meaning): Binding[] {
  return variable === undefined ? [] : [{ variable, meaning }];
}

function soleVariable(value: Value): string | undefined {
  return typeof value === "string" ? soleReference(parseTemplate(value))?.name : undefined;
}

/**
 * Variables that name a port inside the container, as in `"${PORT}:${PORT}"`: what the host's port is says nothing about them.
 */
function containerSideVariables(compose: ComposeFile): Set<string> {
  const ports = Object.values(compose.services).flatMap((service) => {
    const entries = service.ports;
    return Array.isArray(entries) ? entries : [];
  });
  const targets = ports.flatMap((entry) => {
    const target = typeof entry === "object" && entry !== null ? (entry as { target?: unknown }).target : entry;
    return typeof target === "string" ? [splitTemplate(parseTemplate(target), ":").at(-1) ?? []] : [];
  });
  return new Set(targets.flatMap(referencesOf).map(({ name }) => name));
}

/** The value that a binding has in an installation; undefined for a service, port or data directory that it does not have. */
export function boundValue(fleet: Fleet, installation: Installation, meaning: Meaning): string | undefined {
  switch (meaning.kind) {
    case "image":
      return installation.image.repository;
    case "platform":
      return installation.target.platform;
    case "container":
      return containerName(fleet, installation, meaning.service);
    case "port":
      return installation.ports[meaning.port]?.toString();
    case "data":
      return installation.data.find(({ name }) => name === meaning.data)?.path;
    default:
      return meaning satisfies never;
  }
}
