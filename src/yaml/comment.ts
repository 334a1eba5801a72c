const LINE_BREAK = /\r\n|[\n\r]/;

/** Includes what other YAML versions take for a line break: a comment must not end where its author did not end it. */
const INVISIBLE = /[^\x20-\x7e\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/gu;

function printable(line: string): string {
  return line.replaceAll("\t", " ").replace(INVISIBLE, "\ufffd").trimEnd();
}

/** One `#` line for each line of the text. */
export function commentLines(text: string): string[] {
  return text.split(LINE_BREAK).map((line) => `# ${printable(line)}`.trimEnd());
}

/** ` # text` behind a value, on one line; empty without text. */
export function trailingComment(text: string | undefined): string {
  if (text === undefined) return "";
  return ` # ${text.split(LINE_BREAK).map(printable).join(" ")}`.trimEnd();
}
