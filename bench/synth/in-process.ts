import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyPlan } from "../../src/project/apply-plan.ts";
import { compileDefinitions } from "../../src/project/compile-definitions.ts";
import { planWrites } from "../../src/project/write-plan.ts";
import { median, timed } from "./measure.ts";
import { fleetOf } from "./tenants.ts";

/** Milliseconds of each part of a synth. */
interface Sample {
  /** Building the definition, with the builders' call sites. */
  readonly define: number;
  /** Checking it, with its compose file, and rendering. */
  readonly compile: number;
  /** Writing into an empty folder. */
  readonly write: number;
  /** Comparing with what is there already. */
  readonly compare: number;
  readonly files: number;
}

const COMPOSE = readFileSync(new URL("../../servers/openclaw/docker-compose.yml", import.meta.url), "utf8");

async function sample(tenants: number): Promise<Sample> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "tenantry-bench-")));
  const where = { projectDirectory: root, directory: "", fileOf: () => "servers/production.ts" };
  const place = { root, directory: "" };
  try {
    const defined = await timed(() => fleetOf(tenants));
    const compiled = await timed(() => compileDefinitions([defined.result], () => COMPOSE, where));
    const problem = compiled.result.diagnostics.find(({ severity }) => severity === "error");
    if (problem) throw new Error(`${problem.code}: ${problem.message}`);
    const { artifacts } = compiled.result;
    const written = await timed(() => applyPlan(planWrites(place, artifacts)));
    const compared = await timed(() => applyPlan(planWrites(place, artifacts)));
    return {
      define: defined.ms,
      compile: compiled.ms,
      write: written.ms,
      compare: compared.ms,
      files: artifacts.length,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Medians of so many samples, after one that warms the code up. */
export async function inProcess(tenants: number, samples: number): Promise<Sample> {
  await sample(tenants);
  const taken: Sample[] = [];
  for (let n = 0; n < samples; n++) taken.push(await sample(tenants));
  const of = (part: keyof Sample) => median(taken.map((each) => each[part]));
  return {
    define: of("define"),
    compile: of("compile"),
    write: of("write"),
    compare: of("compare"),
    files: of("files"),
  };
}
