import { tagged, type YamlNode } from "../yaml/node.ts";
import { passedThrough } from "./pins.ts";
import { isMapping, readsPinned, resolvedText, resolvedValue, type Value } from "./values.ts";
import type { Resolver } from "./variables.ts";

/** Lists that Compose replaces by itself when files are merged (https://docs.docker.com/reference/compose-file/merge/#exceptions). */
const replacedLists = ["command", "entrypoint", "test"];

/**
 * What the overlay has to say about a field so that no undeclared variable of `.env` reaches it: the whole text or list, or the keys of a
 * mapping that read one. Undefined when the field reads none.
 */
export function restated(key: string, value: Value, resolver: Resolver): YamlNode | undefined {
  if (!readsPinned(value, resolver)) return undefined;
  if (!isMapping(value)) {
    const resolved = resolvedValue(value, resolver) as YamlNode;
    // Compose adds an overlay's list to the file's own; `!override` replaces it.
    return Array.isArray(value) && !replacedLists.includes(key) ? tagged("!override", resolved) : resolved;
  }
  const entries = Object.entries(value).map(([name, item]) => [name, restated(name, item, resolver)] as const);
  return Object.fromEntries(entries.filter(([name, item]) => item !== undefined && !name.startsWith("x-")));
}

/** The variables of a container that the overlay has to say, as a mapping: Compose merges it by name with a list, too. */
export function restatedEnvironment(environment: Value, resolver: Resolver): YamlNode | undefined {
  const passed = passedThrough(environment).flatMap(({ name }) => {
    const value = resolver.keep(name) ? undefined : resolver.lookup(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const read = assignments(environment).filter(([, value]) => readsPinned(value, resolver));
  const entries = [
    ...read.map(([name, value]) => [name, resolvedText(value, resolver)] as const),
    ...passed.map(([name, value]) => [name, value.replaceAll("$", "$$$$")] as const),
  ];
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** `NAME=value` of a list, or name and value of a mapping, where the value is text. */
function assignments(environment: Value): [string, string][] {
  if (isMapping(environment)) {
    return Object.entries(environment).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
  }
  if (!Array.isArray(environment)) return [];
  return environment.flatMap((item): [string, string][] => {
    const equals = typeof item === "string" ? item.indexOf("=") : -1;
    return equals < 1 ? [] : [[item.slice(0, equals), item.slice(equals + 1)]];
  });
}
