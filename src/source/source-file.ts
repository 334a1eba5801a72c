import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ts } from "ts-morph";

/** One parsed file of a user's, with what the searches in it need. */
export interface SourceFile {
  readonly path: string;
  readonly tree: ts.SourceFile;
  /** Calls by the position that a stack trace gives for them: the start of the called name. */
  readonly calls: ReadonlyMap<number, ts.CallExpression>;
}

/** Reads and parses files, each once. */
export class SourceFiles {
  readonly #files = new Map<string, SourceFile | undefined>();

  /** The file, or undefined when it cannot be read. */
  get(path: string): SourceFile | undefined {
    if (!this.#files.has(path)) this.#files.set(path, parse(path));
    return this.#files.get(path);
  }

  /** The file that a relative import of `from` names. */
  imported(from: SourceFile, specifier: string): SourceFile | undefined {
    if (!specifier.startsWith(".")) return undefined;
    const path = resolve(dirname(from.path), specifier);
    const candidates = [path, path.replace(/\.(m?)js$/, ".$1ts"), `${path}.ts`];
    const found = candidates.find((candidate) => existsSync(candidate));
    return found === undefined ? undefined : this.get(found);
  }
}

function parse(path: string): SourceFile | undefined {
  try {
    const tree = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    return { path, tree, calls: callsOf(tree) };
  } catch {
    return undefined; // gone or unreadable: the message then shows the call's place alone
  }
}

function callsOf(tree: ts.SourceFile): Map<number, ts.CallExpression> {
  const calls = new Map<number, ts.CallExpression>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const called = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
      calls.set(called.getStart(tree), node);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return calls;
}
