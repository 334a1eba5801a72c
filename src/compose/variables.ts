/** What stands behind a variable's name inside the braces. The colon makes "set to nothing" count as "not set". */
export type Operator = ":-" | "-" | ":?" | "?" | ":+" | "+";

/** One `${NAME…}` or `$NAME`. */
export interface Reference {
  readonly name: string;
  readonly operator?: Operator;
  /** Default (`-`), message (`?`) or replacement (`+`); there exactly when there is an operator. */
  readonly operand?: Template;
}

/** A scalar of a compose file: text, in which `$$` has become `$`, and references. Two texts never follow each other. */
export type Template = readonly (string | Reference)[];

/** Thrown for text that Compose refuses, or that its versions read differently. */
export class TemplateError extends Error {}

/**
 * Reads a scalar as Compose interpolates it (https://docs.docker.com/reference/compose-file/interpolation/). A `$` that starts neither
 * a name nor a brace is text.
 * @throws TemplateError
 */
export function parseTemplate(text: string): Template {
  const parts: (string | Reference)[] = [];
  const pattern = /\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|(\{))/g;
  let end = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    parts.push(text.slice(end, match.index));
    end = pattern.lastIndex;
    if (match[1]) parts.push("$");
    else if (match[2]) parts.push({ name: match[2] });
    else {
      const close = closingBrace(text, end);
      parts.push(parseBraced(text.slice(end, close)));
      end = close + 1;
      pattern.lastIndex = end;
    }
  }
  return joinTexts([...parts, text.slice(end)]);
}

/** Variables inside each other's defaults: more than a person writes, and less than it takes to exhaust the stack. */
const DEEPEST = 50;

/**
 * Position of the brace that closes the one in front of `start`. Compose counts every brace on the way, in a manner that has changed
 * between its versions, so a brace in an operand that opens no variable is refused.
 */
function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (let index = start; index < text.length; index += 1) {
    if (text[index] === "\n") break;
    if (text[index] === "{") {
      if (!opensVariable(text, index)) {
        throw new TemplateError(`a "{" inside "\${…}" that opens no variable: versions of Compose read it differently`);
      }
      depth += 1;
      if (depth > DEEPEST) throw new TemplateError(`"\${…}" in one another more than ${DEEPEST} times`);
    }
    if (text[index] === "}") depth -= 1;
    if (depth === 0) return index;
  }
  throw new TemplateError(`"\${" is not closed on its line; write "$\${" for the characters themselves`);
}

/** Whether the `$` signs in front of a brace leave one over: each pair is text. */
function opensVariable(text: string, brace: number): boolean {
  let dollars = 0;
  while (text[brace - 1 - dollars] === "$") dollars += 1;
  return dollars % 2 === 1;
}

function parseBraced(inner: string): Reference {
  const match = inner.match(/^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])(.*))?$/);
  if (!match) throw new TemplateError(`"\${${inner}}" is not a variable that Compose can read`);
  const [, name = "", operator, operand = ""] = match;
  return operator ? { name, operator: operator as Operator, operand: parseTemplate(operand) } : { name };
}

function joinTexts(parts: Template): Template {
  const joined: (string | Reference)[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part === "") continue;
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}

/** The text that Compose reads as this template: every `$` of a text is doubled, every reference has braces. */
export function printTemplate(template: Template): string {
  return template.map((part) => (typeof part === "string" ? escapeText(part) : printReference(part))).join("");
}

/** Text in which Compose finds no variable. */
export function escapeText(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function printReference({ name, operator, operand = [] }: Reference): string {
  return `\${${name}${operator ?? ""}${printTemplate(operand)}}`;
}

/** Every reference of a template, those in operands behind the one that they belong to. */
export function referencesOf(template: Template): Reference[] {
  return template.flatMap((part) => (typeof part === "string" ? [] : [part, ...referencesOf(part.operand ?? [])]));
}

/** Where the values of variables come from. */
export interface Resolver {
  /** The value; undefined for a variable that is not set. */
  readonly lookup: (name: string) => string | undefined;
  /** Whether the reference stays in the text, for Compose to fill in. */
  readonly keep: (name: string) => boolean;
}

/** Puts values in place of references. A variable that is not set and has no default becomes nothing, as in Compose. */
export function resolveTemplate(template: Template, resolver: Resolver): Template {
  return joinTexts(template.flatMap((part) => (typeof part === "string" ? [part] : resolveReference(part, resolver))));
}

function resolveReference(reference: Reference, resolver: Resolver): Template {
  const { name, operator, operand = [] } = reference;
  const rest = resolveTemplate(operand, resolver);
  if (resolver.keep(name)) return [operator ? { name, operator, operand: rest } : reference];
  const value = resolver.lookup(name);
  const isSet = value !== undefined && (value !== "" || !operator?.startsWith(":"));
  switch (operator) {
    case "-":
    case ":-":
      return isSet ? [value] : rest;
    case "+":
    case ":+":
      return isSet ? rest : [];
    default:
      return [value ?? ""];
  }
}

/** The template's text, or undefined while a reference is left in it. */
export function textOf(template: Template): string | undefined {
  if (template.length === 0) return "";
  return template.length === 1 && typeof template[0] === "string" ? template[0] : undefined;
}

/** The reference that a template consists of, or undefined when there is anything beside it. */
export function soleReference(template: Template): Reference | undefined {
  return template.length === 1 && typeof template[0] === "object" ? template[0] : undefined;
}

/** Cuts a template at every `separator` of its texts, not inside a reference. */
export function splitTemplate(template: Template, separator: string): Template[] {
  const pieces: (string | Reference)[][] = [[]];
  for (const part of template) {
    const [first = "", ...others] = typeof part === "string" ? part.split(separator) : [part];
    pieces.at(-1)?.push(first);
    for (const other of others) pieces.push([other]);
  }
  return pieces.map(joinTexts);
}
