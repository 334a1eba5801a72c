import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "../../support/free-port.ts";
import { runOrThrow } from "../../support/run.ts";
import { tool } from "../../support/tools.ts";

/** A throw-away sshd on the loopback address, with its own host key, that lets one key in as the account that runs the tests. */
export class SshServer {
  readonly user = userInfo().username;
  readonly folder: string;
  port = 0;
  hostKey = "";
  privateKey = "";
  #daemon: ChildProcess | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Starts it. `environment` is what every session gets. */
  async start(environment: Readonly<Record<string, string>>): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    for (const name of ["host", "client"]) {
      await runOrThrow(tool("ssh-keygen"), [
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        "test",
        "-f",
        join(this.folder, name),
      ]);
    }
    this.hostKey = readFileSync(join(this.folder, "host.pub"), "utf8").split(" ").slice(0, 2).join(" ");
    this.privateKey = readFileSync(join(this.folder, "client"), "utf8");
    this.port = await freePort();
    // Privilege separation wants its folder; root makes it, and nobody else needs it.
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const set = Object.entries(environment).map(([name, value]) => `${name}="${value}"`);
    const config = [
      `Port ${this.port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${this.folder}/host`,
      `AuthorizedKeysFile ${this.folder}/client.pub`,
      `PidFile ${this.folder}/pid`,
      "StrictModes no",
      "UsePAM no",
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      `SetEnv ${set.join(" ")}`,
    ];
    writeFileSync(join(this.folder, "sshd_config"), `${config.join("\n")}\n`);
    this.#daemon = spawn(tool("sshd"), ["-D", "-e", "-f", join(this.folder, "sshd_config")], { stdio: "ignore" });
    await waitForPort(this.port);
  }

  stop(): void {
    this.#daemon?.kill("SIGTERM");
  }
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await answers(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
