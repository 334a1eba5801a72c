import { ts } from "ts-morph";
import { constantOf } from "./constants.ts";
import { membersOf } from "./members.ts";
import type { SourceFile, SourceFiles } from "./source-file.ts";

/** A node to point at, and how many keys of the path lead to it. */
export interface FieldNode {
  readonly file: SourceFile;
  readonly node: ts.Node;
  readonly depth: number;
}

/** More steps than any sensible definition has; `const a = { ...a }` would go round for ever. */
const MAX_STEPS = 60;

/**
 * Goes from an expression down a path, as far as the source says where the parts stand. Undefined when not even the first key is
 * found; otherwise the node of the deepest one: its value where that is a literal, else its name.
 */
export function fieldNode(
  files: SourceFiles,
  file: SourceFile,
  expression: ts.Expression,
  path: readonly PropertyKey[],
  steps = 0,
): FieldNode | undefined {
  const [key, ...rest] = path;
  if (key === undefined || steps > MAX_STEPS) return undefined;
  const go = (next: ts.Expression, nextPath: readonly PropertyKey[], nextFile = file) =>
    fieldNode(files, nextFile, next, nextPath, steps + 1);
  /** The part found here, or what is found deeper in it. */
  const within: Within = (value, here) => {
    const deeper = value && go(value, rest);
    return deeper ? { ...deeper, depth: deeper.depth + 1 } : { file, node: here, depth: 1 };
  };

  const inner = unwrap(expression);
  if (ts.isObjectLiteralExpression(inner)) return inObject(inner, String(key), within, (spread) => go(spread, path));
  if (ts.isArrayLiteralExpression(inner)) return inArray(inner, Number(key), within);
  if (ts.isCallExpression(inner)) return inCall(inner, key, (argument) => go(argument, path), within);
  if (ts.isIdentifier(inner)) {
    const constant = constantOf(inner, file, files);
    return constant && go(constant.expression, path, constant.file);
  }
  if (ts.isPropertyAccessExpression(inner)) {
    // `defaults.ports`: the field `gateway` of it is `ports.gateway` of `defaults`, and counts only when all of that is found.
    const found = go(inner.expression, [inner.name.text, ...path]);
    return found && found.depth > 1 ? { ...found, depth: found.depth - 1 } : undefined;
  }
  return undefined;
}

type Within = (value: ts.Expression | undefined, here: ts.Node) => FieldNode;

function inObject(
  literal: ts.ObjectLiteralExpression,
  key: string,
  within: Within,
  inSpread: (spread: ts.Expression) => FieldNode | undefined,
): FieldNode | undefined {
  const { byName, spreads } = membersOf(literal);
  const member = byName.get(key);
  // A spread behind the member overrides it.
  for (const spread of spreads.toReversed()) {
    if (member && spread.pos < member.pos) break;
    const found = inSpread(spread.expression);
    if (found) return found;
  }
  if (member === undefined) return undefined;
  if (ts.isPropertyAssignment(member))
    return within(member.initializer, isLiteral(member.initializer) ? member.initializer : member.name);
  if (ts.isShorthandPropertyAssignment(member)) return within(member.name, member.name);
  return within(undefined, member.name ?? member); // a method or a getter
}

function inArray(literal: ts.ArrayLiteralExpression, index: number, within: Within): FieldNode | undefined {
  // Behind a spread nobody can count.
  if (literal.elements.slice(0, index + 1).some(ts.isSpreadElement)) return undefined;
  const element = literal.elements[index];
  return element && within(element, element);
}

/** A builder's call: its options come last, and a name before them. */
function inCall(
  call: ts.CallExpression,
  key: PropertyKey,
  inArgument: (argument: ts.Expression) => FieldNode | undefined,
  within: Within,
): FieldNode | undefined {
  const options = call.arguments.at(-1);
  const found = options && inArgument(options);
  if (found) return found;
  const name = call.arguments[0];
  return key === "name" && name && ts.isStringLiteralLike(name) ? within(name, name) : undefined;
}

function unwrap(expression: ts.Expression): ts.Expression {
  let inner = expression;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isTypeAssertionExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

function isLiteral(expression: ts.Expression): boolean {
  const inner = unwrap(expression);
  if (ts.isPrefixUnaryExpression(inner)) return ts.isNumericLiteral(inner.operand);
  return (
    ts.isLiteralExpression(inner) ||
    ts.isTemplateExpression(inner) ||
    inner.kind === ts.SyntaxKind.TrueKeyword ||
    inner.kind === ts.SyntaxKind.FalseKeyword ||
    inner.kind === ts.SyntaxKind.NullKeyword
  );
}
