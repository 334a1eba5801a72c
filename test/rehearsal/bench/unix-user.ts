import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrThrow } from "../../support/run.ts";
import { tool } from "../../support/tools.ts";
import { withLock } from "./lock.ts";
import { end, type Process, processes } from "./processes.ts";

/** How the names of users begin that a server makes up by itself. */
export const USER_PREFIX = "bench-";

// Two test files may add users at once, and useradd does not wait for another one.
const USERS_LOCK = join(tmpdir(), "tenantry-users.lock");

/** Adds a user with a home of its own. */
export async function addUser(user: string, inDocker: boolean): Promise<{ uid: number; home: string }> {
  const home = `/home/${user}`;
  const groups = inDocker ? ["--groups", "docker"] : [];
  // `*` is a password that nobody has. Without PAM, sshd takes useradd's `!` for a locked account.
  // Far from 1000, which is the app's user in a container: its processes must not be taken for this user's.
  const range = [
    "--key",
    "UID_MIN=30000",
    "--key",
    "UID_MAX=39999",
    "--key",
    "GID_MIN=30000",
    "--key",
    "GID_MAX=39999",
  ];
  const args = [
    ...range,
    "--create-home",
    "--home-dir",
    home,
    "--shell",
    "/bin/bash",
    "--password",
    "*",
    ...groups,
    user,
  ];
  await withLock(USERS_LOCK, () => runOrThrow(tool("useradd"), args));
  return { uid: Number(await runOrThrow("id", ["--user", user])), home };
}

/** Removes a user with all that it runs and all its files. */
export async function removeUser(user: string, uid: number, home: string): Promise<void> {
  // Detached workers too: they outlive their connection on purpose.
  await end(
    processesOf(uid).map((one) => one.pid),
    2,
  );
  await withLock(USERS_LOCK, () => runOrThrow(tool("userdel"), ["--force", user]));
  // Not by userdel, which leaves what containers wrote under other users' names.
  rmSync(home, { recursive: true, force: true });
}

/** The processes that run as a user at this moment. */
export function processesOf(uid: number): Process[] {
  return processes().filter((one) => one.uid === uid);
}

/** Removes the users that test runs have left which were killed. Those with a name that a test gave are not known. */
export async function removeLeftUsers(): Promise<void> {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [user = "", , uid = "", , , home = ""] = line.split(":");
    if (user.startsWith(USER_PREFIX) && home === `/home/${user}`) await removeUser(user, Number(uid), home);
  }
}
