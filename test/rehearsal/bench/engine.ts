import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrThrow } from "../../support/run.ts";
import { MissingTool, tool } from "../../support/tools.ts";
import { docker, tryDocker } from "./docker.ts";
import { withLock } from "./lock.ts";
import { end, isAlive, processes, until } from "./processes.ts";
import { removeLeftUsers } from "./unix-user.ts";

// One engine serves all test files and all test runs on this machine: starting one takes seconds, and the servers'
// users reach it where they would on a real server. A machine that has an engine of its own keeps it.
// Whoever uses it holds a lease, and the last one to give its lease back stops what was started here.
const SOCKET = "/var/run/docker.sock";
const FOLDER = join(tmpdir(), "tenantry-engine");
const LEASES = join(FOLDER, "leases");
const OWNER = "TENANTRY_BENCH_OWNER";

/** Why this machine can have no engine and no servers; undefined where it can. */
export function whyNoEngine(): string | undefined {
  if (process.getuid?.() !== 0) return "the bench makes users and starts daemons, so it needs root";
  try {
    for (const name of ["docker", "dockerd", "sshd", "docker-registry", "htpasswd", "busybox", "useradd"] as const) {
      tool(name);
    }
  } catch (error) {
    if (error instanceof MissingTool) return error.message;
    throw error;
  }
  return undefined;
}

/** Makes this process the leaseholder for all the processes that it starts. */
export function becomeOwner(): void {
  process.env[OWNER] = String(process.pid);
}

/** True where another process gives the lease back: vitest's main one, with the global setup. */
export function hasOwner(): boolean {
  return process.env[OWNER] !== undefined;
}

/** Takes a lease, and starts an engine unless one answers. Throws with the end of its log when it does not come up. */
export async function startEngine(): Promise<void> {
  mkdirSync(LEASES, { recursive: true });
  chmodSync(FOLDER, 0o700);
  await withLock(join(FOLDER, "lock"), async () => {
    writeFileSync(join(LEASES, process.env[OWNER] ?? String(process.pid)), "");
    if (!(await answers())) await launch();
  });
}

/** Gives a lease back. The last one stops the engine, if it was started here, with all its containers and images. */
export async function releaseEngine(leaseholder: number): Promise<void> {
  if (!existsSync(join(LEASES, String(leaseholder)))) return;
  await withLock(join(FOLDER, "lock"), async () => {
    rmSync(join(LEASES, String(leaseholder)), { force: true });
    // A test run that was killed gave nothing back: its lease does not count.
    if (readdirSync(LEASES).some((pid) => isAlive(Number(pid)))) return;
    await shutDown();
  });
}

/**
 * Ends what killed test runs have left: the engine, servers with their users, image registries, temporary folders.
 * Does nothing while a test run that lives holds a lease.
 */
export async function cleanUpAfterKilledRuns(): Promise<void> {
  if (process.getuid?.() !== 0) return;
  mkdirSync(LEASES, { recursive: true });
  await withLock(join(FOLDER, "lock"), async () => {
    if (readdirSync(LEASES).some((pid) => isAlive(Number(pid)))) return;
    for (const lease of readdirSync(LEASES)) rmSync(join(LEASES, lease));
    const ours = new RegExp(`${tmpdir()}/tenantry-(ssh-host|image-registry|act)-\\w{6}/`);
    await end(
      processes()
        .filter((one) => ours.test(one.command))
        .map((one) => one.pid),
      5,
    );
    await removeLeftUsers();
    for (const name of readdirSync(tmpdir())) {
      if (/^tenantry-[a-z-]+-\w{6}$/.test(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
    await shutDown();
  });
}

async function answers(): Promise<boolean> {
  return (await tryDocker(["version", "--format", "{{.Server.Version}}"], { timeoutSeconds: 10 })).code === 0;
}

async function launch(): Promise<void> {
  await shutDown(); // a frozen engine of an earlier run, or the remains of a killed one
  const folders = ["--data-root", join(FOLDER, "data"), "--exec-root", join(FOLDER, "exec")];
  // The default pools hold 31 networks, and every tenant of every test has one.
  const pools = ["--default-address-pool", "base=172.30.0.0/16,size=26"];
  const log = openSync(join(FOLDER, "log"), "w");
  const engine = spawn(
    tool("dockerd"),
    [
      "--host",
      `unix://${SOCKET}`,
      "--group",
      "docker",
      "--pidfile",
      pidFile,
      "--shutdown-timeout",
      "5",
      ...folders,
      ...pools,
    ],
    { detached: true, stdio: ["ignore", log, log], env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } },
  );
  engine.unref();
  const up = await until(async () => ended(engine) || (await answers()), 60);
  if (!up || ended(engine)) throw new Error(`dockerd did not come up:\n${logTail()}`);
}

const pidFile = join(FOLDER, "pid");
const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
const logTail = () => readFileSync(join(FOLDER, "log"), "utf8").split("\n").slice(-20).join("\n");

async function shutDown(): Promise<void> {
  const pid = ownEngine();
  if (pid !== undefined) {
    // Killed, not stopped: a container that ignores TERM would take its time.
    const containers = (await tryDocker(["ps", "--all", "--quiet"], { timeoutSeconds: 10 })).stdout
      .split("\n")
      .filter(Boolean);
    if (containers.length > 0) await docker(["rm", "--force", "--volumes", ...containers]);
    await end([pid], 20);
  }
  // Processes that outlived a killed engine: containerd and its shims name our folder in their arguments.
  await end(
    processes()
      .filter((one) => one.command.includes(join(FOLDER, "exec")))
      .map((one) => one.pid),
  );
  await unmountBelow(FOLDER);
  for (const name of ["data", "exec", "pid", "log"]) rmSync(join(FOLDER, name), { recursive: true, force: true });
}

/** Pid of an engine that was started here and still lives. */
function ownEngine(): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, "utf8"));
  // The number may belong to somebody else by now.
  return processes().some((one) => one.pid === pid && one.command.includes(pidFile)) ? pid : undefined;
}

/** A killed engine leaves its layers and network namespaces mounted. */
async function unmountBelow(folder: string): Promise<void> {
  const mounted = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  // The deepest first: a mount may stand in another one.
  for (const path of mounted.filter((point) => point.startsWith(`${folder}/`)).reverse()) {
    await runOrThrow("umount", ["--lazy", path]);
  }
}
