import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deployScript } from "../../../src/scripts/runner-scripts.ts";
import { type RunResult, run } from "../../support/run.ts";
import { fleetWith } from "./fleet.ts";
import { IMAGE, ServerBench } from "./server-bench.ts";
import { SshServer } from "./ssh-server.ts";

export interface RunnerOptions {
  /** Lines of target.conf in place of the usual ones. */
  readonly target?: readonly string[];
  /** Variables of the job in place of the usual ones, or beside them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: number;
  readonly attempt?: number;
}

export interface RunnerResult extends RunResult {
  /** The file that the report reads, by key. */
  readonly told: Readonly<Record<string, string>>;
}

/** A runner, a real sshd, and behind it a server with a stub engine. */
export class RunnerBench {
  readonly server: ServerBench;
  readonly ssh: SshServer;
  readonly folder: string;

  constructor() {
    this.server = new ServerBench();
    this.ssh = new SshServer(join(this.server.root, "ssh"));
    this.folder = join(this.server.root, "runner");
  }

  async start(): Promise<void> {
    const { PATH = "", STUB = "" } = this.server.env();
    await this.ssh.start({ PATH, STUB });
    this.write("scripts/deploy.sh", deployScript(fleetWith(), "fleet.ts", "../docker-compose.yml"), 0o755);
    this.write("scripts/server.sh", this.server.script);
    this.write("docker-compose.yml", "services:\n  web:\n    image: x\n");
    this.write("single/demo/tenant.conf", `${this.server.tenantLines().join("\n")}\n`);
    this.write(
      "single/demo/docker-compose.override.yml",
      `services:\n  web:\n    image: ${IMAGE}@sha256:${"0".repeat(64)}\n`,
    );
  }

  stop(): void {
    this.ssh.stop();
    this.server.remove();
  }

  targetLines(): string[] {
    return [
      "server=hello.example.com",
      "host=127.0.0.1",
      `user=${this.ssh.user}`,
      `port=${this.ssh.port}`,
      `deployment_path=${this.server.directory}`,
      "image_registry=ghcr.io",
      `host_key=${this.ssh.hostKey}`,
    ];
  }

  env(digest: string, { env = {}, run: id = 100, attempt = 1 }: RunnerOptions): NodeJS.ProcessEnv {
    return {
      // Ours first for `sleep`; curl and docker of the stubs are not called on a runner.
      PATH: this.server.env().PATH,
      STUB: this.server.stub,
      HOME: this.folder,
      LANG: "C.UTF-8",
      SSH_PRIVATE_KEY: this.ssh.privateKey,
      DIGEST: digest,
      PERSON: "no",
      PULL_TOKEN: "token-of-the-job",
      RESULT_FILE: join(this.folder, "result"),
      GITHUB_RUN_ID: String(id),
      GITHUB_RUN_ATTEMPT: String(attempt),
      GITHUB_SHA: "a".repeat(40),
      GITHUB_ACTOR: "somebody",
      ...env,
    };
  }

  prepare(options: RunnerOptions = {}): void {
    this.write("single/demo/target.conf", `${(options.target ?? this.targetLines()).join("\n")}\n`);
    rmSync(join(this.folder, "result"), { force: true });
  }

  get script(): string {
    return join(this.folder, "scripts/deploy.sh");
  }

  async deploy(digest: string, options: RunnerOptions = {}): Promise<RunnerResult> {
    this.prepare(options);
    const result = await run(this.script, ["single", "demo"], { env: this.env(digest, options), timeoutSeconds: 40 });
    return { ...result, told: this.told() };
  }

  told(): Record<string, string> {
    const file = join(this.folder, "result");
    if (!existsSync(file)) return {};
    return Object.fromEntries(
      readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split(/=(.*)/s, 2) as [string, string]),
    );
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = join(this.folder, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text, { mode });
  }
}
