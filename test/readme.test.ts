import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

// Invariant: what the documents show is what the code does, and their links lead somewhere.
// If this breaks, the first thing that a new user copies does not compile.

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("the README's definition is the golden fleet that its text names", () => {
  const readme = read("README.md");
  const [, path = "", shown] = /<!-- (\S+) -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(shown).toBe(read(path).replace('"../../../src/index.ts"', '"tenantry"'));
});

test.for(["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/ARCHITECTURE.md"])(
  "links of %s lead to files",
  (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(([, target]) => target as string);
    expect(links.filter((link) => !existsSync(join(root, dirname(file), link)))).toEqual([]);
  },
);

test("every command of the README that npm runs is a script of package.json", () => {
  const { scripts } = JSON.parse(read("package.json"));
  const named = [...`${read("README.md")}${read("CONTRIBUTING.md")}`.matchAll(/npm (?:run ([a-z:]+)|(test)\b)/g)];
  expect(named.length).toBeGreaterThan(2);
  for (const [, script, test] of named) expect(scripts).toHaveProperty([script ?? test ?? ""]);
});
