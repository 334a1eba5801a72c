import type { Answer } from "./probe.ts";

/** The time between two good answers that follow each other. Milliseconds since the epoch. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** The longest gap; undefined when there are fewer than two good answers. Answers may overtake each other. */
export function longestGap(answers: readonly Answer[]): Gap | undefined {
  const times = answers.flatMap(({ good, endedAt }) => (good ? [endedAt] : [])).sort((a, b) => a - b);
  let longest: Gap | undefined;
  for (const [index, to] of times.entries()) {
    const from = times[index - 1];
    if (from === undefined) continue;
    if (longest === undefined || to - from > longest.to - longest.from) longest = { from, to };
  }
  return longest;
}

/** What the engine did with a container. `at` is in milliseconds since the epoch. */
export interface EngineEvent {
  readonly at: number;
  readonly action: string;
  readonly container: string;
}

/** The three parts of a gap, in milliseconds. */
export interface GapParts {
  /** From the last good answer until the old container has ended. */
  readonly stop: number;
  /** From there until the new container has been started. */
  readonly replace: number;
  /** From there until the first good answer. */
  readonly answer: number;
}

/** Cuts a gap where a container ended and where one was started; undefined when that did not happen in it. */
export function partsOf({ from, to }: Gap, events: readonly EngineEvent[]): GapParts | undefined {
  const within = events.filter(({ at }) => at >= from && at <= to);
  const start = within.findLast(({ action }) => action === "start");
  const die = within.findLast(({ action, at }) => action === "die" && at <= (start?.at ?? 0));
  if (start === undefined || die === undefined) return undefined;
  return { stop: die.at - from, replace: start.at - die.at, answer: to - start.at };
}
