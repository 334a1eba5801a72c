import "./json-imports.ts";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Finding, JudgedFile } from "./finding.ts";

// Loaded behind the first line: static imports would all be linked before it runs.
const { registerLogger, validate } = await import("@actions/languageservice");

const judge = "languageservice";
const WARNING = 2; // DiagnosticSeverity: 1 error, 2 warning, 3 information, 4 hint

let documents = 0;
const crashes: string[] = [];
let listening = false;

/**
 * GitHub's editor service: expressions and their contexts, on top of the parser.
 * Information ("runs at 03:00 every day") is no finding.
 */
export async function languageService(files: readonly JudgedFile[]): Promise<Finding[]> {
  listenForCrashes();
  const findings: Finding[] = [];
  for (const file of files) {
    // It caches by URI and never looks at the content again, so no URI is used twice.
    const uri = `file:///${++documents}/${file.path}`;
    const diagnostics = await validate(TextDocument.create(uri, "yaml", 1, file.content));
    for (const { message, range, severity } of diagnostics) {
      if ((severity ?? 1) > WARNING) continue;
      findings.push({ judge, file: file.path, line: range.start.line + 1, message: text(message) });
    }
    for (const message of crashes.splice(0)) findings.push({ judge, file: file.path, message });
  }
  return findings;
}

function text(message: string | { readonly value: string }): string {
  return typeof message === "string" ? message : message.value;
}

// When it trips over a file it logs that, and gives an empty list.
function listenForCrashes(): void {
  if (listening) return;
  listening = true;
  const note = (message: string) => crashes.push(message);
  registerLogger({ error: note, warn: () => {}, info: () => {}, log: () => {} });
}
