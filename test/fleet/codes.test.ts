// Invariant: the table of codes is the reference that users read, so it lists every code that can appear and none that cannot.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codes } from "../../src/fleet/codes.ts";

const source = join(import.meta.dirname, "../../src");
const files = globSync("**/*.ts", { cwd: source }).filter((file) => file !== "fleet/codes.ts");
const program = files.map((file) => readFileSync(join(source, file), "utf8")).join("\n");

/** Places where a code is written: a diagnostic's or complaint's `code`, and what the helpers that make them are called with. */
const places = [
  /\bcode: "(\w+)"/g,
  /\bwholeNumber\([^)]*?"([A-Z_]+)"/g,
  /\b(?:report|problem|unknownNames|pathDiagnostic)\([^")]*?"([A-Z_]+)"/g,
];
const used = new Set(
  places
    .flatMap((place) => [...program.matchAll(place)].map((match) => match[1] as string))
    .filter((code) => /^[A-Z]+(_[A-Z]+)+$/.test(code)),
);

test("every code that the program uses is in the table", () => {
  expect(used.size).toBeGreaterThan(50);
  expect([...used].filter((code) => !Object.hasOwn(codes, code))).toEqual([]);
});

test("every code of the table is used", () => {
  expect(Object.keys(codes).filter((code) => !program.includes(`"${code}"`))).toEqual([]);
});

test("codes stand in order, each with one sentence", () => {
  expect(Object.keys(codes)).toEqual(Object.keys(codes).toSorted());
  for (const sentence of Object.values(codes)) expect(sentence).toMatch(/^[A-Z`].*[^.]\.$/);
});
