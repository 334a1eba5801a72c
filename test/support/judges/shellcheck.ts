import { run } from "../run.ts";
import { inScratch } from "../scratch.ts";
import { tool } from "../tools.ts";
import { byPath, type Finding, type JudgedFile } from "./finding.ts";

const judge = "shellcheck";

interface Report {
  readonly comments: readonly {
    readonly file: string;
    readonly line: number;
    readonly code: number;
    readonly message: string;
  }[];
}

/** ShellCheck at its strictest level, as bash. It reads no other file (no --external-sources) and no .shellcheckrc. Throws when it is missing. */
export function shellcheck(files: readonly JudgedFile[]): Promise<Finding[]> {
  return inScratch(judge, byPath(files), async (folder) => {
    const args = ["--norc", "--severity=style", "--shell=bash", "--format=json1"];
    const result = await run(tool("shellcheck"), [...args, "--", ...files.map((file) => file.path)], {
      cwd: folder,
      env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8" },
    });
    // 0: no findings, 1: findings; anything else: it could not do its work.
    if (result.code > 1) throw new Error(`shellcheck: exit code ${result.code}\n${result.stderr}`);
    const { comments } = JSON.parse(result.stdout) as Report;
    return comments.map(({ file, line, code, message }) => ({ judge, file, line, message: `SC${code}: ${message}` }));
  });
}
