import { readdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process as /proc shows it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
  /** Its arguments, joined by blanks; empty for a zombie. */
  readonly command: string;
}

/** All processes of the machine that still live (zombies are none). */
export function processes(): Process[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => read(Number(pid)));
}

/** The processes below one, however deep, without itself. */
export function descendants(pid: number): Process[] {
  const all = processes();
  const below = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** The processes that were started with this text in their environment, also those that left their parent. */
export function processesWithEnvironment(entry: string): Process[] {
  return processes().filter(({ pid }) => fileOf(pid, "environ").split("\0").includes(entry));
}

export function isAlive(pid: number): boolean {
  return read(pid).length > 0;
}

/** Kills processes with one signal, whichever of them still live. */
export function signal(pids: Iterable<number>, name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended by itself in between.
    }
  }
}

/** Asks processes to end, waits, and kills those that did not. */
export async function end(pids: readonly number[], waitSeconds = 10): Promise<void> {
  signal(pids, "SIGTERM");
  const gone = await until(() => !pids.some(isAlive), waitSeconds);
  if (!gone) signal(pids, "SIGKILL");
  await until(() => !pids.some(isAlive), 5);
}

/** Asks every 50 ms until the answer is true. False when time is up. */
export async function until(ask: () => boolean | Promise<boolean>, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await ask())) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

function read(pid: number): Process[] {
  // pid (name) state parent …: the name may hold anything, a bracket too.
  const [, state, parent] = /^.*\) (\S) (\d+) /s.exec(fileOf(pid, "stat")) ?? [];
  if (state === undefined || state === "Z" || state === "X") return [];
  try {
    const uid = statSync(`/proc/${pid}`).uid;
    return [{ pid, parent: Number(parent), uid, command: fileOf(pid, "cmdline").split("\0").join(" ").trim() }];
  } catch {
    return [];
  }
}

function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
