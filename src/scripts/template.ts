import { readdirSync, readFileSync } from "node:fs";
import Handlebars from "handlebars";
import { shellWord } from "./quote.ts";

// Templates are program text like this file: read once, when the module is loaded, never while compiling.
const folder = new URL("../../templates/", import.meta.url);

// An instance of its own, so that a user's Handlebars helpers and ours never meet.
const handlebars = Handlebars.create();
handlebars.registerHelper("sh", (value: unknown) => shellWord(value));
handlebars.registerHelper("shList", (values: unknown) => {
  if (!Array.isArray(values)) throw new TypeError("a shell template was given no list");
  return values.map(shellWord).join(" ");
});

/** A Handlebars template. A name that the values lack is an error, and nothing is escaped for HTML. */
export function template<Values extends object>(name: string): (values: Values) => string {
  const compiled = handlebars.compile<Values>(readTemplate(name), {
    strict: true,
    noEscape: true,
    knownHelpersOnly: false,
  });
  return (values) => compiled(values);
}

/** Shell text that no template engine reads: Docker's own `{{.ID}}` stays as it is. */
export function readTemplate(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** The parts of a script in the order of their names. */
export function readParts(name: string): string {
  return readdirSync(new URL(`${name}/`, folder))
    .filter((file) => file.endsWith(".sh"))
    .sort()
    .map((file) => readTemplate(`${name}/${file}`).trimEnd())
    .join("\n\n");
}
