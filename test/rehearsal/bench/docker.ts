import { type RunOptions, type RunResult, run, runOrThrow } from "../../support/run.ts";
import { tool } from "../../support/tools.ts";

/** A PATH on which the system's docker comes before any other one. */
export const SYSTEM_PATH = "/usr/bin:/usr/sbin:/bin:/sbin:/usr/local/bin";

export interface DockerOptions extends RunOptions {
  /** Folder with the `config.json` of a login. Default: one that does not exist, so nobody is logged in. */
  readonly config?: string;
}

/** Runs docker against the bench's engine, and gives what it printed. Throws when it fails. */
export function docker(args: readonly string[], options: DockerOptions = {}): Promise<string> {
  return runOrThrow(tool("docker"), args, { ...options, env: dockerEnv(options) });
}

/** Like `docker`, for a command that may fail. */
export function tryDocker(args: readonly string[], options: DockerOptions = {}): Promise<RunResult> {
  return run(tool("docker"), args, { ...options, env: dockerEnv(options) });
}

function dockerEnv({ config, env }: DockerOptions): NodeJS.ProcessEnv {
  // Debian's docker has no buildx, so the builder is the old one. It needs nothing from outside.
  return {
    PATH: SYSTEM_PATH,
    HOME: "/nonexistent",
    DOCKER_BUILDKIT: "0",
    DOCKER_CONFIG: config ?? "/nonexistent",
    ...env,
  };
}
