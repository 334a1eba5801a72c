import { expect, test } from "vitest";
import { type EngineEvent, longestGap, partsOf } from "../../bench/deploy/gap.ts";
import type { Answer } from "../../bench/deploy/probe.ts";

// Invariant: the gap is the longest time in which no request got a good answer, and its parts add up to it.
// If this breaks, the benchmark praises a deploy whose users waited.

const good = (endedAt: number, sentAt = endedAt - 1): Answer => ({ sentAt, endedAt, good: true });
const bad = (endedAt: number): Answer => ({ sentAt: endedAt - 1, endedAt, good: false });

test.each<{ title: string; answers: Answer[]; gap: [number, number] | undefined }>([
  { title: "no answer has no gap", answers: [], gap: undefined },
  { title: "one good answer has no gap", answers: [bad(1), good(2), bad(9)], gap: undefined },
  { title: "bad answers do not end a gap", answers: [good(10), bad(20), bad(30), good(60), good(70)], gap: [10, 60] },
  { title: "the longest of several counts", answers: [good(0), good(20), good(70), good(90)], gap: [20, 70] },
  {
    title: "answers count when they end, in whatever order they were asked",
    answers: [good(100, 0), good(30, 20), good(50, 40)],
    gap: [50, 100],
  },
])("$title", ({ answers, gap }) => {
  expect(longestGap(answers)).toEqual(gap && { from: gap[0], to: gap[1] });
});

const event = (at: number, action: string, container = "new"): EngineEvent => ({ at, action, container });
const replaced = [event(5, "create"), event(30, "die", "old"), event(40, "destroy", "old"), event(70, "start")];

test.each<{ title: string; events: EngineEvent[]; parts: [number, number, number] | undefined }>([
  { title: "cut where the old container ended and the new one started", events: replaced, parts: [20, 40, 30] },
  {
    title: "a container that was replaced before the gap is not looked at",
    events: [event(2, "die", "older"), event(4, "start", "old"), ...replaced],
    parts: [20, 40, 30],
  },
  {
    title: "of a container that crashed at its start and came back, the last start counts",
    events: [...replaced, event(80, "die"), event(95, "start")],
    parts: [70, 15, 5],
  },
  { title: "no parts when nothing was started", events: replaced.slice(0, 3), parts: undefined },
  { title: "no parts when nothing ended", events: [event(70, "start")], parts: undefined },
])("$title", ({ events, parts }) => {
  expect(partsOf({ from: 10, to: 100 }, events)).toEqual(
    parts && { stop: parts[0], replace: parts[1], answer: parts[2] },
  );
});
