/** How a job ended. `skipped` also stands for one that was never reached, `unfinished` for one that was cut off. */
export type JobOutcome = "success" | "failure" | "skipped" | "unfinished";

export interface StepRun {
  readonly name: string;
  readonly outcome: "success" | "failure";
}

/** One job, or one job of a matrix. */
export interface JobRun {
  readonly id: string;
  /** Its values of the matrix; empty for a job without one. */
  readonly matrix: Readonly<Record<string, unknown>>;
  readonly outcome: JobOutcome;
  /** The steps that ran, in order, without those that were skipped. */
  readonly steps: readonly StepRun[];
  /** What its steps printed, secrets masked. */
  readonly output: string;
  /** What its steps wrote to GITHUB_STEP_SUMMARY. */
  readonly summary: string;
}

/** A line of `act --json`, as far as it is read here. */
interface Entry {
  readonly msg?: string;
  readonly jobID?: string;
  readonly matrix?: Readonly<Record<string, unknown>>;
  readonly step?: string;
  readonly stage?: string;
  readonly stepResult?: string;
  readonly jobResult?: string;
  readonly raw_output?: boolean;
  /** More than one for a step inside a composite action. */
  readonly stepID?: readonly string[];
  readonly command?: string;
  readonly content?: string;
}

interface Collected {
  readonly id: string;
  readonly matrix: Readonly<Record<string, unknown>>;
  readonly steps: StepRun[];
  readonly output: string[];
  readonly summary: string[];
  forgiven: boolean;
  failed: boolean;
  ended: boolean;
}

/** Reads what `act --json` printed. Lines that are not JSON are left out; jobs that never started are not in it. */
export function readActLog(log: string): JobRun[] {
  const jobs = new Map<string, Collected>();
  for (const entry of entries(log)) {
    if (entry.jobID === undefined) continue;
    const key = `${entry.jobID} ${JSON.stringify(entry.matrix ?? {})}`;
    const job = jobs.get(key) ?? start(entry.jobID, entry.matrix ?? {});
    jobs.set(key, job);
    readStep(entry, job);
    if (entry.jobResult !== undefined) readEnd(entry.jobResult, job, [...jobs.values()]);
  }
  return [...jobs.values()].map(finish);
}

function start(id: string, matrix: Readonly<Record<string, unknown>>): Collected {
  return { id, matrix, steps: [], output: [], summary: [], forgiven: false, failed: false, ended: false };
}

function readStep(entry: Entry, job: Collected): void {
  const { msg = "", step = "", stage = "Main", stepResult, stepID = [] } = entry;
  if (entry.raw_output === true) job.output.push(msg.replace(/\r?\n$/, ""));
  // A composite action reports what its own steps have written already once more, as the whole of it.
  if (entry.command === "summary" && stepID.length <= 1) job.summary.push(entry.content ?? "");
  if (stepID.length > 1) return; // the composite action's own result follows
  // continue-on-error: it says so in front of the step's result.
  if (msg.includes("Failed but continue next step")) job.forgiven = true;
  if (stepResult === "success" || stepResult === "failure") {
    if (stage === "Main") job.steps.push({ name: step, outcome: stepResult });
    if (stepResult === "failure" && !job.forgiven) job.failed = true;
    job.forgiven = false;
  }
}

// act keeps one result for a whole matrix: once one of its jobs has failed, it calls all that end later failed, too.
// A job that failed without any step (an action that could not be read) is known by nothing else.
function readEnd(jobResult: string, job: Collected, all: readonly Collected[]): void {
  job.ended = true;
  const afterAnother = all.some((other) => other !== job && other.id === job.id && other.failed);
  if (jobResult === "failure" && !afterAnother) job.failed = true;
}

function finish(job: Collected): JobRun {
  const { id, matrix, steps } = job;
  const outcome = !job.ended ? "unfinished" : job.failed ? "failure" : "success";
  return { id, matrix, outcome, steps, output: job.output.join("\n"), summary: job.summary.join("") };
}

function* entries(log: string): Generator<Entry> {
  for (const line of log.split("\n")) {
    if (!line.startsWith("{")) continue;
    try {
      yield JSON.parse(line) as Entry;
    } catch {
      // A line that was cut off when act was killed.
    }
  }
}
