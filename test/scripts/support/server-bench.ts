import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeploySeconds } from "../../../src/scripts/seconds.ts";
import { serverScript } from "../../../src/scripts/server-script.ts";
import { type RunResult, run } from "../../support/run.ts";
import { fleetWith } from "./fleet.ts";

const STUBS = join(import.meta.dirname, "stubs");
export const IMAGE = "ghcr.io/example/hello";

/** A digest that is easily told from others. */
export const digest = (name: string): string => `sha256:${createHash("sha256").update(name).digest("hex")}`;
/** The id that the stub engine gives the image of a digest. */
export const imageId = (of: string): string => createHash("sha256").update(`${IMAGE}@${of}`).digest("hex");

export interface BenchOptions {
  readonly secrets?: readonly string[];
  readonly optionalSecrets?: readonly string[];
  readonly keepReleases?: number;
  readonly seconds?: Partial<DeploySeconds>;
}

export interface Request {
  readonly release: number;
  readonly digest: string;
  readonly attempt?: number;
  readonly person?: boolean;
  readonly compose?: string;
  readonly token?: string;
  /** Lines of tenant.conf in place of the usual ones. */
  readonly tenant?: readonly string[];
  /** Lines of request.conf in place of the usual ones. */
  readonly request?: readonly string[];
}

export interface Deploy extends RunResult {
  /** What the runner reads, by key. */
  readonly result: Readonly<Record<string, string>>;
}

/** A server with a stub engine, in a temporary folder. Nothing is shared between two of them. */
export class ServerBench {
  readonly root = mkdtempSync(join(tmpdir(), "tenantry-server-"));
  readonly directory = join(this.root, "hello-main");
  readonly stub = join(this.root, "stub");
  readonly script: string;
  readonly port: number;

  constructor(options: BenchOptions = {}) {
    const fleet = fleetWith();
    this.port = 20_000 + (Number.parseInt(createHash("sha256").update(this.root).digest("hex").slice(0, 6), 16) % 9000);
    this.script = serverScript(
      {
        ...fleet,
        keepReleases: options.keepReleases ?? 2,
        app: {
          ...fleet.app,
          secrets: [...(options.secrets ?? [])],
          optionalSecrets: [...(options.optionalSecrets ?? [])],
          health: { ...fleet.app.health, startSeconds: 1 },
        },
      },
      "fleet.ts",
      { drain: 1, up: 20, pull: 20, lock: 20, ...options.seconds },
    );
    for (const folder of ["images", "containers", "sick", "crashes", "hooks", "gone"])
      mkdirSync(join(this.stub, folder), { recursive: true });
    mkdirSync(this.directory);
    this.set("port", String(this.port));
  }

  /** A file of the stubs' memory. */
  set(name: string, text: string): void {
    writeFileSync(join(this.stub, name), text);
  }

  unset(name: string): void {
    rmSync(join(this.stub, name), { force: true });
  }

