import { run } from "../run.ts";
import { tool } from "../tools.ts";
import type { Finding } from "./finding.ts";

const judge = "docker compose config";

/**
 * What Docker Compose says of a project directory: its compose file, the override beside it, and its `.env`.
 * Warnings count (a variable that is not set becomes an empty string). No engine is needed. Throws without the plugin.
 */
export async function composeConfig(projectDirectory: string): Promise<Finding[]> {
  // The whole environment is left out: a variable of the machine would take precedence over `.env`.
  const env = { PATH: process.env.PATH, HOME: projectDirectory };
  const plugin = await run(tool("docker"), ["compose", "version"], { env });
  if (plugin.code !== 0) throw new Error("docker has no compose plugin on this machine: run .ci/install");
  const result = await run(tool("docker"), ["compose", "config", "--quiet"], { cwd: projectDirectory, env });
  const complaints = `${result.stdout}\n${result.stderr}`.split("\n").filter((line) => line.trim() !== "");
  if (result.code !== 0 && complaints.length === 0) complaints.push(`exit code ${result.code}`);
  return complaints.map((message) => ({ judge, file: projectDirectory, message }));
}
