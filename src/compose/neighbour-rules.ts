import { posix } from "node:path";
import type { Diagnostic } from "../fleet/diagnostic.ts";
import type { Installation } from "../fleet/installation.ts";
import { machineKey } from "../fleet/machine.ts";
import { tenantsNamed } from "../fleet/words.ts";
import { containerNames } from "./container-names.ts";
import { mountEntries } from "./mounts.ts";
import { pins } from "./pins.ts";
import { allFields } from "./read.ts";
import { installationsOf, labelOf, type RuleContext, report } from "./rule.ts";
import { finalText, isMapping, type Value } from "./values.ts";
import type { Resolver } from "./variables.ts";

/** Something on a server that an installation takes for itself, as its compose file and the definition name it. */
interface Claim {
  readonly context: RuleContext;
  readonly installation: Installation;
  readonly kind: "container" | "volume" | "network" | "bind";
  readonly name: string;
  /** For a container. */
  readonly service?: string;
}

type PartyOf = (claim: Claim) => unknown;

/** What two tenants of a fleet would share on one server. A tenant's forms in two phases never stand beside each other. */
export function sharedWithinFleet(context: RuleContext): Diagnostic[] {
  return sharedBetween([context], ({ installation }) => installation.tenant);
}

/** What tenants of two fleets would share on one server. What one fleet's tenants share among themselves is not said again. */
export function sharedBetweenFleets(contexts: readonly RuleContext[]): Diagnostic[] {
  return contexts.length < 2 ? [] : sharedBetween(contexts, ({ context }) => context);
}

function sharedBetween(contexts: readonly RuleContext[], partyOf: PartyOf): Diagnostic[] {
  const groups = Map.groupBy(contexts.flatMap(claimsOf), ({ context, installation, kind, name }) =>
    [machineKey(context.fleet, installation), kind, name].join("\0"),
  );
  return [...groups.values()].flatMap((group) => {
    const kind = group[0]?.kind as Claim["kind"];
    if (kind === "container") return containerTaken(group, partyOf);
    const parties = [...Map.groupBy(group, partyOf).values()].map(([claim]) => claim as Claim);
    return parties.length > 1 ? [shared(parties, kind)] : [];
  });
}

function claimsOf(context: RuleContext): Claim[] {
  const shares = mayShare(context.compose);
  return installationsOf(context.fleet).flatMap((installation) => {
    const containers = [...containerNames(context.fleet, installation, context.compose)];
    const resolver = shares ? pins(context.fleet, installation, context.compose) : undefined;
    return [
      ...containers.map(([service, name]): Claim => ({ context, installation, kind: "container", name, service })),
      ...(resolver ? claimsOnShared(context, installation, resolver) : []),
    ];
  });
}

/** Whether a file has anything that tenants could share. One that has nothing need not be read for every tenant. */
function mayShare(compose: RuleContext["compose"]): boolean {
  const { volumes, networks } = allFields(compose);
  const named = [volumes, networks].some((entries) => isMapping(entries) && Object.values(entries).some(isMapping));
  return named || Object.values(compose.services).some(({ volumes: mounts }) => mounts !== undefined);
}

function claimsOnShared(context: RuleContext, installation: Installation, resolver: Resolver): Claim[] {
  const { volumes, networks } = allFields(context.compose);
  const claim = (kind: Claim["kind"]) => (name: string) => ({ context, installation, kind, name });
  const binds = Object.values(context.compose.services).flatMap((service) =>
    mountEntries(service, resolver).flatMap((entry) =>
      installation.data.some(({ mount }) => mount === entry.target) ? [] : writableBind(entry.written, resolver),
    ),
  );
  return [
    ...fixedNames(volumes, resolver).map(claim("volume")),
    ...fixedNames(networks, resolver).map(claim("network")),
    ...[...binds, ...devices(volumes, resolver)].map((path) => claim("bind")(placeOf(path, installation))),
  ];
}

/** Volumes and networks whose name is not put behind the Compose project's. */
function fixedNames(entries: Value, resolver: Resolver): string[] {
  return mappingsOf(entries).flatMap(([key, entry]) => {
    const legacy = isMapping(entry.external) ? entry.external.name : undefined;
    const name = finalText(entry.name ?? legacy, resolver);
    if (name) return [name];
    return entry.external === undefined || finalText(entry.external, resolver) === "false" ? [] : [key];
  });
}

/** Directories of the server behind named volumes. */
function devices(entries: Value, resolver: Resolver): string[] {
  return mappingsOf(entries).flatMap(([, { driver_opts: options }]) => {
    if (!isMapping(options) || finalText(options.type, resolver) === "tmpfs") return [];
    const device = finalText(options.device, resolver);
    const isReadOnly = finalText(options.o, resolver)?.split(",").includes("ro") ?? false;
    return device === undefined || isReadOnly || isPartOfSystem(device) ? [] : [device];
  });
}

