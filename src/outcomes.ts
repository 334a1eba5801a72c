/** How a tenant's deploy can end. The type, the shell's constants, exit codes, summaries and the runbook come from this table. */
export interface OutcomeRow {
  /** What the scripts exit with. Never 1, 2, 64 or over 125, which shells, usage errors and ssh use themselves. */
  readonly exitCode: number;
  /** Whether the job is green: the tenant runs what it should. */
  readonly green: boolean;
  /** For the runbook: what happened. */
  readonly meaning: string;
  /** For the summary and the runbook: what a person should do now. */
  readonly action: string;
}

export const outcomes = {
  deployed: {
    exitCode: 0,
    green: true,
    meaning: "The new release runs and is healthy.",
    action: "nothing",
  },
  unchanged: {
    exitCode: 10,
    green: true,
    meaning: "Digest, configuration and .env are those of the current release, and it is healthy.",
    action: "nothing",
  },
  superseded: {
    exitCode: 11,
    green: true,
    meaning: "A newer release is on the server, or was rolled back from; an older run does not undo it.",
    action: "nothing; to go back on purpose, run the workflow by hand with a digest",
  },
  unreachable: {
    exitCode: 12,
    green: false,
    meaning: "No SSH connection could be made; the server was not touched.",
    action: "see that the server is up and reachable, then re-run the deploy job",
  },
  locked: {
    exitCode: 20,
    green: false,
    meaning: "Another deploy of the tenant was still running after 15 minutes.",
    action: "wait for the other deploy, then re-run the failed job",
  },
  refused: {
    exitCode: 21,
    green: false,
    meaning: "A check failed before anything was touched; the old release serves on.",
    action: "do what the log names under fix, then re-run the failed job",
  },
  "not-attempted": {
    exitCode: 22,
    green: false,
    meaning: "The deploy of this tenant never started.",
    action: "read why in the run, then re-run the failed jobs",
  },
  "failed-first": {
    exitCode: 30,
    green: false,
    meaning:
      "The first release did not become healthy, and there is nothing to go back to. Its containers are stopped.",
    action: "read the app's log on the server, correct the image or .env, deploy again",
  },
  "rolled-back": {
    exitCode: 31,
    green: false,
    meaning: "The new release did not become healthy; the earlier one serves again.",
    action: "read the app's log on the server, correct the image, push again",
  },
  "rollback-failed": {
    exitCode: 32,
    green: false,
    meaning: "Neither the new release nor the earlier one became healthy. The tenant is down.",
    action: "act now: log in to the server and read the app's log",
  },
  unknown: {
    exitCode: 40,
    green: false,
    meaning: "The runner lost sight of the deploy; the server finishes it by itself.",
    action: "re-run the failed job: it attaches to the deploy or reports its end",
  },
} as const satisfies Record<string, OutcomeRow>;

export type Outcome = keyof typeof outcomes;

/** The outcomes with their rows, in the table's order. */
export function outcomeRows(): readonly (readonly [Outcome, OutcomeRow])[] {
  return Object.entries(outcomes) as [Outcome, OutcomeRow][];
}
