import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openclaw } from "../../../servers/openclaw.ts";
import { compile } from "../../../src/compile.ts";
import { readComposeFile } from "../../../src/compose/read.ts";
import type { Fleet } from "../../../src/fleet/installation.ts";
import { bastion, build, direct, fleet, server, single } from "../../../src/index.ts";
import { checkedFleet } from "../../support/checked-fleet.ts";
import { freePort } from "../../support/free-port.ts";
import { runOrThrow } from "../../support/run.ts";
import { scratchFolder, writeFiles } from "../../support/scratch.ts";
import { type RehearsalResult, type RunningRehearsal, rehearse, startRehearsal } from "./act.ts";
import { docker, tryDocker } from "./docker.ts";
import type { ImageRegistry } from "./image-registry.ts";
import { baseImage, contextOf, type ImageVariant } from "./images.ts";
import { type SshHost, startSshHost } from "./ssh-host.ts";

const REPOSITORY = "nikolasp98/openclaw";
const WORKFLOW = ".github/workflows/deploy-prd.yml";
const COMPOSE = "servers/openclaw/docker-compose.yml";

export interface BenchOptions {
  /** Names of the owner's phase 1 (`~/openclaw-prd`, `openclaw_PRD_gw`). Only one server of the machine at a time can have them. */
  readonly ownersNames?: boolean;
  /** Seconds after the start in which a sick app is waited for. Default 5, the least that a definition may say. */
  readonly startSeconds?: number;
  /** The host that the runner has to jump over. Default: it reaches the server by itself. */
  readonly bastion?: SshHost;
  readonly registry: ImageRegistry;
}

/** How a run of the workflow deployed the tenant. */
export interface Deployed {
  readonly run: RehearsalResult;
  /** Outcome of the table that the run wrote; empty when there is none. */
  readonly outcome: string;
  /** Jobs by id: success, failure, skipped, unfinished. */
  readonly jobs: Readonly<Record<string, string>>;
}

export interface DeployOptions {
  readonly runId: number;
  /** A person's digest. */
  readonly digest?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly attempt?: number;
}

/** One tenant's server, with the app's repository whose workflow deploys to it. */
export interface DeployBench {
  readonly host: SshHost;
  readonly directory: string;
  readonly project: string;
  readonly ports: { readonly gateway: number; readonly bridge: number };
  /** Commits a state of the app: the next deploy builds it. */
  commit(variant: ImageVariant): Promise<string>;
  deploy(options: DeployOptions): Promise<Deployed>;
  start(options: DeployOptions): Promise<RunningRehearsal>;
  read(run: RehearsalResult): Deployed;
  /** What the app answers at a path of its gateway, "" when nothing does. */
  ask(path: string): Promise<string>;
  /** Text of a file in the deployment directory, "" when it is not there. */
  file(path: string): string;
  writeEnv(lines: Readonly<Record<string, string>>): Promise<void>;
  /** Digest by which the serving container's image was deployed. */
  servingDigests(): Promise<string[]>;
  remove(): Promise<void>;
}

