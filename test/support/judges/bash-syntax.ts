import { run } from "../run.ts";
import { tool } from "../tools.ts";
import type { Finding, JudgedFile } from "./finding.ts";

const judge = "bash -n";

/** What bash itself says of the syntax, warnings included (an unfinished here-document is only warned of). */
export async function bashSyntax(files: readonly JudgedFile[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { path, content } of files) {
    const result = await run(tool("bash"), ["--norc", "-n"], { input: content });
    const message = result.stderr.trim();
    if (result.code !== 0 || message !== "") {
      const line = /line (\d+)/.exec(message)?.[1];
      findings.push({ judge, file: path, message, ...(line === undefined ? {} : { line: Number(line) }) });
    }
  }
  return findings;
}
