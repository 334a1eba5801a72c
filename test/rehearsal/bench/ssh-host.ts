import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../support/free-port.ts";
import { type RunOptions, type RunResult, run, runOrThrow } from "../../support/run.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { tool } from "../../support/tools.ts";
import { SYSTEM_PATH } from "./docker.ts";
import { descendants, end, signal, until } from "./processes.ts";
import { addUser, processesOf, removeUser, USER_PREFIX } from "./unix-user.ts";

export interface SshHostOptions {
  /** Name of the Unix user, which must not exist yet. Default: a new one, so that servers do not share a home. */
  readonly user?: string;
  /** Whether the user is in the group docker. Default true. */
  readonly docker?: boolean;
  /** What stands before the key in authorized_keys, `restrict,command="…"` for example. Default: nothing. */
  readonly keyOptions?: string;
}

export interface ExecOptions extends RunOptions {
  /** The host key that the client has pinned. Default: the one that the server has at this moment. */
  readonly hostKey?: string;
}

/** How many connections a server has seen since it started. */
export interface Connections {
  /** Every TCP connection, also one that ended before a login. */
  readonly opened: number;
  /** Those that logged in. */
  readonly accepted: number;
}

/** A throw-away server: an sshd and a Unix user of its own. */
export interface SshHost {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly uid: number;
  readonly home: string;
  /** The line as a definition pins it: `ssh-ed25519 AAAA…`. Changes with `rotateHostKey`. */
  hostKey(): string;
  /** The client's private key, OpenSSH format. */
  readonly privateKey: string;
  /** The client's public key, as it stands in authorized_keys. */
  readonly publicKey: string;
  /** Runs a command line over SSH as the user would, from the user's login shell. */
  exec(command: string, options?: ExecOptions): Promise<RunResult>;
  connections(): Connections;
  /** Gives the server another host key, as a server that was set up anew has. Gives the new line. */
  rotateHostKey(): Promise<string>;
  /** Cuts the connections that are open, from the server's side. New ones are accepted. */
  dropConnections(): void;
  /** The server is away: connections are refused, open ones are cut. The user's processes live on. */
  stopSshd(): Promise<void>;
  startSshd(): Promise<void>;
  /** sshd and all its connections stand still: nothing is refused and nothing answers, as behind a dead link. */
  freeze(): void;
  thaw(): void;
  /** The commands of the user's processes that live at this moment. */
  processes(): string[];
  /** Stops everything, and removes the user with all processes and files. */
  remove(): Promise<void>;
}

export async function startSshHost(options: SshHostOptions = {}): Promise<SshHost> {
  const folder = scratchFolder("ssh-host");
  const user = options.user ?? `${USER_PREFIX}${randomBytes(4).toString("hex")}`;
  const port = await freePort();
  const { uid, home } = await addUser(user, options.docker ?? true);
  await makeKey(join(folder, "client"));
  await makeKey(join(folder, "host"));
  const publicKey = publicPart(join(folder, "client"));
  const privateKey = readFileSync(join(folder, "client"), "utf8");
  authorize(home, uid, `${options.keyOptions ?? ""} ${publicKey}\n`.trimStart());
  writeFileSync(join(folder, "sshd_config"), sshdConfig(folder, port, user));

  let sshd: ChildProcess | undefined;
  const hostKey = () => publicPart(join(folder, "host"));
  const own = () => (sshd?.pid === undefined ? [] : [sshd.pid, ...sessions(sshd.pid)]);
  const startSshd = async () => {
    sshd ??= await listen(folder, port);
  };
  const stopSshd = async () => {
    const pids = own();
    signal(pids, "SIGCONT"); // frozen, it could not end
    await end(pids, 3);
    sshd = undefined;
  };

  await startSshd();
  return {
    host: "127.0.0.1",
    port,
    user,
    uid,
    home,
    hostKey,
    privateKey,
    publicKey,
    startSshd,
    stopSshd,
    exec: (command, { hostKey: pinned = hostKey(), ...runOptions } = {}) => {
      writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${pinned}\n`);
      return run(tool("ssh"), [...clientOptions(folder, port, user), "--", command], runOptions);
    },
    connections: () => countConnections(readFileSync(join(folder, "log"), "utf8")),
    rotateHostKey: async () => {
      for (const name of ["host", "host.pub"]) rmSync(join(folder, name));
      await makeKey(join(folder, "host"));
      await stopSshd();
      await startSshd();
      return hostKey();
    },
    dropConnections: () => signal(sshd?.pid === undefined ? [] : sessions(sshd.pid), "SIGKILL"),
    freeze: () => signal(own(), "SIGSTOP"),
    thaw: () => signal(own(), "SIGCONT"),
    processes: () => processesOf(uid).map((one) => one.command),
    remove: async () => {
      await stopSshd();
      await removeUser(user, uid, home);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What sshd's own log (LogLevel VERBOSE) says of the connections it has seen. */
export function countConnections(log: string): Connections {
  const lines = log.split("\n");
  return {
    opened: lines.filter((line) => line.startsWith("Connection from ")).length,
    accepted: lines.filter((line) => line.startsWith("Accepted publickey for ")).length,
  };
}

function sshdConfig(folder: string, port: number, user: string): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${join(folder, "host")}
PidFile none
AuthorizedKeysFile .ssh/authorized_keys
AllowUsers ${user}
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
LogLevel VERBOSE
# The system's docker first: an older client may stand in /usr/local/bin.
SetEnv PATH=${SYSTEM_PATH}
# Matrix jobs connect at the same time.
MaxStartups 100
Subsystem sftp internal-sftp
`;
}

async function listen(folder: string, port: number): Promise<ChildProcess> {
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 }); // where sshd locks itself in before a login
  const log = join(folder, "log");
  const sshd = spawn(tool("sshd"), ["-D", "-f", join(folder, "sshd_config"), "-E", log], { stdio: "ignore", env: {} });
  const gone = once(sshd, "exit");
  const up = await Promise.race([until(() => accepts(port), 10), gone.then(() => false)]);
  if (!up) throw new Error(`sshd does not listen:\n${readFileSync(log, "utf8")}`);
  // The knock at the door is no connection of a test.
  await until(() => /^Connection (closed|reset)/m.test(readFileSync(log, "utf8")), 2);
  writeFileSync(log, "");
  return sshd;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** The processes of sshd itself for its connections. What the user runs in them is none of them. */
function sessions(sshd: number): number[] {
  return descendants(sshd)
    .filter((one) => one.command.startsWith("sshd: "))
    .map((one) => one.pid);
}

function clientOptions(folder: string, port: number, user: string): string[] {
  const settings = {
    BatchMode: "yes",
    IdentitiesOnly: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: join(folder, "known_hosts"),
    GlobalKnownHostsFile: "/dev/null",
    ConnectTimeout: "10",
    LogLevel: "ERROR",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  return ["-F", "none", "-i", join(folder, "client"), "-p", String(port), ...options, `${user}@127.0.0.1`];
}

async function makeKey(path: string): Promise<void> {
  await runOrThrow(tool("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path]);
}

const publicPart = (path: string) => readFileSync(`${path}.pub`, "utf8").trim();

function authorize(home: string, uid: number, lines: string): void {
  const folder = join(home, ".ssh");
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, "authorized_keys"), lines);
  chmodSync(join(folder, "authorized_keys"), 0o600);
  const { gid } = statSync(home);
  for (const path of [folder, join(folder, "authorized_keys")]) chownSync(path, uid, gid);
}
