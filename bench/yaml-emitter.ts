// Our emitter beside `yaml` stringify, on one small job and on a workflow of many. Run: node bench/yaml-emitter.ts
import { stringify } from "yaml";
import { emit } from "../src/yaml/emit.ts";
import type { YamlNode } from "../src/yaml/node.ts";

const ROUNDS = 15;
const MILLISECONDS_PER_ROUND = 40;

function job(number: number): YamlNode {
  return {
    name: `Deploy tenant ${number}`,
    needs: ["build", "gate"],
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 30,
    concurrency: { group: `deploy-tenant-${number}`, "cancel-in-progress": false },
    steps: [{ name: "Deploy", run: "./deploy.sh\n", env: { TENANT: `tenant-${number}`, PORT: "18789" } }],
  };
}

/** Median microseconds a call takes, warm. */
function median(call: () => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    let calls = 0;
    const start = performance.now();
    let elapsed = 0;
    while (elapsed < MILLISECONDS_PER_ROUND) {
      call();
      calls++;
      elapsed = performance.now() - start;
    }
    return (elapsed * 1000) / calls;
  });
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

const documents: [title: string, node: YamlNode][] = [
  ["one job", { jobs: { deploy: job(1) } }],
  [
    "250 jobs",
    { jobs: Object.fromEntries(Array.from({ length: 250 }, (_, number) => [`deploy-${number}`, job(number)])) },
  ],
];

for (const [title, node] of documents) {
  const ours = median(() => emit(node));
  const theirs = median(() => stringify(node));
  console.log(
    `${title.padEnd(8)}  ours ${ours.toFixed(1)} µs  yaml ${theirs.toFixed(1)} µs  ratio ${(theirs / ours).toFixed(1)}`,
  );
}
