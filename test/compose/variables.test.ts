// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are compose files, whose variables look like JavaScript's.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Operator,
  parseTemplate,
  printTemplate,
  type Resolver,
  referencesOf,
  resolveTemplate,
  splitTemplate,
  type Template,
  TemplateError,
  textOf,
} from "../../src/compose/variables.ts";
import { composeConfig, envLines, needsCompose } from "./support.ts";

// Invariant: a variable is read here exactly as Compose reads it.
// If this breaks, an overlay pins a value that the containers never get, or leaves a hole for the server's .env.

test.each<{ text: string; template: Template }>([
  { text: "plain", template: ["plain"] },
  { text: "", template: [] },
  { text: "$A-b", template: [{ name: "A" }, "-b"] },
  { text: "${A}${_b1}", template: [{ name: "A" }, { name: "_b1" }] },
  { text: "a$$b$$${A}", template: ["a$b$", { name: "A" }] },
  { text: "$$A $${A}", template: ["$A ${A}"] },
  { text: "costs $5, $ and $}", template: ["costs $5, $ and $}"] },
  { text: "${A:-d}", template: [{ name: "A", operator: ":-", operand: ["d"] }] },
  { text: "${A-}", template: [{ name: "A", operator: "-", operand: [] }] },
  { text: "${A:?say: why?}", template: [{ name: "A", operator: ":?", operand: ["say: why?"] }] },
  { text: "${A?-}", template: [{ name: "A", operator: "?", operand: ["-"] }] },
  { text: "${A:+r}", template: [{ name: "A", operator: ":+", operand: ["r"] }] },
  { text: "${A+x-y}", template: [{ name: "A", operator: "+", operand: ["x-y"] }] },
  {
    text: "${A:-${B:-$C}}}",
    template: [{ name: "A", operator: ":-", operand: [{ name: "B", operator: ":-", operand: [{ name: "C" }] }] }, "}"],
  },
  { text: "{{.Name}} ${A}", template: ["{{.Name}} ", { name: "A" }] },
])("reads $text", ({ text, template }) => expect(parseTemplate(text)).toEqual(template));

test.each([
  "${",
  "${}",
  "${ A}",
  "${A }",
  "${1A}",
  "${A!}",
  "${A:x}",
  "${A:-d",
  "${A:-\n}",
  "${A:-{}}",
  "${A:-$${B}}",
  "${Ä}",
])("refuses %j", (text) => expect(() => parseTemplate(text)).toThrow(TemplateError));

const names = ["A", "B", "C", "SECRET"];
const operators: Operator[] = [":-", "-", ":?", "?", ":+", "+"];
const plainText = fc.string({ unit: fc.constantFrom(..."ab :/-?+$.'\"#%}") });
const insideText = fc.string({ unit: fc.constantFrom(..."ab :/-?+$.'\"#%") });
const joined = (parts: (string | object)[]) => parseTemplate(printTemplate(parts as Template));

const { template } = fc.letrec<{ reference: object; operand: Template; template: Template }>((tie) => ({
  reference: fc.oneof(
    { maxDepth: 3 },
    fc.record({ name: fc.constantFrom(...names) }),
    fc.record({ name: fc.constantFrom(...names), operator: fc.constantFrom(...operators), operand: tie("operand") }),
  ),
  operand: fc.array(fc.oneof(insideText, tie("reference")), { maxLength: 3 }).map(joined),
  template: fc.array(fc.oneof(plainText, tie("reference")), { maxLength: 4 }).map(joined),
}));

const values = fc.dictionary(fc.constantFrom("A", "B", "C"), fc.constantFrom("", "v", "$v", "${A}", "a b", "}"));

const resolver = (known: Readonly<Record<string, string>>, kept: readonly string[] = []): Resolver => ({
  lookup: (name) => known[name],
  keep: (name) => kept.includes(name),
});

test("printing a template and reading it again gives the same template", () => {
  fc.assert(
    fc.property(template, (given) => {
      expect(parseTemplate(printTemplate(given))).toEqual(given);
    }),
  );
});

test("any text is either refused or read, and what is read prints to text that reads the same", () => {
  const noise = fc.string({ unit: fc.constantFrom(..."$${}AB:-?+ \nä") });
  fc.assert(
    fc.property(noise, (text) => {
      let parsed: Template;
      try {
        parsed = parseTemplate(text);
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError);
        return;
      }
      expect(parseTemplate(printTemplate(parsed))).toEqual(parsed);
    }),
  );
});

test("with nothing kept, the result is text; with a secret kept, the secret is all that is left", () => {
  fc.assert(
    fc.property(template, values, (given, known) => {
      expect(textOf(resolveTemplate(given, resolver(known)))).toBeTypeOf("string");
      const left = referencesOf(resolveTemplate(given, resolver(known, ["SECRET"])));
      expect(left.every(({ name }) => name === "SECRET")).toBe(true);
    }),
  );
});

test("resolving twice is resolving once: a value is never read for variables", () => {
  fc.assert(
    fc.property(template, values, (given, known) => {
      const once = resolveTemplate(given, resolver(known, ["SECRET"]));
      expect(resolveTemplate(once, resolver({ A: "x", B: "x", C: "x" }, ["SECRET"]))).toEqual(once);
    }),
  );
});

test("a template is cut at the separators of its texts alone", () => {
  expect(splitTemplate(parseTemplate("${A:-x:y}:$B:/c:ro"), ":").map(printTemplate)).toEqual([
    "${A:-x:y}",
    "${B}",
    "/c",
    "ro",
  ]);
});

/** Required variables end the whole file when they are missing, so a batch must not have any. */
const demands = (given: Template): boolean => referencesOf(given).some(({ operator }) => operator?.endsWith("?"));

test("Compose itself gives every template the same value", async (context) => {
  await needsCompose(context);
  for (const known of [{}, { A: "", B: "v", C: "a b" }, { A: "1:2", SECRET: "" }] as Record<string, string>[]) {
    const templates = fc.sample(template, { numRuns: 150, seed: 7 }).filter((given) => !demands(given));
    const environment = Object.fromEntries(templates.map((given, index) => [`V${index}`, printTemplate(given)]));
    const { code, stderr, model } = await composeConfig({
      "docker-compose.yml": JSON.stringify({ services: { a: { image: "x", environment } } }),
      ".env": envLines(known),
    });
    expect(code, stderr).toBe(0);
    const ours = templates.map((given, index) => [`V${index}`, textOf(resolveTemplate(given, resolver(known)))]);
    expect(model.services.a.environment).toEqual(Object.fromEntries(ours));
  }
});

test("what is refused as no variable at all, Compose refuses", async (context) => {
  await needsCompose(context);
  for (const text of ["${", "${}", "${ A}", "${A!}", "${A:x}", "${1A}"]) {
    const files = {
      "docker-compose.yml": JSON.stringify({ services: { a: { image: "x", environment: { V: text } } } }),
    };
    expect((await composeConfig(files)).code, text).not.toBe(0);
  }
});
