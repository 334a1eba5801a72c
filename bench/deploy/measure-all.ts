import { releaseEngine, startEngine, whyNoEngine } from "../../test/rehearsal/bench/engine.ts";
import { type ImageRegistry, startImageRegistry } from "../../test/rehearsal/bench/image-registry.ts";
import { type SshHost, startSshHost } from "../../test/rehearsal/bench/ssh-host.ts";
import { MissingTool, tool } from "../../test/support/tools.ts";
import type { CleanUp } from "./clean-up.ts";
import type { Contender } from "./contender.ts";
import { generatedScript } from "./generated-script.ts";
import { handWritten } from "./hand-written.ts";
import { thisMachine } from "./machine.ts";
import { install, measureUpdate, type Sample } from "./measure-update.ts";
import type { Results, Series } from "./results.ts";
import { wholeWorkflow } from "./whole-workflow.ts";

const APPS = [
  { title: "An app that starts at once", startSeconds: 0 },
  { title: "An app that needs 3 s to start", startSeconds: 3 },
] as const;

type Say = (progress: string) => void;

/** Starts engine, image registry and server, and measures everything. `cleanUp` knows what to remove afterwards. */
export async function measureAll(runs: number, cleanUp: CleanUp, say: Say): Promise<Results> {
  const reason = whyNoEngine();
  if (reason !== undefined) throw new Error(reason);
  cleanUp.add({ remove: () => releaseEngine(process.pid) });
  await startEngine();
  const machine = await thisMachine();
  const registry = cleanUp.add(await startImageRegistry());
  const host = cleanUp.add(await startSshHost());
  const contenders = {
    handWritten: cleanUp.add(await handWritten(host, registry)),
    tenantry: cleanUp.add(await generatedScript(host, registry)),
  };

  say("first installation, both ways");
  for (const contender of Object.values(contenders)) await install(contender, { version: "first", startSeconds: 0 });
  const series: Series[] = [];
  for (const app of APPS) series.push(await measureSeries(app, { host, runs, say, contenders }));
  const workflow = await measureWorkflow(registry, cleanUp, say);
  return { machine, series, ...(workflow === undefined ? {} : { workflow }) };
}

interface Bench {
  readonly host: SshHost;
  readonly runs: number;
  readonly say: Say;
  readonly contenders: Readonly<Record<"handWritten" | "tenantry", Contender>>;
}

async function measureSeries(app: (typeof APPS)[number], { host, runs, say, contenders }: Bench): Promise<Series> {
  const samples = { handWritten: [] as Sample[], tenantry: [] as Sample[] };
  for (let run = 1; run <= runs; run++) {
    // Each goes first in every second run: what the one leaves warm must not always help the other.
    const order = run % 2 === 1 ? (["handWritten", "tenantry"] as const) : (["tenantry", "handWritten"] as const);
    for (const who of order) {
      // The two never deploy the same image: the engine would have it already.
      const version = `${who}-${app.startSeconds}-${run}`;
      const sample = await measureUpdate(contenders[who], host, { version, startSeconds: app.startSeconds });
      samples[who].push(sample);
      say(`${app.title}, ${run} of ${runs}, ${who}: ${sample.seconds.toFixed(1)} s, gap ${sample.gap.toFixed(0)} ms`);
    }
  }
  return { title: app.title, ...samples };
}

async function measureWorkflow(registry: ImageRegistry, cleanUp: CleanUp, say: Say): Promise<Sample | undefined> {
  try {
    tool("act");
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    say(`without the whole workflow: ${error.message}`);
    return undefined;
  }
  say("the whole workflow in act");
  const contender = cleanUp.add(await wholeWorkflow(registry));
  await install(contender, { version: "act-1", startSeconds: 0 });
  return measureUpdate(contender, contender.host, { version: "act-2", startSeconds: 0 });
}
