import fc from "fast-check";
import { expect, test } from "vitest";
import type { Fleet, Installation } from "../../src/fleet/installation.ts";
import { isLabel } from "../../src/fleet/names.ts";
import { validate } from "../../src/fleet/validate.ts";
import { deploySingle, imagePlatforms } from "../../src/workflows/deploy-single.ts";
import { type Changes, sample } from "../fleet/sample.ts";

function fleetOf(changes: Changes = {}): Fleet & { readonly single: Installation } {
  return validate([sample(changes)]).checked[0]?.fleet as Fleet & { readonly single: Installation };
}

function workflowOf(fleet: Fleet & { readonly single: Installation }) {
  return deploySingle(fleet, fleet.single, "scripts");
}

const repository = "ghcr.io/acme/shop";
const prebuilt = { kind: "prebuilt", repository, digest: `sha256:${"1".repeat(64)}` };
const follow = { kind: "follow", repository, workflow: "Docker Release", tag: "sha-{sha}", waitMinutes: 60 };

// Invariant: the jobs of a deploy, and what each waits for, follow from where the image comes from.
test.each<{ title: string; changes: Changes; jobs: Record<string, readonly string[] | undefined>; empty: string }>([
  {
    title: "built",
    changes: {},
    jobs: { image: undefined, deploy: ["image"], report: ["image", "deploy"] },
    empty: "empty builds this branch",
  },
  {
    title: "built natively",
    changes: {
      "app.image.platforms": ["linux/amd64", "linux/arm64"],
      "app.image.nativeRunners": { "linux/arm64": "ubuntu-24.04-arm" },
    },
    jobs: {
      context: undefined,
      "build-amd64": ["context"],
      "build-arm64": ["context"],
      image: ["context", "build-amd64", "build-arm64"],
      deploy: ["image"],
      report: ["image", "deploy"],
    },
    empty: "empty builds this branch",
  },
  {
    title: "followed",
    changes: { "app.image": follow },
    jobs: { image: undefined, deploy: ["image"], report: ["image", "deploy"] },
    empty: "empty takes the image of this branch's commit",
  },
  {
    title: "named by the definition",
    changes: { "app.image": prebuilt },
    jobs: { deploy: undefined, report: ["deploy"] },
    empty: "empty takes the one of the definition",
  },
  {
    title: "the tenant's own, before the app's",
    changes: { "tenants.acme.image": prebuilt },
    jobs: { deploy: undefined, report: ["deploy"] },
    empty: "empty takes the one of the definition",
  },
])("an image that is $title", ({ changes, jobs, empty }) => {
  const workflow = workflowOf(fleetOf(changes));
  expect(Object.fromEntries(Object.entries(workflow.jobs).map(([id, { needs }]) => [id, needs]))).toEqual(jobs);
  expect(Object.keys(workflow.jobs)).toEqual(Object.keys(jobs));
  expect(workflow.on.workflow_dispatch?.inputs).toEqual({
    digest: {
      description: `Digest of ${repository} to deploy or to go back to (sha256:…); ${empty}`,
      type: "string",
      required: false,
    },
  });
  expect(workflow.on.push).toEqual({ branches: ["PRD"] });
});

test("the conditions, to the character", () => {
  const guard = "github.repository == 'acme/shop' && github.ref == 'refs/heads/PRD'";
  const conditions = (changes: Changes) =>
    Object.fromEntries(Object.entries(workflowOf(fleetOf(changes)).jobs).map(([id, job]) => [id, job.if]));
  expect(conditions({})).toEqual({
    image: `${guard} && !inputs.digest`,
    deploy: `${guard} && !cancelled() && (needs.image.result == 'success' || inputs.digest)`,
    report: "always() && github.repository == 'acme/shop'",
  });
  expect(conditions({ "app.image": prebuilt })).toEqual({
    deploy: guard,
    report: "always() && github.repository == 'acme/shop'",
  });
});

// Invariant: no two things share a concurrency group that do not wait for each other: GitHub cancels what waits in a group when
// a third one comes, and a run whose own job waits for its group never ends.
test("groups of different fleets and tenants are different, and none of a run is one of a job", () => {
  const label = fc.stringMatching(/^[a-z](?:[a-z-]{0,3}[a-z])?$/).filter(isLabel);
  const base = fleetOf();
  const groupsOf = (name: string, tenant: string) => {
    const { concurrency, jobs } = workflowOf({ ...base, name, single: { ...base.single, tenant } });
    return [concurrency?.group, jobs.deploy?.concurrency?.group] as const;
  };
  fc.assert(
    fc.property(fc.tuple(label, label), fc.tuple(label, label), ([fleet, tenant], [otherFleet, otherTenant]) => {
      const [run, job] = groupsOf(fleet, tenant);
      const [otherRun, otherJob] = groupsOf(otherFleet, otherTenant);
      for (const event of ["push", "4711"]) {
        const runGroup = run?.replace(/\$\{\{.*\}\}/, event);
        expect(runGroup).not.toBe(job);
        expect(runGroup).not.toBe(otherJob);
      }
      expect(run === otherRun).toBe(fleet === otherFleet);
      expect(job === otherJob).toBe(fleet === otherFleet && tenant === otherTenant);
    }),
  );
});

test.each<{ title: string; changes: Changes; platforms: string[] }>([
  { title: "what the servers run", changes: {}, platforms: ["linux/amd64"] },
  {
    title: "what the servers run, each once and in one order",
    changes: { "tenants.acme.on.platform": "linux/arm64" },
    platforms: ["linux/amd64", "linux/arm64"],
  },
  {
    title: "what is declared, in one order",
    changes: { "app.image.platforms": ["linux/arm64", "linux/amd64"] },
    platforms: ["linux/amd64", "linux/arm64"],
  },
])("an image is built for $title", ({ changes, platforms }) => {
  const fleet = fleetOf(changes);
  expect(imagePlatforms(fleet, fleet.single.image)).toEqual(platforms);
});
