import type { ComposeFile } from "../fleet/compose-file.ts";
import type { Fleet, Installation } from "../fleet/installation.ts";
import { own } from "../fleet/own.ts";
import { bindingsOf, boundValue } from "./bindings.ts";
import { otherFields } from "./read.ts";
import { appResolver } from "./services.ts";
import { textsOf } from "./values.ts";
import { parseTemplate, type Reference, type Resolver, referencesOf, resolveTemplate, textOf } from "./variables.ts";

/** A variable that the overlay pins, so that a line for it in the server's `.env` has no effect. */
export interface Expectation {
  readonly variable: string;
  readonly value: string;
  /** `image`: the value is a repository, and a tag or digest behind it in `.env` is no disagreement. */
  readonly as: "text" | "image";
}

interface Pinned {
  readonly resolver: Resolver;
  readonly bound: ReadonlyMap<string, Expectation>;
}

/**
 * Values of an installation's variables: the definition's ports, names and paths where the variable stands for one, else the tenant's
 * env over the app's. Declared secrets stay references, for the server's `.env`.
 */
export function pins(fleet: Fleet, installation: Installation, compose: ComposeFile): Resolver {
  return pinned(fleet, installation, compose).resolver;
}

function pinned(fleet: Fleet, installation: Installation, compose: ComposeFile): Pinned {
  const { keep } = appResolver(fleet);
  const fromEnv = (name: string) => own(installation.env, name);
  const bound = boundVariables(fleet, installation, compose, { keep, lookup: fromEnv });
  return { bound, resolver: { keep, lookup: (name) => bound.get(name)?.value ?? fromEnv(name) } };
}

/** Variables with exactly one value from the definition's own fields. One that stands for two different values has none. */
function boundVariables(
  fleet: Fleet,
  installation: Installation,
  compose: ComposeFile,
  resolver: Resolver,
): ReadonlyMap<string, Expectation> {
  const bound = new Map<string, Expectation>();
  const ambiguous = new Set<string>();
  for (const { variable, meaning } of bindingsOf(fleet, compose, resolver)) {
    const value = boundValue(fleet, installation, meaning);
    if (value === undefined) continue;
    if (bound.has(variable) && bound.get(variable)?.value !== value) ambiguous.add(variable);
    bound.set(variable, { variable, value, as: meaning.kind === "image" ? "image" : "text" });
  }
  for (const variable of ambiguous) bound.delete(variable);
  return bound;
}

/**
 * What `.env` would have to say to agree with the definition, for every variable of which that can be said, sorted by name. A value with
 * a control character is left out: it is said to the server in lines.
 */
export function expectations(fleet: Fleet, installation: Installation, compose: ComposeFile): Expectation[] {
  const { resolver, bound } = pinned(fleet, installation, compose);
  const references = Map.groupBy(readReferences(compose), ({ name }) => name);
  const names = [...references.keys()].filter((name) => !resolver.keep(name)).sort();
  return names.flatMap((variable): Expectation[] => {
    const given = bound.get(variable);
    if (given) return [given];
    const value = resolver.lookup(variable) ?? commonDefault(references.get(variable) ?? [], resolver);
    return value === undefined || /\p{Cc}/u.test(value) ? [] : [{ variable, value, as: "text" }];
  });
}

/** The one default that every place of the file gives a variable; undefined when they differ or there is none. */
function commonDefault(references: readonly Reference[], resolver: Resolver): string | undefined {
  const defaults = references.map(({ operator, operand = [] }) =>
    operator?.endsWith("-") ? textOf(resolveTemplate(operand, resolver)) : undefined,
  );
  return new Set(defaults).size === 1 ? defaults[0] : undefined;
}

// A file's references are the same for every tenant.
const readBefore = new WeakMap<ComposeFile, readonly Reference[]>();

/** Every reference in what containers are made from, `x-` extensions left out. */
export function readReferences(compose: ComposeFile): readonly Reference[] {
  const references = readBefore.get(compose) ?? findReferences(compose);
  readBefore.set(compose, references);
  return references;
}

function findReferences(compose: ComposeFile): Reference[] {
  const texts = [...textsOf(compose.services), ...textsOf(otherFields(compose))];
  const written = texts.filter((text) => text.includes("$")).flatMap((text) => referencesOf(parseTemplate(text)));
  return [...written, ...Object.values(compose.services).flatMap(({ environment }) => passedThrough(environment))];
}

/** Variables that reach a container by their name alone: `environment: [TOKEN]` or `environment: { TOKEN: }`. */
export function passedThrough(environment: unknown): Reference[] {
  if (Array.isArray(environment)) {
    return environment.flatMap((item) =>
      typeof item === "string" && /^[A-Za-z_]\w*$/.test(item) ? [{ name: item }] : [],
    );
  }
  if (typeof environment !== "object" || environment === null) return [];
  return Object.entries(environment).flatMap(([name, value]) => (value === null ? [{ name }] : []));
}
