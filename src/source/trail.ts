import { type CallSite, callSiteOf } from "../fleet/call-site.ts";
import type { FieldRef } from "../fleet/diagnostic.ts";

/** How to find a field: the builder's call that is closest to it, and the way on from there. */
export interface Trail {
  readonly site: CallSite;
  readonly rest: readonly PropertyKey[];
}

/** Walks from the root along the path, as far as there are objects. Undefined when no builder made any of them. */
export function trailTo({ root, path }: FieldRef): Trail | undefined {
  let trail = siteTrail(root, path);
  let value: unknown = root;
  for (const [index, key] of path.entries()) {
    value = read(value, key);
    if (typeof value !== "object" || value === null) break;
    trail = siteTrail(value, path.slice(index + 1)) ?? trail;
  }
  return trail;
}

function siteTrail(object: object, rest: readonly PropertyKey[]): Trail | undefined {
  const site = callSiteOf(object);
  return site && { site, rest };
}

function read(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  try {
    return (value as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined; // a getter of the user's
  }
}
