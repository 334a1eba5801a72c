import { median, table } from "../synth/measure.ts";
import type { GapParts } from "./gap.ts";
import type { Sample } from "./measure-update.ts";
import { PATIENCE_MS, REQUESTS_PER_SECOND } from "./probe.ts";
import type { Machine, Results, Series } from "./results.ts";

interface Row {
  readonly title: string;
  readonly value: (sample: Sample) => number | undefined;
  readonly digits: number;
}

const ROWS: readonly Row[] = [
  { title: "seconds to the verdict", value: ({ seconds }) => seconds, digits: 1 },
  { title: "SSH connections", value: ({ connections }) => connections, digits: 0 },
  { title: "failed requests", value: ({ failed }) => failed, digits: 0 },
  { title: "longest gap, ms", value: ({ gap }) => gap, digits: 0 },
  { title: "– until the old container has ended", value: ({ parts }) => parts?.stop, digits: 0 },
  { title: "– until the new one has started", value: ({ parts }) => parts?.replace, digits: 0 },
  { title: "– until it answers", value: ({ parts }) => parts?.answer, digits: 0 },
];

/** All results as Markdown. */
export function markdown(results: Results): string {
  const { machine, series, workflow } = results;
  return [
    heading(machine, series),
    ...series.map((each) => `### ${each.title}\n\n${comparison(each)}`),
    ...(workflow === undefined ? [] : [workflowLine(workflow)]),
    gapParagraph(series),
  ].join("\n\n");
}

function heading({ date, cores, memoryGib, engine, compose }: Machine, series: readonly Series[]): string {
  const runs = series[0]?.handWritten.length ?? 0;
  const loads = series.flatMap(({ handWritten, tenantry }) => [...handWritten, ...tenantry].map(({ load }) => load));
  const [least, most] = [Math.min(...loads), Math.max(...loads)].map((load) => load.toFixed(1));
  return `${date}, ${cores} cores, ${memoryGib} GiB, load ${least}–${most}, Docker ${engine}, Compose ${compose}.
Updates from one healthy version to the next, both ways in turns on the same server, ${runs} of each: median (least–most).
The app gets ${REQUESTS_PER_SECOND} requests a second; a request without a 200 within ${PATIENCE_MS / 1000} s has failed.`;
}

/** One app's table: the hand-written sequence is the baseline of the ratio. */
export function comparison({ handWritten, tenantry }: Series): string {
  const rows = ROWS.map(({ title, value, digits }) => {
    const [theirs, ours] = [numbers(handWritten, value), numbers(tenantry, value)];
    return [title, spread(theirs, digits), spread(ours, digits), ratio(theirs, ours)];
  });
  return table(["", "Hand-written sequence", "Tenantry's deploy.sh", "Ratio"], rows);
}

/** `12 (10–15)`: median, least and most. One number when all are the same, a dash when there are none. */
export function spread(values: readonly number[], digits: number): string {
  if (values.length === 0) return "–";
  const text = (value: number) => value.toFixed(digits);
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map(text);
  return least === most ? `${middle}` : `${middle} (${least}–${most})`;
}

function ratio(baseline: readonly number[], values: readonly number[]): string {
  if (baseline.length === 0 || values.length === 0 || median(baseline) === 0) return "–";
  return `${(median(values) / median(baseline)).toFixed(2)}×`;
}

function numbers(samples: readonly Sample[], value: Row["value"]): number[] {
  return samples.map(value).filter((each) => each !== undefined);
}

function workflowLine({ seconds, connections, failed, gap }: Sample): string {
  return `The whole generated workflow once, in act with stand-ins for the actions (build, deploy, report; an app that starts at once):
${seconds.toFixed(1)} s, ${connections} SSH connection${connections === 1 ? "" : "s"}, ${failed} failed requests, a gap of ${gap.toFixed(0)} ms.`;
}

function gapParagraph(series: readonly Series[]): string {
  const lines = series.map(
    ({ title, handWritten, tenantry }) => `${title}: ${whence(tenantry)} (by hand: ${whence(handWritten)}).`,
  );
  return `Where Tenantry's gap comes from, medians of the three parts: ${lines.join(" ")}
The first part is the old app's shutdown. In the second, Compose and the engine take the old container's network and name away and set up
the new one's. The third is the app's own start, and whatever keeps the first connections from reaching it: see bench/README.md.`;
}

function whence(samples: readonly Sample[]): string {
  const part = (key: keyof GapParts) => {
    const values = numbers(samples, ({ parts }) => parts?.[key]);
    return values.length === 0 ? "–" : median(values).toFixed(0);
  };
  return `${part("stop")} + ${part("replace")} + ${part("answer")} ms`;
}
