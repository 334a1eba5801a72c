import { generatedFrom } from "../header.ts";

/** A whole script: header, the values it was made with, and the body that is the same for everybody. */
export interface ScriptText {
  /** What it does and who runs it where, one line each. */
  readonly purpose: readonly string[];
  /** The definition that it comes from. */
  readonly source: string;
  /** Constants of the fleet. */
  readonly prologue: string;
  /** Functions only, the last of them `main`. */
  readonly body: string;
}

export function renderScript({ purpose, source, prologue, body }: ScriptText): string {
  const header = [...purpose, ...generatedFrom(source)].map((line) => `# ${line.replaceAll(/\p{Cc}/gu, " ")}`);
  return [
    "#!/usr/bin/env bash",
    ...header,
    "set -euo pipefail",
    "",
    prologue.trimEnd(),
    "",
    body.trimEnd(),
    "",
    'main "$@"',
    "",
  ].join("\n");
}