function mappingsOf(entries: Value): [string, Readonly<Record<string, Value>>][] {
  if (!isMapping(entries)) return [];
  return Object.entries(entries).flatMap(([key, entry]) => (isMapping(entry) ? [[key, entry]] : []));
}

/** The path on the server of a bind mount that the container may write to; none for a volume's name. */
function writableBind(written: Value, resolver: Resolver): string[] {
  if (isMapping(written)) {
    const isReadOnly = finalText(written.read_only, resolver) === "true";
    return isReadOnly || written.type !== "bind" ? [] : pathOf(finalText(written.source, resolver));
  }
  const [source, target, mode = ""] = finalText(written, resolver)?.split(":") ?? [];
  return target === undefined || mode.split(",").includes("ro") ? [] : pathOf(source);
}

function pathOf(source: string | undefined): string[] {
  return source !== undefined && /^[/.~]/.test(source) && !isPartOfSystem(source) ? [source] : [];
}

/** Sockets, devices and the system's own files, which are there for all. */
function isPartOfSystem(path: string): boolean {
  return (
    path.endsWith(".sock") ||
    /^\/(?:dev|proc|sys|run|var\/run|usr|bin|sbin|lib|lib64)(?:\/|$)|^\/etc\/(?:localtime|timezone)$/.test(path)
  );
}

/** A bind mount's path as the server sees it; `~` with the account whose home it is. */
function placeOf(path: string, { deploymentPath, target }: Installation): string {
  const place = path.startsWith("~") ? `/~${target.user.literal ?? target.user.secret}${path.slice(1)}` : path;
  // With the root in front, `resolve` never falls back on the process's own folder.
  return posix.resolve("/", deploymentPath, place).replace(/^\/~/, "~");
}

/** Names made of prefixes are PREFIX_TAKEN. */
function containerTaken(claims: readonly Claim[], partyOf: PartyOf): Diagnostic[] {
  const [holder, ...others] = claims as [Claim, ...Claim[]];
  return others
    .filter((claim) => partyOf(claim) !== partyOf(holder) && (isKept(claim) || isKept(holder)))
    .map((claim) => ({
      ...report(
        claim.context.definition,
        "CONTAINER_TAKEN",
        nameField(claim),
      )(
        `${named(holder, claim)} and ${named(claim)} both name a container "${claim.name}" on server "${claim.installation.target.server}"`,
        `give service "${claim.service}" of ${named(claim)} another container name`,
      ),
      also: [{ root: holder.context.definition, path: nameField(holder) }],
    }));
}

function isKept({ installation, service = "" }: Claim): boolean {
  return Object.hasOwn(installation.containers, service);
}

function nameField(claim: Claim): PropertyKey[] {
  const { tenant, phase } = claim.installation;
  if (isKept(claim)) return ["tenants", tenant, "containers", claim.service ?? ""];
  return phase === "single" ? ["phases", "single", "prefix"] : ["tenants", tenant, "prefix"];
}

const sharing = {
  volume: {
    code: "VOLUME_TAKEN",
    so: "what one writes, the other reads",
    fix: "leave out its name and external, so that each Compose project has a volume of its own",
  },
  network: {
    code: "NETWORK_TAKEN",
    so: "one would reach the other's containers",
    fix: "leave out its name and external, so that each Compose project has a network of its own",
  },
  bind: {
    code: "BIND_TAKEN",
    so: "what one writes, the other reads",
    fix: "declare it in the app's data, which gives each tenant a directory of its own, or mount it read-only",
  },
} as const;

function shared(parties: readonly Claim[], kind: keyof typeof sharing): Diagnostic {
  const [first, ...others] = parties as [Claim, ...Claim[]];
  const last = others.at(-1) as Claim;
  const { code, so, fix } = sharing[kind];
  const { definition, compose } = last.context;
  const who = tenantsNamed(parties.map((claim) => named(claim, first === claim ? last : first)));
  return {
    ...report(definition, code, ["app", "compose"])(
      `${kind === "bind" ? "directory" : kind} "${last.name}" of ${compose.path} would be one for ${who} on server "${last.installation.target.server}": ${so}`,
      fix,
    ),
    ...(first.context === last.context ? {} : { also: [{ root: first.context.definition, path: ["app", "compose"] }] }),
  };
}

/** A tenant, with its fleet where that is not the other's. */
function named({ context, installation }: Claim, beside?: Claim): string {
  const label = labelOf(context.definition, installation);
  return beside && beside.context !== context ? `${label} of fleet "${context.fleet.name}"` : label;
}
