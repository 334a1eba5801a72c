import { type Document, isMap, LineCounter, type Node, type ParsedNode, parseDocument, visit } from "yaml";
import { show } from "../fleet/checks.ts";
import type { ComposeFile } from "../fleet/compose-file.ts";
import { isMapping } from "./values.ts";
import { parseTemplate, TemplateError } from "./variables.ts";

/** Something in a compose file that keeps it from being read. Lines and columns start at 1. */
export interface ComposeProblem {
  readonly line: number;
  readonly col: number;
  readonly message: string;
}

export interface ReadComposeFile {
  /** Undefined when there is a problem. */
  readonly file?: ComposeFile;
  readonly problems: readonly ComposeProblem[];
}

type Mapping = Readonly<Record<string, unknown>>;

// The other top-level fields of a file, so that they need not be parsed again for every tenant.
const wholes = new WeakMap<ComposeFile, Mapping>();

/** Reads a compose file as Compose does: YAML 1.2 with merge keys, one document, services by name. Never throws. */
export function readComposeFile(path: string, text: string): ReadComposeFile {
  const lines = new LineCounter();
  const document = parse(text, lines);
  const at: At = (offset, message) => ({ ...lines.linePos(offset), message });
  const syntax = document.errors.map((error) => at(error.pos[0], firstLine(error.message)));
  if (syntax.length > 0) return { problems: syntax };
  const aliases = aliasProblems(document, at);
  if (aliases.length > 0) return { problems: aliases };
  const whole = toMapping(document);
  if (!whole) return { problems: [at(0, "its aliases stand for more than can be read")] };
  const problems = [...shapeProblems(document, whole, at), ...templateProblems(document, at)];
  if (problems.length > 0) return { problems };
  const file: ComposeFile = {
    path,
    text,
    ...(typeof whole.name === "string" ? { name: whole.name } : {}),
    services: whole.services as ComposeFile["services"],
  };
  wholes.set(file, whole);
  return { file, problems };
}

/** Every top-level field of a file, as plain data. */
export function allFields(file: ComposeFile): Mapping {
  const whole = wholes.get(file) ?? toMapping(parse(file.text, new LineCounter())) ?? {};
  wholes.set(file, whole);
  return whole;
}

/** The top-level fields beside the services that containers are made from: no name, no obsolete version, no `x-` extension. */
export function otherFields(file: ComposeFile): Mapping {
  const fields = Object.entries(allFields(file));
  return Object.fromEntries(
    fields.filter(([key]) => !["services", "name", "version"].includes(key) && !key.startsWith("x-")),
  );
}

type At = (offset: number, message: string) => ComposeProblem;
type Parsed = Document.Parsed<ParsedNode>;

function parse(text: string, lineCounter: LineCounter): Parsed {
  // `logLevel` keeps the library from printing warnings about `!reset` and `!override`, which mean something to Compose.
  return parseDocument(text, { merge: true, lineCounter, prettyErrors: false, logLevel: "error" });
}

/** Undefined when aliases of aliases grow beyond measure. */
function toMapping(document: Parsed): Mapping | undefined {
  try {
    return (document.toJS() ?? {}) as Mapping;
  } catch {
    return undefined;
  }
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] as string;
}

function shapeProblems(document: Parsed, whole: Mapping, at: At): ComposeProblem[] {
  const root = document.contents;
  if (!isMap(root)) return [at(offsetOf(root), "it is not a mapping with `services:`")];
  const services = whole.services;
  const node = root.get("services", true) as Node | undefined;
  if (!isMapping(services) || Object.keys(services).length === 0)
    return [at(offsetOf(node ?? root), "it has no `services:`")];
  return Object.entries(services).flatMap(([name, service]) => {
    const place = offsetOf(isMap(node) ? (node.get(name, true) as Node) : node);
    if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
      return [at(place, `${show(name)} is not a service's name, which has letters, digits, ".", "_" and "-" only`)];
    }
    return isMapping(service) ? [] : [at(place, `service "${name}" is not a mapping`)];
  });
}

function aliasProblems(document: Parsed, at: At): ComposeProblem[] {
  const problems: ComposeProblem[] = [];
  visit(document, {
    Alias(_, node, path) {
      const anchored = node.resolve(document);
      if (!anchored) problems.push(at(offsetOf(node), `"*${node.source}" stands for no anchor above it`));
      else if (path.includes(anchored)) problems.push(at(offsetOf(node), `"*${node.source}" stands inside itself`));
    },
  });
  return problems;
}

/** Compose refuses the whole file for one bad variable, wherever it stands; keys are not interpolated. */
function templateProblems(document: Parsed, at: At): ComposeProblem[] {
  const problems: ComposeProblem[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string") return;
      const problem = templateProblem(node.value);
      if (problem) problems.push(at(offsetOf(node), problem));
    },
  });
  return problems;
}

function templateProblem(text: string): string | undefined {
  try {
    parseTemplate(text);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

function offsetOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}
