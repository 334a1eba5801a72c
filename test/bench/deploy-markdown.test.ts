import { expect, test } from "vitest";
import { comparison, spread } from "../../bench/deploy/markdown.ts";
import type { Sample } from "../../bench/deploy/measure-update.ts";

// Invariant: the table gives the median and both ends of what was measured, and the ratio is Tenantry's to the hand-written one's.
// If this breaks, a slower deploy reads as a faster one.

test.each<{ values: number[]; digits: number; text: string }>([
  { values: [], digits: 0, text: "–" },
  { values: [6, 6, 6], digits: 0, text: "6" },
  { values: [30, 10, 20], digits: 0, text: "20 (10–30)" },
  { values: [1, 2], digits: 1, text: "1.5 (1.0–2.0)" },
])("$values reads $text", ({ values, digits, text }) => expect(spread(values, digits)).toBe(text));

const sample = (seconds: number, failed: number, parts?: Sample["parts"]): Sample => ({
  load: 1,
  seconds,
  connections: 2,
  requests: 100,
  failed,
  gap: 500,
  ...(parts === undefined ? {} : { parts }),
  events: [],
});

test("medians, ranges and the ratio to the hand-written sequence; a dash where there is nothing to divide", () => {
  const parts = { stop: 100, replace: 300, answer: 100 };
  const table = comparison({
    title: "An app",
    handWritten: [sample(20, 0), sample(22, 0), sample(18, 0)],
    tenantry: [sample(5, 3, parts), sample(4, 2, parts), sample(9, 1)],
  });
  expect(table.split("\n")).toEqual([
    "|  | Hand-written sequence | Tenantry's deploy.sh | Ratio |",
    "| --- | ---: | ---: | ---: |",
    "| seconds to the verdict | 20.0 (18.0–22.0) | 5.0 (4.0–9.0) | 0.25× |",
    "| SSH connections | 2 | 2 | 1.00× |",
    "| failed requests | 0 | 2 (1–3) | – |",
    "| longest gap, ms | 500 | 500 | 1.00× |",
    "| – until the old container has ended | – | 100 | – |",
    "| – until the new one has started | – | 300 | – |",
    "| – until it answers | – | 100 | – |",
  ]);
});
