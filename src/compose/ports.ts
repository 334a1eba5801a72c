import { finalText, isMapping, listOf, resolvedValue, type Value } from "./values.ts";
import { parseTemplate, type Resolver, soleReference, splitTemplate } from "./variables.ts";

/** One entry of a service's `ports:` (https://docs.docker.com/reference/compose-file/services/#ports). */
export interface PortEntry {
  readonly written: Value;
  /** First and last container port; undefined when a kept variable hides it. */
  readonly target?: readonly [number, number];
  readonly protocol: string;
  /** The variable that alone is the port on the host. */
  readonly variable?: string;
  /** The server's address that it is published on, as written; all of them where there is none. */
  readonly hostIp?: string;
}

/** The entries of a service's `ports:`, read with the values that variables have. */
export function portEntries(service: Readonly<Record<string, Value>>, resolver: Resolver): PortEntry[] {
  return listOf(service.ports).map((written) =>
    isMapping(written) ? longEntry(written, resolver) : shortEntry(written, resolver),
  );
}

/** Whether the entry publishes this container port, and no other, over TCP. */
export function publishes(entry: PortEntry, port: number): boolean {
  return entry.protocol === "tcp" && entry.target?.[0] === port && entry.target[1] === port;
}

/** Whether the port is one of a range of several. */
export function publishesInRange(entry: PortEntry, port: number): boolean {
  if (entry.protocol !== "tcp" || !entry.target || publishes(entry, port)) return false;
  return entry.target[0] <= port && port <= entry.target[1];
}

/** The entry with another port on the host, in the form in which it was written. */
export function withHostPort(entry: PortEntry, port: number, resolver: Resolver): Value {
  if (isMapping(entry.written)) return { ...resolvedValue(entry.written, resolver), published: String(port) };
  const ip = entry.hostIp === undefined ? "" : `${entry.hostIp}:`;
  return `${ip}${port}:${entry.target?.[0]}${shortProtocol(entry)}`;
}

function shortProtocol({ written, protocol }: PortEntry): string {
  return typeof written === "string" && written.endsWith(`/${protocol}`) ? `/${protocol}` : "";
}

function shortEntry(written: Value, resolver: Resolver): PortEntry {
  const text = finalText(written, resolver);
  const match = text?.match(/^(?:(.*):)?(\d+)(?:-(\d+))?(?:\/([a-z]+))?$/);
  if (!match) return { written, protocol: "tcp" };
  const [, host, first, last = first, protocol = "tcp"] = match;
  const variable = hostVariable(written);
  const hostIp = host?.includes(":") ? host.slice(0, host.lastIndexOf(":")) : undefined;
  return {
    written,
    target: [Number(first), Number(last)],
    protocol,
    ...(variable === undefined ? {} : { variable }),
    ...(hostIp === undefined ? {} : { hostIp }),
  };
}

/** The variable in front of the last colon: `8080` of `127.0.0.1:${PORT:-8080}:80`. */
function hostVariable(written: Value): string | undefined {
  if (typeof written !== "string") return undefined;
  const host = splitTemplate(parseTemplate(written), ":").at(-2);
  return host && soleReference(host)?.name;
}

function longEntry(written: Readonly<Record<string, Value>>, resolver: Resolver): PortEntry {
  const target = Number(finalText(written.target, resolver) ?? Number.NaN);
  const published = written.published;
  const variable = typeof published === "string" ? soleReference(parseTemplate(published))?.name : undefined;
  const hostIp = finalText(written.host_ip, resolver);
  return {
    written,
    ...(Number.isInteger(target) ? { target: [target, target] as const } : {}),
    protocol: finalText(written.protocol, resolver) || "tcp",
    ...(variable === undefined ? {} : { variable }),
    ...(hostIp ? { hostIp } : {}),
  };
}
