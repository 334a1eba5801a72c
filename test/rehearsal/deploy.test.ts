import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DeployBench, startDeployBench } from "./bench/deploy-bench.ts";
import { describeWithEngine } from "./bench/describe-with-engine.ts";
import { docker, tryDocker } from "./bench/docker.ts";
import { type ImageRegistry, startImageRegistry } from "./bench/image-registry.ts";

// Invariant: a run of the generated workflow ends with the new release serving, the old one serving, or nothing touched, and says which.
// If this breaks, an update never arrives, or a sick one takes the tenant down while the run is green.

const SECRETS = { OPENCLAW_GATEWAY_TOKEN: "'a-real-token'" };

describeWithEngine("one tenant, run after run", () => {
  let registry: ImageRegistry;
  let bench: DeployBench;
  let good = "";
  beforeAll(async () => {
    registry = await startImageRegistry();
    bench = await startDeployBench({ registry });
  }, 120_000);
  afterAll(async () => {
    await bench?.remove();
    await tryDocker(["rmi", `${registry?.address}/openclaw:neighbour`]);
    await registry?.remove();
  }, 60_000);

  test("without a .env the deploy is refused, and says which secrets to write where", async () => {
    await bench.commit({ behaviour: "healthy", version: "1" });
    const { outcome, jobs, run } = await bench.deploy({ runId: 1001 });
    expect(outcome, run.log).toBe("refused");
    expect(jobs).toMatchObject({ image: "success", deploy: "failure", report: "success" });
    expect(run.log).toContain("OPENCLAW_GATEWAY_TOKEN");
    expect(await bench.ask("/version")).toBe("");
  }, 120_000);

  test("a first deploy of a sick image fails, stops what it started, and says that there is no way back", async () => {
    await bench.writeEnv(SECRETS);
    await bench.commit({ behaviour: "sick", version: "sick-first" });
    const { outcome, jobs, run } = await bench.deploy({ runId: 1002 });
    expect(outcome, run.log).toBe("failed-first");
    expect(jobs.deploy).toBe("failure");
    expect(run.log).toContain("there is no earlier release to go back to");
    expect(await bench.servingDigests()).toEqual([]);
    expect(bench.file(".tenantry/logs/release-1002.app.log")).toContain("stand-in sick-first");
    await bench.commit({ behaviour: "healthy", version: "1" });
  }, 120_000);

  test("the first deploy to a bare directory serves the version that was built, by digest", async () => {
    const { outcome, jobs, run } = await bench.deploy({ runId: 1003 });
    expect(outcome, run.log).toBe("deployed");
    expect(jobs).toMatchObject({ image: "success", deploy: "success", report: "success" });
    expect(await bench.ask("/version")).toBe("1");
    good = /digest=(sha256:[0-9a-f]{64})/.exec(bench.file("current/release"))?.[1] ?? "";
    expect((await bench.servingDigests()).join()).toContain(good);
    await docker(["tag", `${registry.address}/openclaw@${good}`, `${registry.address}/openclaw:neighbour`]);
  }, 120_000);

  test("the same commit again is unchanged, and restarts nothing", async () => {
    const before = await started(bench.project);
    const { outcome, run } = await bench.deploy({ runId: 1004 });
    expect(outcome, run.log).toBe("unchanged");
    expect(await started(bench.project)).toBe(before);
    expect(run.log).toContain("this context has been built already");
  }, 120_000);

  test("an update serves the new version", async () => {
    await bench.commit({ behaviour: "healthy", version: "2" });
    const { outcome, run } = await bench.deploy({ runId: 1010 });
    expect(outcome, run.log).toBe("deployed");
    expect(await bench.ask("/version")).toBe("2");
  }, 120_000);

  test.for([
    { title: "an image that runs but is sick", behaviour: "sick", runId: 1020 },
    { title: "sick a second time", behaviour: "sick", runId: 1030 },
    { title: "an image that crashes", behaviour: "crash", runId: 1040 },
  ] as const)("$title is rolled back and red, and the last good version serves", { timeout: 120_000 }, async (bad) => {
    const { behaviour, runId } = bad;
    await bench.commit({ behaviour, version: `bad-${runId}` });
    const { outcome, jobs, run } = await bench.deploy({ runId });
    expect(outcome, run.log).toBe("rolled-back");
    expect(jobs.deploy).toBe("failure");
    expect(await bench.ask("/version")).toBe("2");
    expect(bench.file("current/release")).toContain("number=1010");
  });

  test("an older run that is started again is superseded: also one older than what was rolled back from", async () => {
    for (const runId of [1010, 1039]) {
      const { outcome, jobs, run } = await bench.deploy({ runId, attempt: 2 });
      expect(outcome, run.log).toBe("superseded");
      expect(jobs.deploy).toBe("success");
    }
    expect(await bench.ask("/version")).toBe("2");
  }, 120_000);

  test("with the image registry away the deploy is refused and nothing is touched", async () => {
    await bench.commit({ behaviour: "healthy", version: "3" });
    const before = await started(bench.project);
    // Built while the registry was there; away when the server pulls.
    const built = await bench.deploy({ runId: 1050, secrets: { DEPLOYMENT_PATH: "/home/other" } });
    expect(built.outcome, built.run.log).toBe("refused");
    const digest = /digest=(sha256:[0-9a-f]{64})/.exec(built.run.log)?.[1] ?? "";
    await registry.stop();
    const { outcome, run } = await bench.deploy({ runId: 1051, digest });
    await registry.start();
    expect(outcome, run.log).toBe("refused");
    expect(run.log).toContain("cannot be pulled");
    expect(await started(bench.project)).toBe(before);
    expect(await bench.ask("/version")).toBe("2");
  }, 120_000);

  test("a person goes back to a digest that is older than what is deployed", async () => {
    const { outcome, jobs, run } = await bench.deploy({ runId: 1060, digest: good });
    expect(outcome, run.log).toBe("deployed");
    expect(jobs.image).toBe("skipped");
    expect(await bench.ask("/version")).toBe("1");
  }, 120_000);

  test("only the kept releases and their images are left, and a neighbour's tag of the same image stays", async () => {
    const kept = readdirSync(join(bench.directory, "releases")).sort();
    const current = readlinkSync(join(bench.directory, "current")).replace("releases/", "");
    expect(kept).toContain(current);
    expect(kept.length).toBeLessThanOrEqual(3);
    const tags = await docker(["image", "ls", "--format", "{{.Tag}}", `${registry.address}/openclaw`]);
    const own = tags.split("\n").filter((tag) => tag.startsWith(`tenantry-${bench.project}-`));
    expect(own.map((tag) => tag.split("-").at(-1)).sort()).toEqual(kept);
    expect(tags.split("\n")).toContain("neighbour");
  }, 60_000);

  test("a changed host key is refused, and no bundle is sent", async () => {
    await bench.host.rotateHostKey();
    const { outcome, run } = await bench.deploy({ runId: 1070 });
    expect(outcome, run.log).toBe("refused");
    expect(run.log).toContain("host key is not the pinned one");
    expect(bench.file(".tenantry/journal")).not.toContain("1070");
  }, 120_000);
});

async function started(project: string): Promise<string> {
  const ids = (await docker(["ps", "--quiet", "--filter", `label=com.docker.compose.project=${project}`])).trim();
  return docker(["container", "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", ...ids.split("\n")]);
}
