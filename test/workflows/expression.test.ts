import fc from "fast-check";
import { expect, test } from "vitest";
import {
  allOf,
  anyOf,
  type Condition,
  condition,
  expression,
  literal,
  operands,
  quoted,
  secret,
} from "../../src/workflows/expression.ts";

// Invariant: an expression has its braces exactly once where GitHub wants them, and none where it adds them itself.
// A second pair turns `if: ${{ false }} ` and the like into a text, which is true.
test.each<[title: string, made: string, text: string]>([
  ["an expression", expression("github.ref"), "$" + "{{ github.ref }}"],
  ["a secret", secret("SSH_KEY"), "$" + "{{ secrets.SSH_KEY }}"],
  ["a condition", condition("github.ref == 'x'"), "github.ref == 'x'"],
  ["a condition from an expression", condition(expression("github.ref")), "github.ref"],
  ["one of one", anyOf(condition("a")), "a"],
  ["all of several", allOf(condition("a"), condition("b"), allOf(condition("c"), condition("d"))), "a && b && c && d"],
  ["any inside all", allOf(condition("a"), anyOf(condition("b"), condition("c"))), "a && (b || c)"],
  ["all inside any", anyOf(allOf(condition("a"), condition("b")), condition("c")), "(a && b) || c"],
  ["a quoted text", quoted("it's"), "'it''s'"],
])("%s", (_title, made, text) => expect(made).toBe(text));

test.each(["", " ", "a }} b", "a $" + "{{ b", "a\nb"])("%j is not the inside of an expression", (source) => {
  expect(() => expression(source)).toThrow(RangeError);
  expect(() => condition(source)).toThrow(RangeError);
});

// Invariant: however a condition is broken into lines, GitHub reads the same one. If this breaks, a guard is something else than it was.
test.each<[title: string, whole: string, parts: string[]]>([
  ["one operand", "always()", ["always()"]],
  ["all of several", "a && !b && c", ["a", "&& !b", "&& c"]],
  ["what stands in parentheses stays together", "a && (b || (c && d)) && e", ["a", "&& (b || (c && d))", "&& e"]],
  ["what stands in brackets stays together", "a[b && c] || d", ["a[b && c]", "|| d"]],
  ["what stands in quotes stays together", "a == 'x && y' || b", ["a == 'x && y'", "|| b"]],
  ["a quoted quote or parenthesis closes nothing", "a == 'it''s && (' && b", ["a == 'it''s && ('", "&& b"]],
])("operands: %s", (_title, whole, parts) => expect(operands(condition(whole))).toEqual(parts));

test("operands joined by spaces are the condition", () => {
  const piece = fc.constantFrom("a", " && ", " || ", "'", "(", ")", "[", "]", "  ", "!", "&&");
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const whole = pieces.join("") as Condition;
      expect(operands(whole).join(" ")).toBe(whole);
    }),
  );
});

// Invariant: text from elsewhere is never evaluated. If this breaks, a tenant's name can print a secret.
test("text that opens an expression is refused, with the place", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      expect(() => literal(`${before}$` + `{{${after}`, "tenant acme")).toThrow(/^tenant acme holds an expression/);
    }),
  );
});

test("any other text is returned as it is", () => {
  for (const text of ["", "$HOME", "{{ x }}", "$ {{ x }}", "$" + "{x}"]) expect(literal(text, "x")).toBe(text);
});
