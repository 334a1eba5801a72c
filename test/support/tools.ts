import { accessSync, constants, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { TestContext } from "vitest";

/** A command that the tests call and npm does not bring. */
export type ToolName =
  | "act"
  | "actionlint"
  | "bash"
  | "busybox"
  | "docker"
  | "docker-registry"
  | "dockerd"
  | "git"
  | "go"
  | "htpasswd"
  | "jq"
  | "shellcheck"
  | "ssh"
  | "ssh-keygen"
  | "ssh-keyscan"
  | "sshd"
  | "useradd"
  | "userdel"
  | "zizmor";

/** Thrown by `tool` when a command is on this machine neither in the cache nor elsewhere. */
export class MissingTool extends Error {
  constructor(name: ToolName) {
    super(`${name} is not on this machine: run .ci/install`);
  }
}

// Before the PATH: an older docker client may come first there, and daemons are often not on it.
const SYSTEM_FOLDERS = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/** The folder where `.ci/install` keeps what it builds. */
export function toolCache(env: NodeJS.ProcessEnv = process.env): string {
  return env.TENANTRY_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tenantry");
}

/** Absolute path of a tool: from the cache folder, else the system's folders, else the PATH. Throws MissingTool. */
export function tool(name: ToolName, env: NodeJS.ProcessEnv = process.env): string {
  const found = candidates(name, env).find(isExecutable);
  if (found === undefined) throw new MissingTool(name);
  return found;
}

/** True where a missing tool must fail a test instead of skipping it. */
export function mustHaveAllTools(env: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(env.CI) || env.TENANTRY_REQUIRE === "1";
}

/** The first line of a test that needs tools: skips it with the reason where one is missing, and throws in CI. */
export function needs(context: Pick<TestContext, "skip">, ...names: readonly ToolName[]): void {
  for (const name of names) {
    try {
      tool(name);
    } catch (error) {
      if (mustHaveAllTools() || !(error instanceof MissingTool)) throw error;
      context.skip(error.message);
    }
  }
}

function candidates(name: ToolName, env: NodeJS.ProcessEnv): string[] {
  const path = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...cached(name, env), ...[...SYSTEM_FOLDERS, ...path].map((folder) => join(folder, name))];
}

function cached(name: ToolName, env: NodeJS.ProcessEnv): string[] {
  const version = pinnedVersions()[name];
  if (version === undefined) return [];
  const folder = join(toolCache(env), `${name}-${version}`);
  return [join(folder, name), join(folder, "bin", name)];
}

/** The versions of `.ci/tool-versions`, by name. */
export function pinnedVersions(): Readonly<Record<string, string>> {
  const text = readFileSync(join(import.meta.dirname, "../../.ci/tool-versions"), "utf8");
  const rows = text.split("\n").filter((line) => line.includes("=") && !line.startsWith("#"));
  return Object.fromEntries(rows.map((line) => line.split("=", 2) as [string, string]));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
