import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Finding, JudgedFile } from "./finding.ts";

const judge = "github-limits";

/** Bytes of one workflow file. GitHub says 500 KB, and counts 1,024 bytes each. */
export const MAX_WORKFLOW_BYTES = 512_000;

/**
 * Characters of a string that holds an expression. The whole string, a long `run:` for example, is one expression
 * once a single `${{ }}` stands in it; the service then refuses the file with "Exceeded max expression length 21000".
 */
export const MAX_EXPRESSION_CHARACTERS = 21_000;

/** GitHub's own limits, which only the service itself checks: no parser or linter does. */
export async function githubLimits(files: readonly JudgedFile[]): Promise<Finding[]> {
  return files.flatMap((file) => [...tooLarge(file), ...tooLongExpressions(file)]);
}

function tooLarge(file: JudgedFile): Finding[] {
  const bytes = Buffer.byteLength(file.content);
  if (bytes <= MAX_WORKFLOW_BYTES) return [];
  return [{ judge, file: file.path, message: `${bytes} bytes, and a workflow has at most ${MAX_WORKFLOW_BYTES}` }];
}

function tooLongExpressions(file: JudgedFile): Finding[] {
  const lines = new LineCounter();
  const findings: Finding[] = [];
  visit(parseDocument(file.content, { lineCounter: lines }), {
    Scalar(_key, node) {
      if (!isScalar(node) || typeof node.value !== "string") return;
      const { length } = node.value;
      if (length <= MAX_EXPRESSION_CHARACTERS || !node.value.includes("${{")) return;
      const { line } = lines.linePos(node.range?.[0] ?? 0);
      const message = `a string with an expression has ${length} characters; ${MAX_EXPRESSION_CHARACTERS} are allowed`;
      findings.push({ judge, file: file.path, line, message });
    },
  });
  return findings;
}
