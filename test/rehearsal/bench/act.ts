import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parse } from "yaml";
import { runOrThrow } from "../../support/run.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { tool } from "../../support/tools.ts";
import { type JobRun, readActLog } from "./act-log.ts";
import { SYSTEM_PATH } from "./docker.ts";
import { processesWithEnvironment, signal, until } from "./processes.ts";
import { standInsOf } from "./stand-ins.ts";

/** What a workflow is rehearsed with. */
export interface Rehearsal {
  /** A git checkout. The workflow is read from its files, and the stand-in of actions/checkout fetches from it. */
  readonly checkout: string;
  /** Path of the workflow in the checkout: `.github/workflows/deploy-prd.yml`. */
  readonly workflow: string;
  readonly event: "push" | "workflow_dispatch" | "schedule" | "pull_request";
  /** Inputs of a workflow_dispatch. Default: none; act fills in the defaults. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** More of the event's JSON. */
  readonly payload?: Readonly<Record<string, unknown>>;
  /** `owner/name`. */
  readonly repository: string;
  /** `refs/heads/PRD`. */
  readonly ref: string;
  /** Default: the checkout's HEAD. */
  readonly sha?: string;
  /** Default 1. */
  readonly runId?: number;
  /** Number of the try, as GitHub counts them when a run is started again. Default 1. */
  readonly runAttempt?: number;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** More environment for all jobs. The machine's own is not passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Only this job, and those that it needs. */
  readonly job?: string;
  /** Prints secrets as they are, so that a test sees what GitHub's masks would have to hide. Default false. */
  readonly showSecrets?: boolean;
  /** Everything is killed when it takes longer. Default 300. */
  readonly timeoutSeconds?: number;
}

export interface RehearsalResult {
  /** act's own; 128 and more when it was killed. */
  readonly exitCode: number;
  /** Every job of the workflow; those of a matrix are one each. */
  readonly jobs: readonly JobRun[];
  /** Name of the artifact, path in it, text. */
  readonly artifacts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Commands that were still running when act had ended, and have been killed since. */
  readonly leftovers: readonly string[];
  /** All that act printed, one JSON object a line. */
  readonly log: string;
}

export interface RunningRehearsal {
  readonly pid: number;
  readonly finished: Promise<RehearsalResult>;
  /** Waits until something was printed. False when time is up, or when act ends before. */
  printed(pattern: RegExp, seconds: number): Promise<boolean>;
  /** The runner vanishes: act and all that it started, agents in the background too, are killed at once. */
  kill(): void;
  /** A person cancels: act is interrupted, and ends its jobs as it does. */
  cancel(): void;
}

/** Runs a workflow to its end. */
export async function rehearse(rehearsal: Rehearsal): Promise<RehearsalResult> {
  return (await startRehearsal(rehearsal)).finished;
}

/**
 * Starts a workflow in act, every job in an empty workspace of its own on this machine. Throws when the workflow uses
 * an action that has no stand-in. What act does not do: environments, concurrency, permissions, timeouts, fail-fast.
 */
