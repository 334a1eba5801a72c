import { cpus, totalmem } from "node:os";
import { docker } from "../../test/rehearsal/bench/docker.ts";
import type { Machine } from "./results.ts";

/** This machine, now. */
export async function thisMachine(): Promise<Machine> {
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    engine: (await docker(["version", "--format", "{{.Server.Version}}"])).trim(),
    compose: (await docker(["compose", "version", "--short"])).trim(),
  };
}
