import { spawn } from "node:child_process";

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the command. Default: this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Text for its standard input, which is closed after it. Default: nothing. */
  readonly input?: string;
  /** The command is killed when it takes longer. Default 60. */
  readonly timeoutSeconds?: number;
}

export interface RunResult {
  /** Exit code; 128 and more when a signal ended it (137 for SIGKILL), as a shell says it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a command to its end and never throws for its exit code; throws when it cannot be started or takes too long. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { timeoutSeconds = 60 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
      // A grandchild may still hold the pipes open: do not wait for it.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutSeconds * 1000);
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A command that does not read its input may be gone before we have written it.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const text = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
      if (late) reject(new Error(`${file} took longer than ${timeoutSeconds} s\n${text.stdout}\n${text.stderr}`));
      else resolve({ code: code ?? 128 + (SIGNALS[signal ?? ""] ?? 0), ...text });
    });
  });
}

/** Like `run`, and throws with all that it printed when the exit code is not 0. Gives its standard output. */
export async function runOrThrow(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(file, args, options);
  if (result.code !== 0) {
    throw new Error(`${file} ${args.join(" ")}: exit code ${result.code}\n${result.stdout}\n${result.stderr}`);
  }
  return result.stdout;
}
