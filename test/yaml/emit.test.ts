import { expect, test } from "vitest";
import { parse } from "yaml";
import { emit } from "../../src/yaml/emit.ts";
import {
  blankBefore,
  block,
  commented,
  flow,
  folded,
  plainData,
  plainKey,
  tagged,
  trailing,
  type YamlNode,
} from "../../src/yaml/node.ts";

// Invariant: one value has one text, written the way a reviewer would write it. If this breaks, every generated file
// changes at once, or says something else than the definition.
const layouts: { title: string; node: YamlNode; text: string[] }[] = [
  { title: "a map keeps its order", node: { b: 1, a: "x" }, text: ["b: 1", "a: x"] },
  { title: "an undefined value leaves its key out", node: { a: undefined, b: 1 }, text: ["b: 1"] },
  { title: "a map of undefined values is empty", node: { a: { b: undefined } }, text: ["a: {}"] },
  {
    title: "empty collections",
    node: { a: [], b: {}, c: [[], {}] },
    text: ["a: []", "b: {}", "c:", "  - []", "  - {}"],
  },
  {
    title: "lists are indented below their key, maps in lists are compact",
    node: { steps: [{ name: "Build", env: { A: "b" } }, "plain"] },
    text: ["steps:", "  - name: Build", "    env:", "      A: b", "  - plain"],
  },
  { title: "lists in lists", node: [["a", ["b"]], "c"], text: ["- - a", "  - - b", "- c"] },
  {
    title: "a comment on a value stands above its key",
    node: { jobs: { build: commented("why\nand how", { a: 1 }) } },
    text: ["jobs:", "  # why", "  # and how", "  build:", "    a: 1"],
  },
  {
    title: "a comment on an item stands above its hyphen",
    node: [commented("why", { a: 1 }), "x", commented("because", "z")],
    text: ["# why", "- a: 1", "- x", "# because", "- z"],
  },
  { title: "a comment on an item's first key", node: [{ a: commented("why", 1) }], text: ["- # why", "  a: 1"] },
  { title: "an empty line of a comment", node: { a: commented("x\n\ny ", 1) }, text: ["# x", "#", "# y", "a: 1"] },
  { title: "no comment is no line", node: { a: commented("", 1), b: commented(undefined, 2) }, text: ["a: 1", "b: 2"] },
  {
    title: "two comments, the outer one first",
    node: { a: commented("x", blankBefore(commented("y", 1))) },
    text: ["# x", "# y", "a: 1"],
  },
  {
    title: "empty lines stand between entries, not in front of the first",
    node: { jobs: { a: blankBefore({ x: 1 }), b: blankBefore({ x: 2 }), c: commented("why", blankBefore(3)) } },
    text: ["jobs:", "  a:", "    x: 1", "", "  b:", "    x: 2", "", "  # why", "  c: 3"],
  },
  {
    title: "a trailing comment stands behind what fits on one line",
    node: { uses: trailing("x@1", "v1"), list: trailing(flow(["a"]), "few"), none: trailing({}, "nothing") },
    text: ["uses: x@1 # v1", "list: [a] # few", "none: {} # nothing"],
  },
  {
    title: "a trailing comment stands behind the key of what does not",
    node: { a: trailing({ b: 1 }, "map"), c: trailing("x\ny\n", "text"), d: [trailing({ e: 1 }, "item")] },
    text: ["a: # map", "  b: 1", "c: | # text", "  x", "  y", "d:", "  - # item", "    e: 1"],
  },
  {
    title: "tags",
    node: {
      ports: tagged("!override", ["1:2"]),
      x: tagged("!reset", null),
      e: tagged("!override", []),
      z: [tagged("!a", { b: 1 })],
    },
    text: ["ports: !override", '  - "1:2"', "x: !reset null", "e: !override []", "z:", "  - !a", "    b: 1"],
  },
  {
    title: "a folded line has its parts below each other, whatever they start with",
    node: { if: folded(["a == 'b: c'", "&& !d", "# e"]), list: [trailing(folded(["x", "y"]), "few")] },
    text: ["if: >-", "  a == 'b: c'", "  && !d", "  # e", "list:", "  - >- # few", "    x", "    y"],
  },
  {
    title: "what would not fold back is written as any other text",
    node: {
      a: folded(["x", "", "y"]),
      b: folded(["x", " y"]),
      c: folded(["x ", "y"]),
      d: folded(["x\ny"]),
      e: folded([]),
    },
    text: ["a: x  y", "b: x  y", "c: x  y", "d: |-", "  x", "  y", 'e: ""'],
  },
  {
    title: "flow lists quote what commas and brackets would break",
    node: { branches: flow(["PRD", "release/**", "a,b", "${{ x }}", 1, true, null, "on"]) },
    text: ['branches: [PRD, "release/**", "a,b", "${{ x }}", 1, true, null, "on"]'],
  },
  {
    title: "text of several lines is a block; without a line feed at its end it says so",
    node: { a: "x\n\n  y: #z\n", b: ["x\ny", { c: "x\ny" }] },
    text: ["a: |", "  x", "", "    y: #z", "b:", "  - |-", "    x", "    y", "  - c: |-", "      x", "      y"],
  },
  {
    title: "a block on request",
    node: { run: block("npm ci"), b: block("x\n") },
    text: ["run: |-", "  npm ci", "b: |", "  x"],
  },
  {
    title: "an empty line and a comment may follow a block",
    node: { a: { b: "x\ny\n" }, c: commented("why", blankBefore(1)) },
    text: ["a:", "  b: |", "    x", "    y", "", "# why", "c: 1"],
  },
  {
    title: "text that a block would change or hide is quoted",
    node: { a: " x\ny", b: "x\n\n", c: "x \ny", d: "\nx", e: "\tx\ny", f: "x\r\ny", g: "x\u00a0y\nz", h: block("") },
    text: [
      'a: " x\\ny"',
      'b: "x\\n\\n"',
      'c: "x \\ny"',
      'd: "\\nx"',
      'e: "\\tx\\ny"',
      'f: "x\\r\\ny"',
      'g: "x\\u00a0y\\nz"',
      'h: ""',
    ],
  },
  {
    title: "tabs inside a block's lines stay",
    node: "if x; then\n\techo y\nfi\n",
    text: ["|", "  if x; then", "  \techo y", "  fi"],
  },
  { title: "only a marked key stands unquoted", node: { on: plainKey({ on: 1 }) }, text: ["on:", '  "on": 1'] },
  {
    title: "keys are quoted like values, and more",
    node: { "app.kubernetes.io/name": 1, "a b": 2, "1x": 3, "<<": 4, "": 5, no: 6, "x:": 7 },
    text: ["app.kubernetes.io/name: 1", '"a b": 2', '"1x": 3', '"<<": 4', '"": 5', '"no": 6', '"x:": 7'],
  },
  { title: "a scalar alone", node: "x", text: ["x"] },
  {
    title: "a list alone, with a comment and a tag",
    node: commented("why", tagged("!a", [1])),
    text: ["# why", "!a", "- 1"],
  },
];

