import type { CallSite } from "../fleet/call-site.ts";
import type { Diagnostic, FieldRef, LocatedDiagnostic } from "../fleet/diagnostic.ts";
import { trailTo } from "./trail.ts";

/**
 * Finds each diagnostic's fields in their files, sorted by place; one code at one place is kept once. Paths are relative to
 * `projectDirectory`. Never throws: where the field cannot be found it is the builder's call, and `at` is undefined when no builder
 * was called at all. The TypeScript parser is loaded only when there is something to find.
 */
export async function locate(
  diagnostics: readonly Diagnostic[],
  projectDirectory: string,
): Promise<LocatedDiagnostic[]> {
  if (diagnostics.length === 0) return [];
  const { positions } = await import("./position.ts");
  const positionOf = positions(projectDirectory);
  const find = (field: FieldRef): CallSite | undefined => {
    const trail = trailTo(field);
    return trail && positionOf(trail);
  };
  const located = diagnostics.map(({ field, also = [], ...rest }) => {
    const at = find(field);
    return { ...rest, at, also: others(at, also.map(find)) };
  });
  return unique(located.toSorted(byPlace));
}

/** The other places, each once and without the diagnostic's own. */
function others(at: CallSite | undefined, sites: readonly (CallSite | undefined)[]): CallSite[] {
  const seen = new Set([placeText(at)]);
  return sites.filter((site): site is CallSite => {
    const text = placeText(site);
    if (site === undefined || seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

/** `servers/production.ts:14:7`. */
export function placeText(site: CallSite | undefined): string {
  return site ? `${site.file}:${site.line}:${site.column}` : "";
}

function byPlace(a: LocatedDiagnostic, b: LocatedDiagnostic): number {
  if (!a.at || !b.at) return Number(!a.at) - Number(!b.at);
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1;
  return a.at.line - b.at.line || a.at.column - b.at.column;
}

function unique(diagnostics: readonly LocatedDiagnostic[]): LocatedDiagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, at, message }) => {
    // In a loop many rows share one place: there only the message tells them apart.
    const key = `${code} ${placeText(at)} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
