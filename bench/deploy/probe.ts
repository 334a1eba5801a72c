import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const REQUESTS_PER_SECOND = 50;
/** A request that has no 200 by then has failed. Milliseconds. */
export const PATIENCE_MS = 2000;
const TICK_MS = 5;

/** How one request ended. Times are milliseconds since the epoch, with fractions. */
export interface Answer {
  readonly sentAt: number;
  readonly endedAt: number;
  readonly good: boolean;
}

export interface Probe {
  /** Stops asking, waits for what is on its way, and gives all answers in the order of their requests. */
  stop(): Promise<Answer[]>;
}

/** The time, finer than Date.now(). */
export const now = (): number => performance.timeOrigin + performance.now();

/**
 * Asks a URL at a steady rate, whether or not earlier requests have ended, each over a connection of its own. Ends by
 * itself after so many seconds.
 */
export function startProbe(url: string, maxSeconds: number): Probe {
  const answers: Promise<Answer>[] = [];
  const stopped = new AbortController();
  const started = performance.now();
  const loop = (async () => {
    while (!stopped.signal.aborted && performance.now() - started < maxSeconds * 1000) {
      const due = Math.ceil(((performance.now() - started) / 1000) * REQUESTS_PER_SECOND);
      while (answers.length < due) answers.push(ask(url));
      await sleep(TICK_MS);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await loop;
      return Promise.all(answers);
    },
  };
}

function ask(url: string): Promise<Answer> {
  const sentAt = now();
  return new Promise((resolve) => {
    const end = (good: boolean) => resolve({ sentAt, endedAt: now(), good });
    const request = get(url, { agent: false, signal: AbortSignal.timeout(PATIENCE_MS) }, (response) => {
      response.once("end", () => end(response.statusCode === 200));
      response.once("error", () => end(false));
      response.resume();
    });
    request.once("error", () => end(false));
  });
}
