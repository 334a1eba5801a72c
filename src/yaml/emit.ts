import { blockText, fitsBlock, fitsFolded, foldedText } from "./block-scalar.ts";
import { commentLines, trailingComment } from "./comment.ts";
import { type Scalar, type Style, Styled, type YamlMap, type YamlNode } from "./node.ts";
import { flowText, keyText, scalarText } from "./scalar.ts";

/** A line feed and the indentation of the lines that follow it. */
type Pad = string;

const UNSTYLED: Style = {};

/** An entry without its decoration. */
type Bare = Scalar | readonly YamlNode[] | YamlMap;

interface EmitOptions {
  /** Comment lines at the very top, with an empty line below. */
  readonly header?: readonly string[];
}

/**
 * The text of one YAML document: two spaces a level, insertion order kept, folded only where `folded` says so, exactly one line feed at the end.
 * Strings are written so that readers of YAML 1.1 and 1.2 both get the same strings back.
 * @throws RangeError for half of a surrogate pair, or a key above 1024 characters.
 * @throws TypeError for a value that the types do not allow.
 */
export function emit(node: YamlNode, options: EmitOptions = {}): string {
  const header = (options.header ?? []).flatMap(commentLines);
  const { value, style } = unwrap(node);
  const above = style.comment === undefined ? "" : `${commentLines(style.comment).join("\n")}\n`;
  const root = valueText(value, style, "\n", "root");
  return `${header.length === 0 ? "" : `${header.join("\n")}\n\n`}${above}${root.replace(/^[ \n]/, "")}\n`;
}

function unwrap(node: YamlNode): { value: Bare; style: Style } {
  return node instanceof Styled ? { value: node.value as Bare, style: node.style } : { value: node, style: UNSTYLED };
}

/** What follows `key:` or `-`, with its leading space or line feed. `pad` is that of the key or the hyphen. */
function valueText(value: Bare, style: Style, pad: Pad, place: "key" | "item" | "root"): string {
  const tag = style.tag === undefined ? "" : ` ${style.tag}`;
  const comment = trailingComment(style.trailing);
  const inner = place === "root" ? pad : `${pad}  `;
  if (style.lines !== undefined && fitsFolded(style.lines)) {
    return `${tag} ${foldedText(style.lines, `${pad}  `, comment)}`;
  }
  if (typeof value === "string" && (style.layout === "block" || value.includes("\n")) && fitsBlock(value)) {
    return `${tag} ${blockText(value, `${pad}  `, comment)}`;
  }
  if (typeof value !== "object" || value === null) return `${tag} ${scalarText(value)}${comment}`;
  const entries = Array.isArray(value) ? listText(value, style, inner) : mapText(value as YamlMap, inner);
  if (entries.startsWith("[") || entries.startsWith("{")) return `${tag} ${entries}${comment}`;
  // `- name: x` saves a line, but only where nothing stands between the hyphen and the first key.
  const compact = place === "item" && tag === "" && comment === "";
  return `${tag}${comment}${compact ? " " : inner}${entries}`;
}

function listText(list: readonly YamlNode[], style: Style, pad: Pad): string {
  if (list.length === 0) return "[]";
  if (style.layout === "flow") return `[${(list as readonly Scalar[]).map(flowText).join(", ")}]`;
  let text = "";
  for (const node of list) {
    if (node instanceof Styled) {
      text += entryStart(node.style, pad, text === "");
      text += `-${valueText(node.value as Bare, node.style, pad, "item")}`;
    } else {
      text += `${text === "" ? "" : pad}-${valueText(node, UNSTYLED, pad, "item")}`;
    }
  }
  return text;
}

function mapText(map: YamlMap, pad: Pad): string {
  let text = "";
  for (const key of Object.keys(map)) {
    const node = map[key];
    if (node === undefined) continue;
    if (node instanceof Styled) {
      text += `${entryStart(node.style, pad, text === "")}${keyText(key, node.style.plainKey)}:`;
      text += valueText(node.value as Bare, node.style, pad, "key");
    } else {
      text += `${text === "" ? "" : pad}${keyText(key)}:${valueText(node, UNSTYLED, pad, "key")}`;
    }
  }
  return text === "" ? "{}" : text;
}

/** The line feeds, comments and indentation in front of an entry. The first one's line has been begun by its parent. */
function entryStart(style: Style, pad: Pad, first: boolean): string {
  const start = first ? "" : style.blankBefore === true ? `\n${pad}` : pad;
  return style.comment === undefined ? start : `${start}${commentLines(style.comment).join(pad)}${pad}`;
}
