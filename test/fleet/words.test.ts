// Invariant: a message stays one readable line, whatever number of names it holds.
import { expect, test } from "vitest";
import { callSiteOf, noteCallSite } from "../../src/fleet/call-site.ts";
import { nearest } from "../../src/fleet/nearest.ts";
import { list } from "../../src/fleet/words.ts";

test.each([
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c", "d"], "a, b, c and d"],
  [["a", "b", "c", "d", "e"], "a, b, c and 2 more"],
])("%j reads %s", (names, text) => expect(list(names)).toBe(text));

test.each([
  ["prots", "ports"],
  ["Host", "host"],
  ["hostkeys", "hostKeys"],
  ["zzz", undefined],
  ["", undefined],
])("%s is near %s", (word, meant) => expect(nearest(word, ["ports", "host", "hostKeys", "via"])).toBe(meant));

// Invariant: a call's place is read from the stack whatever the folder is called.
test.each([
  ["    at file:///a/b.ts:3:9", "file:///a/b.ts"],
  ["    at load (file:///a/b.ts:3:9)", "file:///a/b.ts"],
  ["    at file:///a%20(1)/b.ts:3:9", "file:///a%20(1)/b.ts"],
  ["    at Object.make [as east] (file:///a%20(1)/b.ts:3:9)", "file:///a%20(1)/b.ts"],
  ["    at async load (file:///a/b.ts?x=1:3:9)", "file:///a/b.ts?x=1"],
  ["    at <anonymous>", undefined],
])("%s", (frame, file) => {
  const capture = Error.captureStackTrace;
  Error.captureStackTrace = (target: { stack?: string }) => {
    target.stack = `Error\n${frame}`;
  };
  try {
    const site = callSiteOf(noteCallSite({}, () => undefined));
    expect(site).toEqual(file === undefined ? undefined : { file, line: 3, column: 9 });
  } finally {
    Error.captureStackTrace = capture;
  }
});
