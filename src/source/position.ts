import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { ts } from "ts-morph";
import type { CallSite } from "../fleet/call-site.ts";
import { fieldNode } from "./field-node.ts";
import { type SourceFile, SourceFiles } from "./source-file.ts";
import type { Trail } from "./trail.ts";

/** Finds fields in the files of a project directory; every file is parsed once. */
export function positions(projectDirectory: string): (trail: Trail) => CallSite {
  const files = new SourceFiles();
  return (trail) => {
    const path = pathOf(trail.site.file);
    const shown = (file: string) => displayPath(projectDirectory, file);
    const site = { ...trail.site, file: shown(path) };
    const file = isAbsolute(path) ? files.get(path) : undefined;
    const call = file && callAt(file, trail.site);
    const found = file && call && fieldNode(files, file, call, trail.rest);
    if (!found) return site;
    const { tree, path: foundIn } = found.file;
    const { line, character } = tree.getLineAndCharacterOfPosition(found.node.getStart(tree));
    return { file: shown(foundIn), line: line + 1, column: character + 1 };
  };
}

function callAt({ tree, calls }: SourceFile, { line, column }: CallSite): ts.CallExpression | undefined {
  const starts = tree.getLineStarts();
  const start = starts[line - 1];
  return start === undefined ? undefined : calls.get(start + column - 1);
}

/** A module's URL as a path; a loader may have put a query behind it. */
function pathOf(file: string): string {
  if (!file.startsWith("file:")) return file;
  try {
    return fileURLToPath(file.replace(/[?#].*$/, ""));
  } catch {
    return file;
  }
}

function displayPath(projectDirectory: string, file: string): string {
  return isAbsolute(file) ? relative(projectDirectory, file).split(sep).join("/") : file;
}
