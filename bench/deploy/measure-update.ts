import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { SshHost } from "../../test/rehearsal/bench/ssh-host.ts";
import type { Contender, Update } from "./contender.ts";
import { watchEngine } from "./engine-events.ts";
import { type EngineEvent, type GapParts, longestGap, partsOf } from "./gap.ts";
import { type Answer, now, startProbe } from "./probe.ts";

const MAX_SECONDS = 240;
/** The probe runs this long before the deploy and after it, so that the gap has both its ends. Milliseconds. */
const MARGIN_MS = 1000;

/** What one update was like. */
export interface Sample {
  /** Average of the minute before it: what runs on the machine. The benchmark alone makes about 0.5. */
  readonly load: number;
  /** From the start of the deploy until its verdict. */
  readonly seconds: number;
  /** SSH connections that the server's sshd has counted. */
  readonly connections: number;
  readonly requests: number;
  readonly failed: number;
  /** The longest time between two good answers, in milliseconds. */
  readonly gap: number;
  /** Of that; undefined when the engine replaced no container in it. */
  readonly parts?: GapParts;
  /** What the engine did, in milliseconds from the start of the deploy. */
  readonly events: readonly EngineEvent[];
}

/** Deploys an update under a steady load of requests. Throws when the new version does not serve afterwards. */
export async function measureUpdate(contender: Contender, host: SshHost, update: Update): Promise<Sample> {
  const deploy = await contender.prepare(update);
  const load = loadavg()[0] ?? 0;
  const eventsUntilNow = watchEngine(contender.project);
  const probe = startProbe(contender.url, MAX_SECONDS);
  let started = 0;
  let decided = 0;
  let before = 0;
  let answers: Answer[];
  let events: EngineEvent[];
  try {
    await sleep(MARGIN_MS);
    before = host.connections().opened;
    started = now();
    await deploy(() => {
      decided = now();
    });
    await sleep(MARGIN_MS);
  } finally {
    answers = await probe.stop();
    events = await eventsUntilNow();
  }
  await mustServe(contender, update.version);
  const gap = longestGap(answers);
  if (gap === undefined) throw new Error("the app did not answer during the deploy");
  const parts = partsOf(gap, events);
  return {
    load,
    seconds: (decided - started) / 1000,
    connections: host.connections().opened - before,
    requests: answers.length,
    failed: answers.filter(({ good }) => !good).length,
    gap: gap.to - gap.from,
    ...(parts === undefined ? {} : { parts }),
    events: events.map((event) => ({ ...event, at: event.at - started })),
  };
}

/** An update without load, for what is there before the first measurement. */
export async function install(contender: Contender, update: Update): Promise<void> {
  const deploy = await contender.prepare(update);
  await deploy(() => {});
  await mustServe(contender, update.version);
}

async function mustServe(contender: Contender, version: string): Promise<void> {
  const response = await fetch(new URL("/version", contender.url), { signal: AbortSignal.timeout(5000) });
  const serving = (await response.text()).trim();
  if (serving !== version) throw new Error(`${contender.project} serves ${serving}, not ${version}`);
}
