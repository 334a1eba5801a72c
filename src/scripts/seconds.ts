import type { App } from "../fleet/app.ts";

/** Durations of a deploy in seconds. Each bound is larger than the sum of what it holds, so that the innermost one speaks first. */
export interface DeploySeconds {
  /** One health probe. */
  readonly probe: number;
  /** What the app may take to end after SIGTERM. */
  readonly drain: number;
  /** `docker compose up`, on top of the drain. */
  readonly up: number;
  /** Pulling the image, with its further tries. */
  readonly pull: number;
  /** Waiting for another deploy of the tenant. */
  readonly lock: number;
  /** From the start of a release to the last word on its health. */
  readonly health: number;
  /** One SSH connection. */
  readonly connection: number;
  /** The deploy job. */
  readonly job: number;
}

const PROBE = 5;
const UP = 120;
const PULL = 600;
const LOCK = 900;
/** Tries after the start and the pause between them, then the good answers in a row and the pause between them. */
const TRIES = { late: 3, latePause: 5, inRow: 3, inRowPause: 1 };
/** Checks before and notes after a deploy. */
const MARGIN = 120;
/** Checkout, joining a tailnet, uploading the result. */
const AROUND = 300;

export function deploySeconds(app: Pick<App, "health" | "drainSeconds">): DeploySeconds {
  const health =
    app.health.startSeconds + TRIES.late * (TRIES.latePause + PROBE) + TRIES.inRow * (TRIES.inRowPause + PROBE);
  // Twice: the new release, and the old one when it has to come back.
  const connection = LOCK + PULL + 2 * (app.drainSeconds + UP + health) + MARGIN;
  return {
    probe: PROBE,
    drain: app.drainSeconds,
    up: UP,
    pull: PULL,
    lock: LOCK,
    health,
    connection,
    job: connection + AROUND,
  };
}

/** The deploy job's `timeout-minutes`: past it GitHub ends the runner, and the server finishes by itself. */
export function jobMinutes(seconds: DeploySeconds): number {
  return Math.ceil(seconds.job / 60);
}
