declare const kind: unique symbol;

/** A whole expression with its braces: `${{ github.ref }}`. Can stand inside a longer text: `deploy-${expression("…")}`. */
export type Expression = string & { readonly [kind]: "expression" };

/** A bare expression, for the places that add the braces themselves: `if`. */
export type Condition = string & { readonly [kind]: "condition" };

/** What opens an expression, wherever GitHub looks for one: in every string of a workflow. */
const OPENING = "${{";

function assertSource(source: string): void {
  if (source.trim() === "" || source.includes(OPENING) || source.includes("}}") || /[\n\r]/.test(source)) {
    throw new RangeError(`not the inside of an expression: ${JSON.stringify(source)}`);
  }
}

/**
 * `expression("github.ref")` is `${{ github.ref }}`.
 * @throws RangeError when the source is empty, has braces of its own or several lines.
 */
export function expression(source: string): Expression {
  assertSource(source);
  return `${OPENING} ${source} }}` as Expression;
}

/**
 * `condition("github.event_name == 'push'")`, without braces. An Expression loses its own.
 * @throws RangeError when the source is empty, has braces of its own or several lines.
 */
export function condition(source: string): Condition {
  const bare = source.startsWith(`${OPENING} `) && source.endsWith(" }}") ? source.slice(4, -3) : source;
  assertSource(bare);
  return bare as Condition;
}

/** Every one must hold. */
export function allOf(...conditions: readonly [Condition, ...Condition[]]): Condition {
  return joined(conditions, "&&", "||");
}

/** One is enough. */
export function anyOf(...conditions: readonly [Condition, ...Condition[]]): Condition {
  return joined(conditions, "||", "&&");
}

function joined(conditions: readonly Condition[], operator: string, other: string): Condition {
  if (conditions.length === 1) return conditions[0] as Condition;
  return conditions.map((one) => (one.includes(other) ? `(${one})` : one)).join(` ${operator} `) as Condition;
}

/**
 * The operands of a condition, each but the first with its operator in front: `a && (b || c)` gives `a` and `&& (b || c)`. Joined by
 * spaces they are the condition again, to the character.
 */
export function operands(whole: Condition): readonly string[] {
  const found: string[] = [];
  let start = 0;
  let depth = 0;
  let inQuotes = false;
  for (let at = 0; at < whole.length; at++) {
    const character = whole[at];
    // A quote inside quotes is written twice, so it closes and opens again.
    if (character === "'") inQuotes = !inQuotes;
    else if (inQuotes) continue;
    else if (character === "(" || character === "[") depth++;
    else if (character === ")" || character === "]") depth--;
    else if (depth === 0 && /^ (?:&&|\|\|) /.test(whole.slice(at, at + 4))) {
      found.push(whole.slice(start, at));
      start = at + 1;
    }
  }
  return [...found, whole.slice(start)];
}

/** A string inside an expression, safe for any text: `quoted("it's")` is `'it''s'`. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `${{ secrets.NAME }}`. Hand it to a step through `env`, one secret a key. */
export function secret(name: string): Expression {
  return expression(`secrets.${name}`);
}

/** True when GitHub would find an expression in the text. */
export function holdsExpression(text: string): boolean {
  return text.includes(OPENING);
}

/**
 * The text itself, once it is certain that GitHub reads it as it stands. For every text that a person typed somewhere else.
 * @param where names the place in the message, such as `jobs.build.steps[0].run`
 * @throws RangeError when the text opens an expression.
 */
export function literal(text: string, where: string): string {
  if (!holdsExpression(text)) return text;
  throw new RangeError(
    `${where} holds an expression, which would become part of its text: ${JSON.stringify(text.slice(0, 200))}`,
  );
}
