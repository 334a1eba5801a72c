import { show } from "./checks.ts";

/** `"a"`, `"a" and "b"`, `"a", "b", "c" and 297 more`: what a message can hold of a long list. */
export function list(names: readonly string[]): string {
  const shown = names.length <= 4 ? names : names.slice(0, 3);
  const last = names.length > shown.length ? `${names.length - shown.length} more` : shown.at(-1);
  const first = names.length > shown.length ? shown : shown.slice(0, -1);
  return first.length === 0 ? `${last}` : `${first.join(", ")} and ${last}`;
}

/** `tenant "a"` or `tenants "a" and "b"`. */
export function tenantsNamed(labels: readonly string[]): string {
  return `${labels.length === 1 ? "tenant" : "tenants"} ${list(labels)}`;
}

/** A tenant as messages call it: its key, and the row that its values come from. */
export function tenantLabel(key: string, tenant: unknown): string {
  const source = typeof tenant === "object" && tenant !== null ? (tenant as { source?: unknown }).source : undefined;
  return typeof source === "string" ? `${show(key)} (${show(source).slice(1, -1)})` : show(key);
}

/** With a full stop at its end. */
export function sentence(words: string): string {
  return /[.?!…]$/.test(words) ? words : `${words}.`;
}
