// Invariant: a message reads as the documentation says, so that editors and people can jump to `file:line:column`.
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { formatDiagnostic, formatDiagnostics, summarize } from "../../src/diagnostics.ts";
import type { LocatedDiagnostic } from "../../src/fleet/diagnostic.ts";

const error: LocatedDiagnostic = {
  code: "PORT_TAKEN",
  severity: "error",
  message: '"acme" and "globex" both publish port 18789 on server "east".',
  fix: 'give "globex" another gateway port; 18889 is the next free one on "east".',
  at: { file: "servers/production.ts", line: 14, column: 16 },
  also: [{ file: "servers/production.ts", line: 9, column: 16 }],
};
const warning: LocatedDiagnostic = {
  ...error,
  code: "HOST_KEYS_UNKNOWN",
  severity: "warning",
  message: "m",
  fix: "f?",
  at: undefined,
  also: [],
};

test("a diagnostic says where, what and the fix", () => {
  expect(
    formatDiagnostic(error, { color: false }),
  ).toBe(`servers/production.ts:14:16 PORT_TAKEN: "acme" and "globex" both publish port 18789 on server "east".
  also: servers/production.ts:9:16
  fix:  give "globex" another gateway port; 18889 is the next free one on "east".`);
  expect(formatDiagnostic(warning, { color: false })).toBe("HOST_KEYS_UNKNOWN: warning: m.\n  fix:  f?");
});

test("colour changes nothing but colour", () => {
  const coloured = formatDiagnostic(error, { color: true });
  expect(coloured).toContain("\u001b[31mPORT_TAKEN\u001b[39m");
  expect(stripVTControlCharacters(coloured)).toBe(formatDiagnostic(error, { color: false }));
});

test("a message cannot move the cursor or start a line", () => {
  const text = formatDiagnostic({ ...error, message: "a\u001b[2Jb\nc\u0007", also: [] }, { color: false });
  expect(text.split("\n")[0]).toBe("servers/production.ts:14:16 PORT_TAKEN: ab c.");
});

test.each([
  [10, 1, "10 errors, 1 warning. Nothing was written."],
  [1, 0, "1 error. Nothing was written."],
  [0, 2, "2 warnings."],
  [0, 0, ""],
])("%i errors and %i warnings: %s", (errors, warnings, summary) => {
  const all = [...Array<LocatedDiagnostic>(errors).fill(error), ...Array<LocatedDiagnostic>(warnings).fill(warning)];
  expect(summarize(all)).toBe(summary);
  expect(formatDiagnostics(all, { color: false }).endsWith(summary)).toBe(true);
});

// A rule that fails for each of 10,000 tenants would print megabytes.
test("of more than 100 the first are shown, errors before warnings, and the rest are counted", () => {
  const all = [...Array<LocatedDiagnostic>(150).fill(warning), ...Array<LocatedDiagnostic>(99).fill(error), error];
  const text = formatDiagnostics(all, { color: false });
  expect(text.match(/PORT_TAKEN/g)).toHaveLength(100);
  expect(text).not.toContain("HOST_KEYS_UNKNOWN");
  expect(text.split("\n").slice(-2)).toEqual(["… and 150 more.", "100 errors, 150 warnings. Nothing was written."]);
  expect(formatDiagnostics(all.slice(-100), { color: false })).not.toContain("more.");
});
