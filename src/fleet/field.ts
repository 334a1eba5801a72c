import type { FieldRef } from "./diagnostic.ts";

/** What stands at a path of a definition as the user wrote it; undefined where the path leads nowhere. */
export function valueAt(root: object, path: readonly PropertyKey[]): unknown {
  let value: unknown = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** The innermost object on the way to a field, and the rest of the way. */
export interface Place {
  readonly holder: object;
  readonly rest: string;
}

/** Two fields are one place when the same object holds them, as a server that many tenants share does. */
export function placeOf({ root, path }: FieldRef): Place {
  let holder = root;
  let depth = 0;
  while (depth < path.length - 1) {
    const next = valueAt(holder, [path[depth] as PropertyKey]);
    if (typeof next !== "object" || next === null) break;
    holder = next;
    depth++;
  }
  return { holder, rest: path.slice(depth).map(String).join("\0") };
}

/** Values by place, in the order of their first appearance. */
export class ByPlace<T> {
  readonly #groups = new Map<object, Map<string, T>>();

  /** The place's value, made by `make` when the place is new. */
  at(field: FieldRef, make: () => T, detail = ""): T {
    const { holder, rest } = placeOf(field);
    const key = `${detail}\0${rest}`;
    const places = this.#groups.get(holder) ?? new Map<string, T>();
    this.#groups.set(holder, places);
    const known = places.get(key);
    if (known !== undefined) return known;
    const made = make();
    places.set(key, made);
    return made;
  }
}
