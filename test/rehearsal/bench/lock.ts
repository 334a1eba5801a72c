import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs something while holding a lock file, across processes. The kernel frees it when this process dies.
 * `flock` is the holder: it echoes a line once it has the lock, and gives it back when its input ends.
 */
export async function withLock<T>(file: string, use: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", ["--no-fork", file, "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(holder, "exit");
  holder.stdin.write("held\n");
  const held = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
  if (!held) throw new Error(`flock could not lock ${file}`);
  try {
    return await use();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
