import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DeployBench, startDeployBench } from "./bench/deploy-bench.ts";
import { describeWithEngine } from "./bench/describe-with-engine.ts";
import { type ImageRegistry, startImageRegistry } from "./bench/image-registry.ts";

// Invariant: a deploy that began ends on the server, whatever becomes of the runner and its connection; two never run at once.
// If this breaks, a cancelled job leaves a tenant down until somebody notices.

describeWithEngine("a runner that goes away, and two at once", () => {
  let registry: ImageRegistry;
  let bench: DeployBench;
  beforeAll(async () => {
    registry = await startImageRegistry();
    bench = await startDeployBench({ registry });
    await bench.writeEnv({ OPENCLAW_GATEWAY_TOKEN: "'a-real-token'" });
    await bench.commit({ behaviour: "healthy", version: "1" });
    const { outcome, run } = await bench.deploy({ runId: 3000 });
    expect(outcome, run.log).toBe("deployed");
  }, 120_000);
  afterAll(async () => {
    await bench?.remove();
    await registry?.remove();
  }, 60_000);

  test("killed in mid-deploy, the server finishes; the run started again reports it", async () => {
    await bench.commit({ behaviour: "slow", version: "2", startSeconds: 4 });
    const run = await bench.start({ runId: 3010 });
    expect(await run.printed(/starting release 3010/, 60)).toBe(true);
    run.kill();
    const cut = bench.read(await run.finished);
    expect(cut.jobs.deploy).toBe("unfinished");
    const again = await bench.deploy({ runId: 3010, attempt: 2 });
    expect(["deployed", "unchanged"], again.run.log).toContain(again.outcome);
    expect(await bench.ask("/version")).toBe("2");
    expect(bench.file(".tenantry/journal")).toContain("release 3010 ended deployed");
  }, 120_000);

  test("the connection cut in mid-deploy is made again, and the job says how it ended", async () => {
    await bench.commit({ behaviour: "slow", version: "3", startSeconds: 4 });
    const run = await bench.start({ runId: 3020 });
    expect(await run.printed(/starting release 3020/, 60)).toBe(true);
    bench.host.dropConnections();
    const { outcome, run: result } = bench.read(await run.finished);
    expect(outcome, result.log).toBe("deployed");
    expect(await bench.ask("/version")).toBe("3");
  }, 120_000);

  test("two deploys at once follow each other, and the newer one serves", async () => {
    await bench.commit({ behaviour: "slow", version: "4", startSeconds: 4 });
    const first = await bench.start({ runId: 3030 });
    expect(await first.printed(/starting release 3030/, 60)).toBe(true);
    await bench.commit({ behaviour: "healthy", version: "5" });
    const second = await bench.deploy({ runId: 3040 });
    const one = bench.read(await first.finished);
    expect(one.outcome, one.run.log).toBe("deployed");
    expect(second.outcome, second.run.log).toBe("deployed");
    expect(await bench.ask("/version")).toBe("5");
    const journal = bench.file(".tenantry/journal");
    expect(journal.indexOf("release 3030 ended deployed")).toBeLessThan(
      journal.indexOf("switching from release 3030 to 3040"),
    );
  }, 120_000);

  test("nothing of a deploy stays behind: no process, no bundle with the token", async () => {
    await wait(500);
    expect(bench.host.processes()).toEqual([]);
    const left = await bench.host.exec(
      'ls -d /dev/shm/tenantry.* 2>/dev/null | xargs -r ls -ld | grep " $(id -un) " || true',
    );
    expect(left.stdout).toBe("");
  }, 60_000);
});
