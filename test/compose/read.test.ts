// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are compose files, whose variables look like JavaScript's.
import fc from "fast-check";
import { expect, test } from "vitest";
import { allFields, otherFields, readComposeFile } from "../../src/compose/read.ts";
import { runs } from "../support/runs.ts";

// Invariant: a compose file is either read as Compose reads it, or every problem in it is named with its line.
// If this breaks, rules look at other services than those which the server runs.

test("anchors, merge keys and extensions become plain services", () => {
  const text = `
x-common: &common
  image: web
  labels: { a: b }
services:
  web:
    <<: *common
    labels: { c: d }
  worker:
    <<: [*common, { image: other, init: true }]
`;
  const { file, problems } = readComposeFile("docker-compose.yml", text);
  expect(problems).toEqual([]);
  expect(file).toMatchObject({ path: "docker-compose.yml", text });
  expect(file).not.toHaveProperty("name");
  expect(file?.services).toEqual({
    web: { image: "web", labels: { c: "d" } },
    worker: { image: "web", labels: { a: "b" }, init: true },
  });
});

test("words that YAML 1.1 would take for booleans stay text", () => {
  const { file } = readComposeFile("c.yml", "services: { a: { restart: no, labels: { on: yes } } }");
  expect(file?.services).toEqual({ a: { restart: "no", labels: { on: "yes" } } });
});

test("the other fields are those that containers are made from", () => {
  const text = "name: n\nversion: '3'\nservices: { a: { image: x } }\nvolumes: { v: }\nx-note: ${A}\n";
  const { file } = readComposeFile("c.yml", text);
  if (!file) throw new Error("unread");
  expect(file.name).toBe("n");
  expect(otherFields(file)).toEqual({ volumes: { v: null } });
  // A copy, as another module may make one, is read again from its text.
  expect(allFields({ ...file })).toEqual(allFields(file));
});

test.each<{ title: string; text: string; problems: { line: number; col: number; message: RegExp }[] }>([
  { title: "not YAML", text: "services:\n  a: [", problems: [{ line: 2, col: 7, message: /sequence|end with a \]/i }] },
  {
    title: "a key twice",
    text: "services:\n  a: { image: x }\n  a: { image: y }\n",
    problems: [{ line: 3, col: 3, message: /unique/ }],
  },
  {
    title: "two documents",
    text: "services: { a: {} }\n---\nservices: {}\n",
    problems: [{ line: 2, col: 1, message: /multiple documents/ }],
  },
  { title: "an unknown alias", text: "services:\n  a: *b\n", problems: [{ line: 2, col: 6, message: /no anchor/ }] },
  { title: "nothing", text: "", problems: [{ line: 1, col: 1, message: /not a mapping/ }] },
  { title: "a list", text: "- a\n", problems: [{ line: 1, col: 1, message: /not a mapping/ }] },
  {
    title: "no services",
    text: "version: '3'\nservice: {}\n",
    problems: [{ line: 1, col: 1, message: /no `services:`/ }],
  },
  { title: "an empty services", text: "services:\n", problems: [{ line: 1, col: 10, message: /no `services:`/ }] },
  {
    title: "services of the wrong shape",
    text: "services:\n  a:\n  b: [x]\n  c: {}\n",
    problems: [
      { line: 2, col: 5, message: /"a" is not a mapping/ },
      { line: 3, col: 6, message: /"b" is not a mapping/ },
    ],
  },
  {
    title: "variables that Compose refuses, all of them, in values alone",
    text: "services:\n  a:\n    image: ${A\n    labels: { '${': '${B!}' }\nx-a: ${}\n",
    problems: [
      { line: 3, col: 12, message: /not closed/ },
      { line: 4, col: 21, message: /B!/ },
      { line: 5, col: 6, message: /\$\{\}/ },
    ],
  },
  {
    title: "an alias inside what it stands for",
    text: "services:\n  a:\n    image: x\n    labels: &x { l: [*x] }\n",
    problems: [{ line: 4, col: 22, message: /inside itself/ }],
  },
  {
    title: "names that Compose takes for no service's",
    text: 'services:\n  a b: { image: x }\n  "c\\nd": { image: x }\n  e.F_1-: { image: x }\n',
    problems: [
      { line: 2, col: 8, message: /"a b"/ },
      { line: 3, col: 11, message: /"c\\nd"/ },
    ],
  },
  {
    title: "variables inside each other without end",
    text: `services:\n  a:\n    image: "${"${A:-".repeat(10_000)}x${"}".repeat(10_000)}"\n`,
    problems: [{ line: 3, col: 12, message: /more than 50 times/ }],
  },
  {
    title: "aliases that grow without end",
    text: `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(10)}]\nc: &c [${"*b,".repeat(10)}]\nservices: { s: { l: [${"*c,".repeat(10)}] } }\n`,
    problems: [{ line: 1, col: 1, message: /aliases/ }],
  },
])("says what is wrong with $title", ({ text, problems }) => {
  const read = readComposeFile("c.yml", text);
  expect(read.file).toBeUndefined();
  expect(read.problems).toEqual(
    problems.map(({ message, ...at }) => ({ ...at, message: expect.stringMatching(message) })),
  );
  for (const { message } of read.problems) expect(message).not.toContain("\n");
});

test("no text makes it throw, and what it reads has services", () => {
  const noise = fc.string({ unit: fc.constantFrom(..."services:\n a{}[]&*-<'\"$|#!%x"), maxLength: 60 });
  fc.assert(
    fc.property(
      fc.oneof(
        noise,
        noise.map((text) => `services:\n  a:\n    image: ${text}`),
      ),
      (text) => {
        const { file, problems } = readComposeFile("c.yml", text);
        expect(file === undefined).toBe(problems.length > 0);
        if (file) expect(Object.keys(file.services).length).toBeGreaterThan(0);
      },
    ),
    { numRuns: runs(500) },
  );
});
