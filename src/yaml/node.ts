/** What YAML calls a scalar, as far as we write it. */
export type Scalar = string | number | boolean | null;

/** Keys keep the order they were inserted in (JavaScript itself moves keys such as "10" to the front); undefined is left out. */
export interface YamlMap {
  readonly [key: string]: YamlNode | undefined;
}

/** Whatever `emit` can write. A decoration on an entry's value is a decoration of that entry, key included. */
export type YamlNode = Scalar | readonly YamlNode[] | YamlMap | Styled;

/** How one entry is written; nothing in here changes the data a reader gets, except `tag`. */
export interface Style {
  /** Lines above the entry. */
  readonly comment?: string;
  /** Behind the value on its line; behind the key where the value takes several lines. */
  readonly trailing?: string;
  /** An empty line above the entry, unless it is the first of its collection. */
  readonly blankBefore?: boolean;
  /** Such as `!override` of Compose. */
  readonly tag?: string;
  /** The key stands unquoted although a YAML 1.1 reader takes it for a boolean. */
  readonly plainKey?: boolean;
  /** `flow`: a list of scalars on one line. `block`: text as a literal block even where one line would do. */
  readonly layout?: "flow" | "block";
  /** The lines of a folded block; the value is these, joined by one space each. */
  readonly lines?: readonly string[];
}

/** A value with its style. Made by the functions below, which can be nested in any order. */
export class Styled<T = unknown> {
  readonly value: T;
  readonly style: Style;

  constructor(value: T, style: Style) {
    this.value = value;
    this.style = style;
  }
}

function styled(value: YamlNode, added: Style): Styled {
  return value instanceof Styled ? new Styled(value.value, { ...value.style, ...added }) : new Styled(value, added);
}

/** Lines above the entry, one `# ` line for each line of the comment. Without a comment the value is returned as it is. */
export function commented(comment: string | undefined, value: YamlNode): YamlNode {
  if (comment === undefined || comment === "") return value;
  const inner = value instanceof Styled ? value.style.comment : undefined;
  return styled(value, { comment: inner === undefined ? comment : `${comment}\n${inner}` });
}

/** A comment on the value's own line, as pins have it: `uses: actions/checkout@… # v7.0.1`. */
export function trailing(value: YamlNode, comment: string): Styled {
  return styled(value, { trailing: comment });
}

/** An empty line above the entry. The first entry of a collection gets none, so a whole list can be mapped through this. */
export function blankBefore(value: YamlNode): Styled {
  return styled(value, { blankBefore: true });
}

/**
 * A local tag in front of the value: `ports: !override`.
 * @throws RangeError for a tag that is not `!` and letters, digits or hyphens.
 */
export function tagged(tag: string, value: YamlNode): Styled {
  if (!/^![A-Za-z][A-Za-z0-9-]*$/.test(tag)) throw new RangeError(`not a YAML tag: ${JSON.stringify(tag)}`);
  return styled(value, { tag });
}

/** A list on one line: `branches: [PRD]`. */
export function flow(values: readonly Scalar[]): Styled {
  return new Styled(values, { layout: "flow" });
}

/** Text as a literal block (`|`), also when it is a single line. Text that a block cannot carry exactly is quoted. */
export function block(text: string): Styled {
  return new Styled(text, { layout: "block" });
}

/** One long line as a folded block (`>-`): a reader gets the lines joined by one space each. What a block cannot carry exactly is quoted. */
export function folded(lines: readonly string[]): Styled {
  return new Styled(lines.join(" "), { lines });
}

/** Leaves the entry's key unquoted. Only for GitHub's `on`, which it reads as a string; a YAML 1.1 reader sees `true`. */
export function plainKey(value: YamlNode): Styled {
  return styled(value, { plainKey: true });
}

/** The data alone: what a reader of the emitted text gets (a tag's meaning is up to that reader). */
export function plainData(node: unknown): unknown {
  if (node instanceof Styled) return plainData(node.value);
  if (Array.isArray(node)) return node.map(plainData);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) => (value === undefined ? [] : [[key, plainData(value)]])),
  );
}
