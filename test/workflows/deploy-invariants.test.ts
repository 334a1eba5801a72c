import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compileGolden, goldenFleets, shippedFleet } from "../golden/golden-fleets.ts";
import { type PlainJob, type PlainWorkflow, texts } from "./deploy-support.ts";

// Invariant: whatever a definition says, secrets and rights stay where they are needed. Read from the generated files of every golden
// fleet. If this breaks, a workflow passes its linters and still hands the deploy key to a job that should not have it.

const GUARD = /^github\.repository == '[^']+' && github\.ref == 'refs\/heads\/[A-Za-z0-9-]+'(?: && |$)/;

describe.for([shippedFleet, ...goldenFleets])("$name", (fleet) => {
  let workflow: PlainWorkflow;
  let jobs: [string, PlainJob][];
  beforeAll(async () => {
    const { artifacts } = await compileGolden(fleet);
    const workflows = artifacts.filter(({ path }) => path.startsWith(".github/workflows/"));
    expect(workflows).toHaveLength(1);
    workflow = parse(workflows[0]?.content ?? "");
    jobs = Object.entries(workflow.jobs);
  });
  const secretsOf = (job: PlainJob) => texts(job).filter(({ text }) => /\bsecrets\b/.test(text));
  const steps = () => jobs.flatMap(([id, job]) => job.steps.map((step) => ({ id, job, step })));

  test("only pushes and the button start it, and it starts without a right", () => {
    expect(Object.keys(workflow.on)).toEqual(["push", "workflow_dispatch"]);
    expect(Object.keys(workflow.on.push as object)).toEqual(["branches"]);
    expect(workflow.permissions).toEqual({});
  });

  test("every job has a name, a timeout, rights of its own and a literal runner's time limit below GitHub's", () => {
    for (const [id, job] of jobs) {
      expect(job.name, id).toMatch(/^[A-Z]/);
      expect(job["timeout-minutes"], id).toSatisfy(
        (minutes) => Number.isInteger(minutes) && minutes >= 10 && minutes < 360,
      );
      expect(Object.keys(job.permissions ?? {}), id).toContain("contents");
    }
    for (const { step } of steps()) expect(step.name).toMatch(/^[A-Z]/);
  });

  test("no script holds an expression", () => {
    const scripts = steps().flatMap(({ step }) => step.run ?? []);
    expect(scripts.length).toBeGreaterThan(1);
    expect(scripts.filter((run) => run.includes("$" + "{{"))).toEqual([]);
  });

  test("only the deploy job has secrets, and an environment", () => {
    expect(jobs.filter(([, job]) => secretsOf(job).length > 0).map(([id]) => id)).toEqual(["deploy"]);
    expect(jobs.filter(([, job]) => job.environment !== undefined).map(([id]) => id)).toEqual(["deploy"]);
    expect(texts({ ...workflow, jobs: {} }).filter(({ text }) => /\bsecrets\b/.test(text))).toEqual([]);
  });

  test("a secret is the whole value of one key of one step's env or inputs", () => {
    const found = jobs.flatMap(([, job]) => secretsOf(job));
    expect(found.length).toBeGreaterThan(0);
    for (const { path, text } of found) {
      expect(text).toMatch(/^\$\{\{ secrets\.[A-Z][A-Z0-9_]* \}\}$/);
      expect(path).toEqual(["steps", expect.any(String), expect.stringMatching(/^(?:env|with)$/), expect.any(String)]);
    }
    expect(new Set(found.map(({ text }) => text)).size).toBe(found.length);
  });

  test("what deploys or pushes is guarded by repository and branch, by itself or by a job it cannot run without", () => {
    for (const [id, job] of jobs) {
      const pushes = job.permissions?.packages === "write";
      if (job.environment !== undefined) expect(job.if, id).toMatch(GUARD);
      else if (pushes && id.startsWith("build-")) expect(job.needs, id).toEqual(["context"]);
      else if (pushes && job.needs !== undefined) expect(job.if, id).toContain("needs.build-");
      else if (pushes) expect(job.if, id).toMatch(GUARD);
    }
    if (workflow.jobs.context) expect(workflow.jobs.context.if).toMatch(GUARD);
  });

  test("the right to push an image goes with pushing one", () => {
    for (const [id, job] of jobs) {
      const writes = job.steps.some(
        ({ uses, run }) => /build-push-action/.test(uses ?? "") || / merge$/.test(run ?? ""),
      );
      expect(job.permissions?.packages === "write", id).toBe(writes);
      expect(
        Object.values(job.permissions ?? {}).filter((access) => access === "write"),
        id,
      ).toHaveLength(writes ? 1 : 0);
    }
  });

  test("a deploy job has no outputs: one that holds a secret's value would arrive empty", () => {
    for (const [, job] of jobs) expect(job.environment === undefined || job.outputs === undefined).toBe(true);
  });

  test("no checkout leaves its token behind, and no action reads a cache that another workflow may have written", () => {
    const inputs = (action: string) =>
      steps().flatMap(({ step }) => (step.uses?.startsWith(`${action}@`) ? [step.with ?? {}] : []));
    expect(inputs("actions/checkout").length).toBeGreaterThan(1);
    for (const given of inputs("actions/checkout")) expect(given["persist-credentials"]).toBe(false);
    for (const given of inputs("tailscale/github-action")) expect(given["use-cache"]).toBe(false);
    for (const given of inputs("docker/setup-qemu-action")) expect(given["cache-image"]).toBe(false);
    for (const given of inputs("docker/build-push-action")) expect(Object.keys(given).join()).not.toContain("cache");
    expect(inputs("actions/cache")).toEqual([]);
  });

  test("nothing that has begun is ever cancelled, and no group of a run is one of a job", () => {
    const groups = [workflow.concurrency, ...jobs.flatMap(([, job]) => job.concurrency ?? [])];
    expect(groups.map((concurrency) => concurrency["cancel-in-progress"])).toEqual(groups.map(() => false));
    expect(new Set(groups.map(({ group }) => group)).size).toBe(groups.length);
    expect(workflow.jobs.deploy?.concurrency).toBeDefined();
  });

  test("the report waits for every job whose result it tells", () => {
    expect(jobs.at(-1)?.[0]).toBe("report");
    expect(workflow.jobs.report?.needs).toEqual([...(workflow.jobs.image ? ["image"] : []), "deploy"]);
  });
});
