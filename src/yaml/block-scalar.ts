import { hasInvisible } from "./scalar.ts";

/**
 * True when a literal block carries the text exactly, readably, and in every reader. Quoted instead are text that starts with
 * white space (it would need an indentation indicator), has it at the end of a line (a reviewer cannot see it), or ends with
 * empty lines (`|+` would swallow the blank line in front of the next entry).
 */
export function fitsBlock(text: string): boolean {
  if (/^[ \t\n]|[ \t](?:\n|$)|\n\n$/.test(text) || text === "") return false;
  return !hasInvisible(text.replace(/[\n\t]/g, " "));
}

/**
 * True when a folded block gives these lines back, joined by one space each. A line that is empty or starts with white space folds in a way
 * of its own (https://yaml.org/spec/1.2.2/#813-folded-style).
 */
export function fitsFolded(lines: readonly string[]): boolean {
  return lines.length > 0 && lines.every((line) => line !== "" && !/^[ \t]|[ \t]$|\n/.test(line) && fitsBlock(line));
}

/** `>-` and the lines at `pad`; the caller has asked `fitsFolded`. */
export function foldedText(lines: readonly string[], pad: string, comment: string): string {
  return `>-${comment}${lines.map((line) => pad + line).join("")}`;
}

/** `|` and the lines at `pad` (a line feed and the indentation); the caller has asked `fitsBlock`. */
export function blockText(text: string, pad: string, comment: string): string {
  const keepsLineFeed = text.endsWith("\n");
  const lines = (keepsLineFeed ? text.slice(0, -1) : text).split("\n");
  const body = lines.map((line) => (line === "" ? "\n" : pad + line)).join("");
  return `${keepsLineFeed ? "|" : "|-"}${comment}${body}`;
}