test.each(layouts)("$title", ({ node, text }) => {
  expect(emit(node)).toBe(`${text.join("\n")}\n`);
  expect(parse(emit(node), { logLevel: "silent", customTags: [{ tag: "!reset", resolve: () => null }] })).toEqual(
    plainData(node),
  );
});

// Invariant: a string comes back as that string from readers of either version. If this breaks, a port mapping becomes a
// number of seconds, or a tenant called "no" becomes false.
const quoted = [
  ...["... [x]", "---", "e8", "E+8"],
  ...["", "~", "null", "Null", "true", "FALSE", "yes", "No", "on", "OFF", "y", "N", "=", "<<", ".inf", "-.INF", ".NaN"],
  ...[
    "12",
    "-1",
    "+1",
    "0",
    "007",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    "1,000",
    "1.5",
    ".5",
    "5.",
    "1e3",
    "1e+21",
    "1.0e+21",
  ],
  ...["12:30:45", "18789:18789", "127.0.0.1:80:80", "2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05"],
  ...[
    "-",
    "- x",
    "--flag",
    "? x",
    ": x",
    "#x",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "@a",
    "`a`",
    "%a",
    "[a",
    "]",
    "{a",
    "}",
    ",a",
    "'a",
    '"a',
  ],
  ...[" x", "x ", "x: y", "x:", "x #y", "a\tb", "a\u0000b", "a\u007fb", "a\u0085b", "a\u2028b", "a\u2029b", "\ufeffa"],
  ...["a\u00a0b", "a\u200bb", "a\u202eb", "a\u{e0041}b", "\uffff", "\\ \n", "x\r"],
];
test.each(quoted)("%j is quoted", (text) => {
  const emitted = emit({ k: [text] });
  expect(emitted).toMatch(/^k:\n {2}- (?:"[\x20-\x7e]*"|'[\x20-\x7e]*')\n$/);
  expect(parse(emitted, { version: "1.2" })).toEqual({ k: [text] });
  expect(parse(emitted, { version: "1.1" })).toEqual({ k: [text] });
});

