// What a deploy costs and what its users notice: `npm run bench:deploy`, or `node bench/deploy.ts [--runs N] [--json] [--record]` as
// root with the pinned Node. Prints Markdown; progress goes to standard error. --record also writes bench/results/deploy.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CleanUp } from "./deploy/clean-up.ts";
import { markdown } from "./deploy/markdown.ts";
import { measureAll } from "./deploy/measure-all.ts";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "5" }, json: { type: "boolean" }, record: { type: "boolean" } },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1 || runs > 100) throw new Error(`--runs takes 1 to 100, not "${values.runs}"`);

const cleanUp = new CleanUp();
try {
  const results = await measureAll(runs, cleanUp, (progress) => console.error(progress));
  const text = markdown(results);
  console.log(values.json ? JSON.stringify(results, null, 2) : text);
  if (values.record) {
    const folder = join(import.meta.dirname, "results");
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "deploy.md"),
      `# One update\n\nWritten by \`npm run bench:deploy -- --record\`.\n\n${text}\n`,
    );
  }
} finally {
  await cleanUp.run();
}