export async function startRehearsal(rehearsal: Rehearsal): Promise<RunningRehearsal> {
  const workflow = readFileSync(join(rehearsal.checkout, rehearsal.workflow), "utf8");
  const standIns = standInsOf(workflow);
  const sha =
    rehearsal.sha ?? (await runOrThrow(tool("git"), ["rev-parse", "HEAD"], { cwd: rehearsal.checkout })).trim();
  const folder = scratchFolder("act");
  const marker = `REHEARSAL_RUN=${randomUUID()}`;
  writeSettings(folder, rehearsal, sha);

  const act = spawn(tool("act"), actArguments(folder, rehearsal, standIns), {
    cwd: join(folder, "workdir"),
    env: environment(folder, rehearsal, marker),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // an interrupt of the test run is not act's business
  });
  let log = "";
  for (const stream of [act.stdout, act.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const kill = () => killAll(marker);
  const timer = setTimeout(kill, (rehearsal.timeoutSeconds ?? 300) * 1000);
  const finished = ended(act).then((exitCode) => {
    clearTimeout(timer);
    const leftovers = processesWithEnvironment(marker).map((one) => one.command);
    kill();
    const result = { exitCode, jobs: allJobs(workflow, log), artifacts: readArtifacts(folder), leftovers, log };
    rmSync(folder, { recursive: true, force: true });
    return result;
  });
  return {
    pid: act.pid ?? 0,
    finished,
    printed: async (pattern, seconds) => {
      await until(() => pattern.test(log) || act.exitCode !== null || act.signalCode !== null, seconds);
      return pattern.test(log);
    },
    kill,
    cancel: () => act.kill("SIGINT"),
  };
}

// Not `close`: what act has started may hold its output open for long.
async function ended(act: ChildProcess): Promise<number> {
  const [code, name] = (await once(act, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? (name === "SIGKILL" ? 137 : 130);
}

function killAll(marker: string): void {
  // Again, since one of them may have started another one meanwhile.
  for (let round = 0; round < 5; round++) {
    const alive = processesWithEnvironment(marker);
    if (alive.length === 0) return;
    signal(
      alive.map((one) => one.pid),
      "SIGKILL",
    );
  }
}

/** Settings go by files: a secret on the command line would be seen by everybody on this machine. */
function writeSettings(folder: string, rehearsal: Rehearsal, sha: string): void {
  for (const name of ["workdir", "home", "artifacts"]) mkdirSync(join(folder, name));
  // A token, or act would ask the GitHub command line tool for one.
  const secrets = { GITHUB_TOKEN: "token-of-the-rehearsal", ...rehearsal.secrets };
  const [, branch = ""] = /^refs\/heads\/(.+)$/.exec(rehearsal.ref) ?? [];
  const env = {
    GITHUB_REPOSITORY: rehearsal.repository,
    GITHUB_REF: rehearsal.ref,
    SHA_REF: sha, // what act calls it
    GITHUB_RUN_ID: String(rehearsal.runId ?? 1),
    GITHUB_RUN_ATTEMPT: String(rehearsal.runAttempt ?? 1),
  };
  const event = { ref: rehearsal.ref, after: sha, repository: { default_branch: branch }, ...rehearsal.payload };
  const files = {
    "secrets.yml": secrets,
    "variables.yml": rehearsal.variables ?? {},
    "env.yml": env,
    "inputs.yml": {}, // read from the event
    "event.json": rehearsal.inputs === undefined ? event : { ...event, inputs: rehearsal.inputs },
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 }); // YAML is a superset of JSON
  }
}

function actArguments(folder: string, rehearsal: Rehearsal, standIns: ReadonlyMap<string, string>): string[] {
  const inFolder = (name: string) => join(folder, name);
  return [
    rehearsal.event,
    ...["--workflows", join(rehearsal.checkout, rehearsal.workflow), "--directory", inFolder("workdir")],
    ...["--eventpath", inFolder("event.json"), "--env-file", inFolder("env.yml")],
    ...["--secret-file", inFolder("secrets.yml"), "--var-file", inFolder("variables.yml")],
    ...["--input-file", inFolder("inputs.yml"), "--action-cache-path", inFolder("cache")],
    ...["ubuntu-24.04", "ubuntu-24.04-arm", "ubuntu-latest"].flatMap((label) => [
      "--platform",
      `${label}=-self-hosted`,
    ]),
    ...[...standIns].flatMap(([action, path]) => ["--local-repository", `${action}=${path}`]),
    ...["--json", "--no-cache-server", "--no-skip-checkout", "--action-offline-mode", "--actor", "bench"],
    ...(rehearsal.job === undefined ? [] : ["--job", rehearsal.job]),
    ...(rehearsal.showSecrets === true ? ["--insecure-secrets"] : []),
  ];
}

function environment(folder: string, rehearsal: Rehearsal, marker: string): NodeJS.ProcessEnv {
  const [name = "", value = ""] = marker.split("=");
  return {
    PATH: `${nodeFolder()}:${SYSTEM_PATH}`,
    HOME: join(folder, "home"),
    LANG: "C.UTF-8",
    TERM: "dumb",
    ACT_DISABLE_VERSION_CHECK: "1",
    REHEARSAL_REPOSITORY: rehearsal.checkout,
    REHEARSAL_ARTIFACTS: join(folder, "artifacts"),
    [name]: value,
    ...rehearsal.env,
  };
}

/** Folder of the node that the project pins, which is not the machine's. */
function nodeFolder(): string {
  const pinned = join(import.meta.dirname, "../../../node_modules/node/bin");
  return existsSync(join(pinned, "node")) ? pinned : dirname(process.execPath);
}

/** act says nothing of a job that it skips. */
function allJobs(workflow: string, log: string): JobRun[] {
  const { jobs = {} } = parse(workflow) as { jobs?: object };
  const ran = readActLog(log);
  const skipped = Object.keys(jobs).filter((id) => !ran.some((job) => job.id === id));
  const nothing = { matrix: {}, outcome: "skipped", steps: [], output: "", summary: "" } as const;
  return [...ran, ...skipped.map((id) => ({ id, ...nothing }))];
}

function readArtifacts(folder: string): Record<string, Record<string, string>> {
  const root = join(folder, "artifacts");
  const filesOf = (name: string) => {
    const paths = readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).map((path) =>
      join(root, name, path),
    );
    const files = paths.filter((path) => statSync(path).isFile());
    return Object.fromEntries(files.map((path) => [relative(join(root, name), path), readFileSync(path, "utf8")]));
  };
  return Object.fromEntries(readdirSync(root).map((name) => [name, filesOf(name)]));
}