const plain = [
  ...["PRD", "ubuntu-24.04", "a b", "x:y", "x#y", "https://example.com/a?b=c#d", "it's", 'say "x"', "a, b [c] {d}"],
  ...["${{ github.ref }}", "github.event_name == 'push' && !cancelled()", "./x", "/home/deploy", "$HOME", "5 s", "3rd"],
  ...[
    "yesterday",
    "nothing",
    "~/x",
    "<a>",
    "naïve",
    "日本語",
    "🚀 go",
    "a\\b",
    "v7.0.1",
    "x".repeat(5000),
    `x ${"y z ".repeat(999)}w`,
  ],
];
test.each(plain)("%j needs no quotes", (text) => {
  const emitted = emit({ k: text });
  expect(emitted).toBe(`k: ${text}\n`);
  expect(parse(emitted, { version: "1.2" })).toEqual({ k: text });
  expect(parse(emitted, { version: "1.1" })).toEqual({ k: text });
});

test("apostrophes are used where they save escapes", () => {
  expect(emit(['"x": \\d', '"it\'s": x'])).toBe(`- '"x": \\d'\n- "\\"it's\\": x"\n`);
});

// Invariant: a number is a number for both versions.
test.each([
  [1e21, "1.0e+21"],
  [1.5e-7, "1.5e-7"],
  [1e-7, "1.0e-7"],
  [-0, "-0.0"],
  [0.1, "0.1"],
  [-12, "-12"],
  [Number.NaN, ".nan"],
  [Number.POSITIVE_INFINITY, ".inf"],
  [Number.NEGATIVE_INFINITY, "-.inf"],
])("the number %d is written %s", (value, text) => {
  expect(emit([value])).toBe(`- ${text}\n`);
  expect(parse(text, { version: "1.2" })).toBe(value);
  expect(parse(text, { version: "1.1" })).toBe(value);
});

// Invariant: what YAML cannot carry is refused, not changed.
test.each<{ title: string; make: () => unknown; message: RegExp }>([
  { title: "half of a surrogate pair in a value", make: () => emit("a\ud800"), message: /surrogate/ },
  { title: "half of a surrogate pair in a block", make: () => emit(block("a\ud800\nb")), message: /surrogate/ },
  { title: "half of a surrogate pair in a key", make: () => emit({ "\udc00": 1 }), message: /surrogate/ },
  { title: "a key that is too long", make: () => emit({ ["k".repeat(1025)]: 1 }), message: /1024/ },
  { title: "undefined in a list", make: () => emit([undefined as never]), message: /undefined/ },
  { title: "a function", make: () => emit({ a: (() => 1) as never }), message: /function/ },
  { title: "a tag that breaks out", make: () => tagged("!a b", 1), message: /tag/ },
])("$title is refused", ({ make, message }) => expect(make).toThrow(message));

// Invariant: a comment cannot become data. If this breaks, a tenant's name in a comment can add a step to a workflow.
test.each([
  "x\nb: 2",
  "x\r\nb: 2",
  "x\rb: 2",
  "x\u0085b: 2",
  "x\u2028b: 2",
  "x\u2029b: 2",
  "x\u0000\u0007\u202eb: 2",
  "\ud800",
])("the comment %j stays one", (comment) => {
  const text = emit({ a: commented(comment, trailing(1, comment)), c: 3 }, { header: [comment] });
  expect(text.split(/[\n\r\x85\u2028\u2029]/).filter((line) => !/^(#|$)/.test(line))).toHaveLength(2);
  expect(text).not.toMatch(/[^\n\P{C}]/u);
  expect(parse(text)).toEqual({ a: 1, c: 3 });
});

test("a header stands apart from the first entry's comment", () => {
  expect(emit({ a: commented("why", 1) }, { header: ["Generated.", "Do not edit."] })).toBe(
    "# Generated.\n# Do not edit.\n\n# why\na: 1\n",
  );
});
