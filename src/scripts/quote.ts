/**
 * A value as one word of shell text: in single quotes, where nothing is special.
 * @throws TypeError for undefined or null, which a template must never fill in silently.
 * @throws RangeError for a NUL, which no shell word can hold.
 */
export function shellWord(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    throw new TypeError(`a shell template was given ${String(value)} for a value`);
  }
  const text = String(value);
  if (text.includes("\0")) throw new RangeError("a shell word cannot hold a NUL");
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