  /** Makes the image of a digest answer badly, or end at once. */
  break(how: "sick" | "crashes", of: string): void {
    this.set(`${how}/${imageId(of)}`, "");
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), "utf8");
  }

  has(name: string): boolean {
    return existsSync(join(this.directory, name));
  }

  get current(): string {
    try {
      return readlinkSync(join(this.directory, "current"));
    } catch {
      return "";
    }
  }

  get releases(): string[] {
    return readdirSync(join(this.directory, "releases")).sort();
  }

  /** The id of the image that the container runs, or its status when it does not run. */
  get running(): string {
    const text = existsSync(join(this.stub, "containers/c1"))
      ? readFileSync(join(this.stub, "containers/c1"), "utf8")
      : "";
    const status = /^status=(.*)$/m.exec(text)?.[1];
    return status === "running" ? (/^image=sha256:(.*)$/m.exec(text)?.[1] ?? "") : (status ?? "none");
  }

  get calls(): string[] {
    return existsSync(join(this.stub, "calls"))
      ? readFileSync(join(this.stub, "calls"), "utf8").trim().split("\n")
      : [];
  }

  forgetCalls(): void {
    this.unset("calls");
  }

  get tags(): string[] {
    return readdirSync(join(this.stub, "images"))
      .map((name) => name.replaceAll("%", "/"))
      .filter((name) => !name.includes("@"))
      .sort();
  }

  /** A container of the stub engine. */
  container(name: string, values: Readonly<Record<string, string>>): void {
    this.set(
      `containers/${name}`,
      Object.entries(values)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(""),
    );
  }

  readonly env = (): NodeJS.ProcessEnv => ({
    PATH: `${STUBS}:${process.env.PATH}`,
    HOME: this.root,
    STUB: this.stub,
    LANG: "C.UTF-8",
  });

  tenantLines(): string[] {
    return [
      "format=1",
      "fleet=minimal",
      "tenant=demo",
      `deployment_path=${this.directory}`,
      "project=hello-main",
      "platform=linux/amd64",
      `image=${IMAGE}`,
      `ports=${this.port}`,
      `health_port=${this.port}`,
      "service=web",
      "container=hello_main_web",
    ];
  }

  requestLines({ release, digest, attempt = 1, person = false }: Request): string[] {
    return [
      `request=${release}-${attempt}`,
      `release=${release}`,
      `digest=${digest}`,
      `person=${person ? "yes" : "no"}`,
      `revision=${"a".repeat(40)}`,
    ];
  }

  /** What the connection unpacks. Gives the folder. */
  bundle(request: Request): string {
    const folder = mkdtempSync(join(this.root, "tenantry.made"));
    const files: Record<string, string> = {
      "tenant.conf": `${(request.tenant ?? this.tenantLines()).join("\n")}\n`,
      "request.conf": `${(request.request ?? this.requestLines(request)).join("\n")}\n`,
      "docker-compose.yml": request.compose ?? "services:\n  web:\n    image: x\n",
      "docker-compose.override.yml": `services:\n  web:\n    image: ${IMAGE}@sha256:${"0".repeat(64)}\n`,
      "server.sh": this.script,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    if (request.token !== undefined) {
      mkdirSync(join(folder, "login"));
      writeFileSync(
        join(folder, "login/config.json"),
        JSON.stringify({ auths: { "ghcr.io": { auth: request.token } } }),
      );
    }
    chmodSync(folder, 0o700);
    return folder;
  }

  async deploy(request: Request): Promise<Deploy> {
    return this.deployBundle(this.bundle(request));
  }

  async deployBundle(bundle: string): Promise<Deploy> {
    const result = await run("bash", [join(bundle, "server.sh"), "deploy", bundle], {
      env: this.env(),
      timeoutSeconds: 40,
    });
    return { ...result, result: answerOf(result.stdout) };
  }

  /** Evaluates shell text after the script's own functions, without its last line. */
  evaluate(text: string, input = ""): Promise<RunResult> {
    const functions = this.script.slice(0, this.script.lastIndexOf('main "$@"'));
    return run(
      "bash",
      [
        "-c",
        `${functions}\nexport LC_ALL=C\nDIR=${this.directory} STATE=$DIR/.tenantry PROJECT=hello-main IMAGE=${IMAGE}\n${text}`,
      ],
      {
        env: this.env(),
        input,
      },
    );
  }

  /** A copy of the server as it stands, with its own paths. */
  copy(): ServerBench {
    const copy = new ServerBench();
    Object.assign(copy, { script: this.script, port: this.port });
    rmSync(copy.stub, { recursive: true });
    rmSync(copy.directory, { recursive: true });
    cpSync(this.stub, copy.stub, { recursive: true, verbatimSymlinks: true });
    cpSync(this.directory, copy.directory, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    return copy;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function answerOf(stdout: string): Record<string, string> {
  const line = stdout.split("\n").find((each) => each.startsWith("tenantry-result ")) ?? "";
  const [before = "", message = ""] = line.slice("tenantry-result ".length).split(/(?:^| )message=/);
  const pairs = before
    .split(" ")
    .flatMap((pair) => (pair.includes("=") ? [pair.split("=", 2) as [string, string]] : []));
  return { ...Object.fromEntries(pairs), message };
}
