import { expect, test } from "vitest";
import { PINS, uses } from "../../src/workflows/pins.ts";
import { emit } from "../../src/yaml/emit.ts";

// Invariant: every third-party action is named by a full commit, with its version beside it. If this breaks, whoever moves
// a tag runs code with the deploy key.
test.each(Object.entries(PINS))("%s is a full commit and a full version", (action, { sha, version }) => {
  expect(action).toMatch(/^[\w.-]+\/[\w.-]+$/);
  expect(sha).toMatch(/^[0-9a-f]{40}$/);
  expect(version).toMatch(/^v\d+\.\d+\.\d+$/);
});

test("no two actions share a commit", () => {
  expect(new Set(Object.values(PINS).map(({ sha }) => sha)).size).toBe(Object.keys(PINS).length);
});

test("the version stands behind the commit as a comment", () => {
  const { sha, version } = PINS["actions/checkout"];
  expect(emit({ uses: uses("actions/checkout") })).toBe(`uses: actions/checkout@${sha} # ${version}\n`);
});

test("an action in a folder of its repository", () => {
  const { sha, version } = PINS["fluxcd/flux2"];
  expect(emit({ uses: uses("fluxcd/flux2", "action") })).toBe(`uses: fluxcd/flux2/action@${sha} # ${version}\n`);
});
