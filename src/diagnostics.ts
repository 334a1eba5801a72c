import { stripVTControlCharacters, styleText } from "node:util";
import type { LocatedDiagnostic } from "./fleet/diagnostic.ts";
import { sentence } from "./fleet/words.ts";
import { placeText } from "./source/locate.ts";

export interface FormatOptions {
  /** Colours for a terminal. */
  readonly color: boolean;
}

/**
 * A diagnostic as a person reads it:
 *
 *     servers/production.ts:14:16 PORT_TAKEN: "acme" and "globex" both publish port 18789 on server "east".
 *       also: servers/production.ts:9:16
 *       fix:  give "globex" another gateway port; 18889 is the next free one on "east".
 */
export function formatDiagnostic(diagnostic: LocatedDiagnostic, { color }: FormatOptions): string {
  const { at, code, severity, message, also, fix } = diagnostic;
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text;
  const place = at ? `${style("bold", placeText(at))} ` : "";
  const warning = severity === "warning" ? "warning: " : "";
  const lines = [
    `${place}${style(severity === "error" ? "red" : "yellow", code)}: ${warning}${sentence(plain(message))}`,
    ...also.map((site) => `  also: ${placeText(site)}`),
    `  fix:  ${sentence(plain(fix))}`,
  ];
  return lines.join("\n");
}

/** Values in a message are escaped where it is made; this keeps a terminal safe from one that was not. */
function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\p{Cc}+/gu, " ")
    .trim();
}

/** `10 errors, 1 warning. Nothing was written.`, or nothing when there is nothing to say. */
export function summarize(diagnostics: readonly LocatedDiagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const warnings = diagnostics.length - errors;
  const parts = [...count(errors, "error"), ...count(warnings, "warning")];
  if (parts.length === 0) return "";
  return `${parts.join(", ")}.${errors > 0 ? " Nothing was written." : ""}`;
}

function count(number: number, word: string): string[] {
  return number === 0 ? [] : [`${number} ${word}${number === 1 ? "" : "s"}`];
}

/** More than a person reads at once: a mistake in a loop can be one of each of 10,000 tenants. */
const SHOWN = 100;

/** The diagnostics and the summary, ready to print; empty when there is nothing to say. Of many, the first 100, errors first. */
export function formatDiagnostics(diagnostics: readonly LocatedDiagnostic[], options: FormatOptions): string {
  if (diagnostics.length === 0) return "";
  const left = diagnostics.length - SHOWN;
  const shown = left > 0 ? errorsFirst(diagnostics).slice(0, SHOWN) : diagnostics;
  const more = left > 0 ? [`… and ${left} more.`] : [];
  return [...shown.map((each) => formatDiagnostic(each, options)), ...more, summarize(diagnostics)].join("\n");
}

/** So that warnings do not take the room of what stops the compile. */
function errorsFirst(diagnostics: readonly LocatedDiagnostic[]): readonly LocatedDiagnostic[] {
  return diagnostics.toSorted((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"));
}
