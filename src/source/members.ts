import { ts } from "ts-morph";

/** The members of an object literal by name; the last of a name counts, as it does when the code runs. */
interface Members {
  readonly byName: ReadonlyMap<string, ts.ObjectLiteralElementLike>;
  readonly spreads: readonly ts.SpreadAssignment[];
}

// A fleet of thousands is one literal that is searched once for each message.
const known = new WeakMap<ts.ObjectLiteralExpression, Members>();

/** The members of an object literal. */
export function membersOf(literal: ts.ObjectLiteralExpression): Members {
  const cached = known.get(literal);
  if (cached) return cached;
  const byName = new Map<string, ts.ObjectLiteralElementLike>();
  for (const member of literal.properties) {
    const name = member.name && nameText(member.name);
    if (name !== undefined) byName.set(name, member);
  }
  const members = { byName, spreads: literal.properties.filter(ts.isSpreadAssignment) };
  known.set(literal, members);
  return members;
}

function nameText(name: ts.PropertyName): string | undefined {
  if (ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)) return name.text;
  if (ts.isComputedPropertyName(name) && ts.isStringLiteralLike(name.expression)) return name.expression.text;
  return undefined;
}
