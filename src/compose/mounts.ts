import { finalText, isMapping, listOf, literal, resolvedText, resolvedValue, type Value } from "./values.ts";
import { parseTemplate, type Resolver, soleReference, splitTemplate } from "./variables.ts";

/** One entry of a service's `volumes:` (https://docs.docker.com/reference/compose-file/services/#volumes). */
export interface MountEntry {
  readonly written: Value;
  /** Path in the container, without a trailing slash; undefined when a kept variable hides it. */
  readonly target?: string;
  /** The variable that alone is the path on the host. */
  readonly variable?: string;
}

/** The entries of a service's `volumes:`, read with the values that variables have. */
export function mountEntries(service: Readonly<Record<string, Value>>, resolver: Resolver): MountEntry[] {
  return listOf(service.volumes).map((written) =>
    isMapping(written) ? longEntry(written, resolver) : shortEntry(written, resolver),
  );
}

/** The entry as a bind mount of another path on the host, in the form in which it was written. */
export function withSource(entry: MountEntry, path: string, resolver: Resolver): Value {
  const { written } = entry;
  if (isMapping(written)) {
    const { type: _type, source: _source, target, volume: _volume, ...rest } = resolvedValue(written, resolver);
    return { type: "bind", source: literal(path), target, ...rest };
  }
  const pieces = resolvedText(String(written), resolver).split(":");
  const mode = pieces.length > 2 ? `:${pieces.slice(2).join(":")}` : "";
  return `${literal(path)}:${literal(entry.target ?? "")}${mode}`;
}

function shortEntry(written: Value, resolver: Resolver): MountEntry {
  const text = finalText(written, resolver);
  if (typeof written !== "string" || text === undefined) return { written };
  const pieces = text.split(":");
  const target = trimSlash(pieces[1] ?? pieces[0] ?? "");
  const source = splitTemplate(parseTemplate(written), ":");
  const variable = source.length > 1 && source[0] ? soleReference(source[0])?.name : undefined;
  return { written, target, ...(variable === undefined ? {} : { variable }) };
}

function longEntry(written: Readonly<Record<string, Value>>, resolver: Resolver): MountEntry {
  if (written.type === "tmpfs") return { written };
  const target = finalText(written.target, resolver);
  const source = written.source;
  const variable = typeof source === "string" ? soleReference(parseTemplate(source))?.name : undefined;
  return {
    written,
    ...(target === undefined ? {} : { target: trimSlash(target) }),
    ...(variable === undefined ? {} : { variable }),
  };
}

function trimSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}
