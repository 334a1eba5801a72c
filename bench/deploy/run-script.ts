import { spawn } from "node:child_process";
import { once } from "node:events";

const TIMEOUT_SECONDS = 180;

/** Runs a script. `onOutput` gets all that it has printed so far, whenever there is more. Throws when it fails or takes too long. */
export async function runScript(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onOutput: (all: string) => void = () => {},
): Promise<void> {
  const script = spawn("bash", args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_SECONDS * 1000 });
  let output = "";
  for (const stream of [script.stdout, script.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      onOutput(output);
    });
  }
  const [code, signal] = await once(script, "close");
  if (code !== 0) throw new Error(`${args[0]}: ${signal ?? `exit code ${code}`}\n${output}`);
}
