import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.ts";
import { inScratch } from "../scratch.ts";
import { tool } from "../tools.ts";
import { byPath, type Finding, type JudgedFile } from "./finding.ts";

const judge = "actionlint";

interface Report {
  readonly message: string;
  readonly filepath: string;
  readonly line: number;
}

/** actionlint, with ShellCheck on every `run:`. All files are given to one process. Throws when it is missing. */
export function actionlint(files: readonly JudgedFile[]): Promise<Finding[]> {
  return inScratch(judge, byPath(files), async (folder) => {
    mkdirSync(join(folder, ".git")); // by which it finds the root, and with it the called workflows
    const args = ["-no-color", "-pyflakes=", "-shellcheck", tool("shellcheck"), "-format", "{{json .}}"];
    const result = await run(tool("actionlint"), [...args, ...files.map((file) => file.path)], { cwd: folder });
    // 0: no findings, 1: findings; anything else: it could not do its work.
    if (result.code > 1) throw new Error(`actionlint: exit code ${result.code}\n${result.stderr}`);
    const reports = JSON.parse(result.stdout) as readonly Report[];
    return reports.map(({ message, filepath, line }) => ({ judge, file: filepath, line, message }));
  });
}
