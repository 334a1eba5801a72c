import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../support/free-port.ts";
import { runOrThrow } from "../../support/run.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { tool } from "../../support/tools.ts";
import { docker } from "./docker.ts";
import { until } from "./processes.ts";

/** An image registry on the loopback interface that asks for a login, as a private one does. */
export interface ImageRegistry {
  /** `127.0.0.1:<port>`; the same after a stop and a start. */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  /** A Docker configuration folder that is logged in, for `docker --config` and DOCKER_CONFIG. */
  login(): Promise<string>;
  /** Takes it away: connections are refused until `start`. What was pushed stays. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and deletes everything. */
  remove(): Promise<void>;
}

export async function startImageRegistry(): Promise<ImageRegistry> {
  const folder = scratchFolder("image-registry");
  const address = `127.0.0.1:${await freePort()}`;
  const user = "bench";
  const password = randomBytes(12).toString("hex");
  await configure(folder, { address, user, password });
  let server: ChildProcess | undefined;

  const stop = async () => {
    if (server === undefined) return;
    const exited = once(server, "exit");
    if (server.kill("SIGTERM")) await exited;
    server = undefined;
  };
  const start = async () => {
    if (server !== undefined) return;
    server = serve(folder);
    if (!(await until(() => asksForLogin(address), 20))) throw new Error(`no image registry:\n${logOf(folder)}`);
  };
  const login = async () => {
    const config = join(folder, "login");
    mkdirSync(config, { recursive: true });
    await docker(["login", "--username", user, "--password-stdin", address], { config, input: password });
    return config;
  };
  const remove = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };

  await start();
  return { address, user, password, login, stop, start, remove };
}

async function configure(folder: string, who: { address: string; user: string; password: string }): Promise<void> {
  const passwords = join(folder, "htpasswd");
  // bcrypt is the only kind that it reads. The password goes over standard input, not on the command line.
  writeFileSync(passwords, await runOrThrow(tool("htpasswd"), ["-niB", who.user], { input: who.password }));
  const config = {
    version: 0.1,
    log: { level: "warn" },
    storage: { filesystem: { rootdirectory: join(folder, "storage") }, delete: { enabled: true } },
    http: { addr: who.address },
    auth: { htpasswd: { realm: "bench", path: passwords } },
  };
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config)); // YAML is a superset of JSON
}

function serve(folder: string): ChildProcess {
  const log = openSync(join(folder, "log"), "a");
  return spawn(tool("docker-registry"), ["serve", join(folder, "config.yml")], {
    stdio: ["ignore", log, log],
    env: { PATH: "/usr/bin:/bin", OTEL_TRACES_EXPORTER: "none" },
  });
}

const logOf = (folder: string) => readFileSync(join(folder, "log"), "utf8").slice(-2000);

async function asksForLogin(address: string): Promise<boolean> {
  try {
    return (await fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(1000) })).status === 401;
  } catch {
    return false;
  }
}
