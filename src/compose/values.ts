import {
  escapeText,
  parseTemplate,
  printTemplate,
  type Resolver,
  referencesOf,
  resolveTemplate,
  textOf,
} from "./variables.ts";

/** Plain YAML data of a compose file. */
export type Value = unknown;

export function isMapping(value: Value): value is Readonly<Record<string, Value>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every text in a value, keys left out: what Compose looks for variables in. */
export function textsOf(value: Value): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

/** Whether a value reads a variable that the overlay has to give a value. */
export function readsPinned(value: Value, resolver: Resolver): boolean {
  return textsOf(value).some(
    (text) => text.includes("$") && referencesOf(parseTemplate(text)).some(({ name }) => !resolver.keep(name)),
  );
}

/** The text as the overlay writes it: values in place, `$` doubled, kept references as they are. */
export function resolvedText(text: string, resolver: Resolver): string {
  return text.includes("$") ? printTemplate(resolveTemplate(parseTemplate(text), resolver)) : text;
}

/** A value with every text as the overlay writes it. */
export function resolvedValue<T extends Value>(value: T, resolver: Resolver): T {
  if (typeof value === "string") return resolvedText(value, resolver) as T;
  if (Array.isArray(value)) return value.map((item) => resolvedValue(item, resolver)) as T;
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolvedValue(item, resolver)])) as T;
}

/** A scalar's final value in a container, or undefined while a kept reference is left in it. */
export function finalText(value: Value, resolver: Resolver): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" ? textOf(resolveTemplate(parseTemplate(value), resolver)) : undefined;
}

/** Text of the definition as the overlay writes it. */
export const literal = escapeText;

/** The items of a field that may be a list; anything else has none. */
export function listOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [];
}