export async function startDeployBench(options: BenchOptions): Promise<DeployBench> {
  const host = await startSshHost();
  const gateway = options.ownersNames ? 18789 : await freePort();
  const ports = { gateway, bridge: options.ownersNames ? 18790 : await freePort() };
  const checked = rehearsalFleet(host, ports, options);
  const installation = checked.single;
  if (installation === undefined) throw new Error("the rehearsal fleet has no single installation");
  const checkout = scratchFolder("app-repository");
  const artifacts = compile([{ fleet: checked, source: "servers/production.ts", compose: composeFile(), project: "" }]);
  writeFiles(checkout, {
    [COMPOSE]: composeFile().text,
    ...Object.fromEntries(artifacts.map(({ path, content }) => [path, content])),
  });
  const programs = artifacts.filter(({ executable }) => executable).map(({ path }) => path);
  await runOrThrow("chmod", ["+x", ...programs], { cwd: checkout });
  await git(checkout, "init", "--quiet", "--initial-branch", "PRD");

  const directory = installation.deploymentPath;
  const rehearsal = ({ runId, digest, secrets, attempt }: DeployOptions) => ({
    checkout,
    workflow: WORKFLOW,
    event: digest === undefined ? ("push" as const) : ("workflow_dispatch" as const),
    ...(digest === undefined ? {} : { inputs: { digest } }),
    repository: REPOSITORY,
    ref: "refs/heads/PRD",
    runId,
    ...(attempt === undefined ? {} : { runAttempt: attempt }),
    secrets: {
      GITHUB_TOKEN: options.registry.password,
      SSH_PRIVATE_KEY: host.privateKey,
      SSH_HOST: host.host,
      SSH_USER: host.user,
      SSH_PORT: String(host.port),
      DEPLOYMENT_PATH: directory,
      ...secrets,
    },
    timeoutSeconds: 180,
  });
  const read = (run: RehearsalResult): Deployed => ({
    run,
    outcome: /\| [✅❌] ([a-z-]+) \|/u.exec(run.jobs.find(({ id }) => id === "report")?.summary ?? "")?.[1] ?? "",
    jobs: Object.fromEntries(run.jobs.map(({ id, outcome }) => [id, outcome])),
  });

  return {
    host,
    directory,
    project: installation.project,
    ports,
    read,
    commit: async (variant) => {
      const files = contextOf(await baseImage(), variant);
      rmSync(join(checkout, "root"), { recursive: true, force: true });
      writeFiles(checkout, files);
      await git(checkout, "add", "--all");
      await git(checkout, "commit", "--quiet", "--message", `${variant.behaviour} ${variant.version}`);
      return (await git(checkout, "rev-parse", "HEAD")).trim();
    },
    deploy: async (deployOptions) => read(await rehearse(rehearsal(deployOptions))),
    start: (deployOptions) => startRehearsal(rehearsal(deployOptions)),
    ask: (path) => ask(`http://127.0.0.1:${gateway}${path}`),
    file: (path) => {
      try {
        return readFileSync(join(directory, path), "utf8");
      } catch {
        return "";
      }
    },
    writeEnv: async (lines) => {
      const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
      // As the operator does: by hand, over SSH, under the account of the deploys.
      const command = `mkdir -p ${directory} && umask 077 && cat >${directory}/.env`;
      const { code, stderr } = await host.exec(command, { input: text.join("") });
      if (code !== 0) throw new Error(stderr);
    },
    servingDigests: async () => servingDigests(installation.project),
    remove: async () => {
      await removeProject(installation.project);
      await host.remove();
      rmSync(checkout, { recursive: true, force: true });
    },
  };
}

/** The shipped app on the bench's server: the same compiler, other hosts and shorter waits. */
function rehearsalFleet(
  host: SshHost,
  ports: { gateway: number; bridge: number },
  { registry, ownersNames = false, startSeconds = 5, bastion: over }: BenchOptions,
): Fleet {
  const east = server({
    host: host.host,
    user: host.user,
    port: host.port,
    hostKeys: [host.hostKey()],
    via: over ? bastion({ host: over.host, port: over.port, user: over.user, hostKeys: [over.hostKey()] }) : direct(),
    name: "bench",
  });
  const definition = fleet("production", {
    repository: REPOSITORY,
    branch: "PRD",
    app: {
      ...openclaw,
      image: build({ repository: `${registry.address}/openclaw`, pull: "job-token" }),
      health: { ...openclaw.health, startSeconds },
      drainSeconds: 5,
    },
    phases: {
      single: single({
        tenant: "acme",
        ...(ownersNames ? {} : { deploymentPath: `${host.home}/${host.user}-prd`, prefix: host.user }),
      }),
    },
    active: "single",
    tenants: { acme: { on: east, name: "acme-corp", ports } },
  });
  return checkedFleet(definition);
}

function composeFile() {
  const path = join(import.meta.dirname, "../../..", COMPOSE);
  const { file, problems } = readComposeFile(COMPOSE, readFileSync(path, "utf8"));
  if (file === undefined) throw new Error(JSON.stringify(problems));
  return file;
}

function git(checkout: string, ...args: string[]): Promise<string> {
  return runOrThrow("git", ["-c", "user.name=bench", "-c", "user.email=bench@example.com", ...args], { cwd: checkout });
}

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
    return response.ok ? (await response.text()).trim() : `status ${response.status}`;
  } catch {
    return "";
  }
}

async function containersOf(project: string): Promise<string[]> {
  const ids = await docker(["ps", "--all", "--quiet", "--filter", `label=com.docker.compose.project=${project}`]);
  return ids.split("\n").filter((id) => id !== "");
}

async function servingDigests(project: string): Promise<string[]> {
  const digests: string[] = [];
  for (const id of await containersOf(project)) {
    const [running, image = ""] = (
      await docker(["container", "inspect", "--format", "{{.State.Running}} {{.Image}}", id])
    )
      .trim()
      .split(" ");
    if (running !== "true") continue;
    digests.push((await docker(["image", "inspect", "--format", '{{join .RepoDigests " "}}', image])).trim());
  }
  return digests;
}

async function removeProject(project: string): Promise<void> {
  const ids = await containersOf(project);
  if (ids.length > 0) await tryDocker(["rm", "--force", "--volumes", ...ids]);
  await tryDocker(["network", "rm", `${project}_default`]);
}
