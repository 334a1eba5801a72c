// What a synth costs: `npm run bench`, or `node bench/synth.ts [samples]` with the pinned Node. Prints Markdown.
import { cpus } from "node:os";
import { inProcess } from "./synth/in-process.ts";
import { table } from "./synth/measure.ts";
import { wholeRuns } from "./synth/whole-run.ts";

const samples = Number(process.argv[2] ?? 7);
const ms = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

console.log(`Node ${process.version}, ${cpus().length} CPUs, medians of ${samples}, in milliseconds.\n`);

const rows: string[][] = [];
for (const tenants of [1, 100, 1000, 10_000]) {
  const { define, compile, write, compare, files } = await inProcess(tenants, samples);
  const total = define + compile + compare;
  rows.push([String(tenants), String(files), ms(define), ms(compile), ms(write), ms(compare), ms(total)]);
}
console.log(
  table(
    ["Tenants", "Files", "Define", "Check and render", "Write all", "Compare only", "A synth without changes"],
    rows,
  ),
);

const runs = await wholeRuns(samples);
const base = runs[0];
const ratio = (value: number, to: number | undefined) => `${(value / (to ?? value)).toFixed(2)}×`;
console.log();
console.log(
  table(
    ["Whole run that changes nothing", "npx projen", "to empty", "node .projenrc.ts", "to empty"],
    runs.map(({ title, npx, node }) => [title, ms(npx), ratio(npx, base?.npx), ms(node), ratio(node, base?.node)]),
  ),
);
