import type { Scalar } from "./node.ts";

/** Safe everywhere: as a key, in a flow list, as a value; unless it is one of WORDS. The common case, and the fast one. */
const TOKEN = /^(?![eE][-+]?[0-9]+$)[A-Za-z_/$][A-Za-z0-9_/.$@+-]*$/;

/** Words that YAML 1.1 (https://yaml.org/type/bool.html) or 1.2 reads as something else than a string. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|~|<<|=|[+-]?\.(?:inf|nan))$/i;

/**
 * Broader than any reader's numbers and dates: 1_000, 12:30:45, 0o17, 0x1F, 1e+21, 2026-01-02T03:04:05Z, Ruby's 1,000.
 * A commit id made of digits and one "e" is a number, too, and some readers take e8 for one; quoting one more is cheaper
 * than one misread.
 */
const NUMERIC = /^(?:[0-9.+-][0-9A-Fa-f_xXoO:.,+\-TtZz ]*|[eE][-+]?[0-9]+)$/;

/** What means something to YAML at the start of a scalar: `-`, `?` and `:` only sometimes, `...` only at a line's start. */
const INDICATOR = /^(?:[-?:,[\]{}#&*!|>'"%@`]|\.\.\.)/;

/**
 * Neither ASCII text nor a letter, mark, digit, punctuation or symbol: control characters, exotic spaces, BOM, line separators,
 * and the invisible ones that reorder text in a review. They are written as escapes, so a reviewer sees them.
 */
const INVISIBLE = /[^\x20-\x7e\p{L}\p{M}\p{N}\p{P}\p{S}]/u;
const INVISIBLES = new RegExp(INVISIBLE.source, "gu");
const NOT_ASCII_TEXT = /[^\x20-\x7e]/;

/** @throws RangeError for half of a surrogate pair, which no UTF-8 file can hold. */
function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) {
    throw new RangeError(`half of a surrogate pair cannot be carried by YAML: ${JSON.stringify(text.slice(0, 80))}`);
  }
}

/** True when the text holds a character that is only ever written as an escape. */
export function hasInvisible(text: string): boolean {
  return NOT_ASCII_TEXT.test(text) && INVISIBLE.test(text);
}

function isToken(text: string): boolean {
  return TOKEN.test(text) && (text.length > 5 || !WORDS.test(text));
}

/** True when the text can stand unquoted behind `key: ` or `- `, for YAML 1.1 readers as well as for 1.2. */
export function isPlain(text: string): boolean {
  if (isToken(text)) return true;
  return !(
    text === "" ||
    INDICATOR.test(text) ||
    text.startsWith(" ") ||
    text.endsWith(" ") ||
    text.endsWith(":") ||
    text.includes(": ") ||
    text.includes(" #") ||
    NUMERIC.test(text) ||
    WORDS.test(text) ||
    hasInvisible(text)
  );
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // YAML has no surrogate pairs in escapes: eight digits carry what lies above U+FFFF.
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

function quote(text: string): string {
  assertWellFormed(text);
  const invisible = hasInvisible(text);
  // Text with quotes or backslashes but no apostrophe reads better without escapes.
  if (!invisible && /["\\]/.test(text) && !text.includes("'")) return `'${text}'`;
  // YAML's double quotes know every escape of JSON.
  const json = JSON.stringify(text);
  return invisible ? json.replace(INVISIBLES, escapeCharacter) : json;
}

/**
 * A key. `plain` leaves a word such as `on` unquoted.
 * @throws RangeError for a key longer than the 1024 characters YAML allows in front of a colon (https://yaml.org/spec/1.2.2/#742).
 */
export function keyText(key: string, plain = false): string {
  const text = plain && TOKEN.test(key) ? key : tokenText(key);
  if (text.length > 1024) throw new RangeError(`a YAML key has at most 1024 characters: ${key.slice(0, 80)}…`);
  return text;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  // YAML 1.1 sees a number in 1.0e+21 but a string in 1e+21.
  return text.includes("e") && !text.includes(".") ? text.replace("e", ".0e") : text;
}

/**
 * A scalar on one line.
 * @throws TypeError for what the types do not allow: undefined in a list, a function, a bigint.
 */
export function scalarText(value: Scalar): string {
  switch (typeof value) {
    case "string":
      return isPlain(value) ? value : quote(value);
    case "number":
      return numberText(value);
    case "boolean":
      return value ? "true" : "false";
    default:
      if (value === null) return "null";
      throw new TypeError(`YAML cannot carry a value of type ${typeof value}`);
  }
}

/** A scalar inside `[…]`, where commas and brackets mean something. */
export function flowText(value: Scalar): string {
  return typeof value === "string" ? tokenText(value) : scalarText(value);
}

function tokenText(text: string): string {
  return isToken(text) ? text : quote(text);
}
