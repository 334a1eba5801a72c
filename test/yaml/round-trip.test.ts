import fc from "fast-check";
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
  type Scalar,
  tagged,
  trailing,
  type YamlNode,
} from "../../src/yaml/node.ts";
import { runs } from "../support/runs.ts";

// Pieces that mean something to YAML, so that random text finds the places where meaning could slip in.
const piece = fc.constantFrom(
  ..."- ? : , [ ] { } # & * ! | > ' \" % @ ` = ~ < \\ / . + _ 0 1 8 e x o y n a b $ ${{ }}".split(" "),
  ...[
    " ",
    "  ",
    ": ",
    " #",
    "\n",
    "\n\n",
    "\t",
    "\r",
    "\r\n",
    "\u0000",
    "\u0085",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\u00a0",
  ],
  ...[
    "null",
    "true",
    "no",
    "on",
    "12:30",
    "1_0",
    "0x1",
    ".inf",
    "<<",
    "---",
    "...",
    "--- ",
    "%YAML",
    "é",
    "日",
    "🚀",
    "\u202e",
  ],
);
const text = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.array(fc.string({ maxLength: 12 }), { maxLength: 6 }).map((lines) => lines.join("\n")),
);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 5, arbitrary: text },
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);

const { bare } = fc.letrec<{ bare: YamlNode }>((tie) => ({
  bare: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    scalar,
    fc.array(tie("bare"), { maxLength: 4 }),
    fc.dictionary(text, tie("bare"), { maxKeys: 4 }),
  ),
}));

/** A reader that does not know a tag takes a tagged number, boolean or null for a string; all else stays what it is. */
function tagIfKindIsKept(node: YamlNode): YamlNode {
  const data = plainData(node);
  return typeof data === "string" || (typeof data === "object" && data !== null) ? tagged("!override", node) : node;
}

type Decorate = (node: YamlNode) => YamlNode;
const decoration = fc.oneof(
  text.map(
    (comment): Decorate =>
      (node) =>
        commented(comment, node),
  ),
  text.map(
    (comment): Decorate =>
      (node) =>
        trailing(node, comment),
  ),
  fc.constant<Decorate>(blankBefore),
  fc.constant<Decorate>(tagIfKindIsKept),
);
const { styled } = fc.letrec<{ styled: YamlNode }>((tie) => ({
  styled: fc
    .tuple(
      fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        scalar,
        text.map(block),
        fc.array(text, { maxLength: 4 }).map(folded),
        fc.array(scalar, { maxLength: 4 }).map(flow),
        fc.array(tie("styled"), { maxLength: 4 }),
        fc.dictionary(text, tie("styled"), { maxKeys: 4 }),
      ),
      fc.array(decoration, { maxLength: 2 }),
    )
    .map(([node, decorations]) => decorations.reduce<YamlNode>((inner, decorate) => decorate(inner), node)),
}));

function read(yaml: string, version: "1.1" | "1.2") {
  return parse(yaml, { version, logLevel: "silent", ...(version === "1.1" ? { schema: "yaml-1.1" } : {}) });
}

function expectWellFormedText(yaml: string) {
  expect(yaml).not.toMatch(/[ \t]\n/);
  expect(yaml).toMatch(/[^\n]\n$/);
}

// Invariant: what goes in comes out, for readers of both versions. If this breaks, some value somebody types into a
// definition arrives on a server as another one.
test("any value comes back equal from YAML 1.2 and 1.1", () => {
  fc.assert(
    fc.property(bare, (node) => {
      const yaml = emit(node);
      expectWellFormedText(yaml);
      expect(read(yaml, "1.2")).toEqual(node);
      expect(read(yaml, "1.1")).toEqual(node);
    }),
    { numRuns: runs(3000) },
  );
});

// Invariant: comments, empty lines and layout never change the data, and the text is the same each time.
test("decorations change no data", () => {
  fc.assert(
    fc.property(styled, (node) => {
      const yaml = emit(node);
      expectWellFormedText(yaml);
      expect(emit(node)).toBe(yaml);
      expect(read(yaml, "1.2")).toEqual(plainData(node));
      expect(read(yaml, "1.1")).toEqual(plainData(node));
    }),
    { numRuns: runs(3000) },
  );
});
