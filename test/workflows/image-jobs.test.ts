import { expect, test } from "vitest";
import { build, follow, ImageSource, onServer, prebuilt } from "../../src/fleet/image.ts";
import type { Platform } from "../../src/fleet/server.ts";
import { condition } from "../../src/workflows/expression.ts";
import { imageJobs } from "../../src/workflows/image-jobs.ts";
import type { Job } from "../../src/workflows/model.ts";

const ARM = "ubuntu-24.04-arm";
const AMD = "ubuntu-24.04";
const repository = "ghcr.io/acme/shop";
const both: readonly Platform[] = ["linux/amd64", "linux/arm64"];

function jobsOf(image: object, platforms: readonly Platform[] = ["linux/amd64"]) {
  return imageJobs({
    image: ImageSource.parse(image),
    platforms,
    script: "scripts/image.sh",
    guard: condition("guard"),
  });
}

/** The text of an expression. */
const ex = (source: string) => `$${`{{ ${source} }}`}`;

/** What a reviewer looks at first. */
function outline(job: Job | undefined) {
  return {
    needs: job?.needs ?? [],
    if: job?.if,
    on: job?.["runs-on"],
    may: Object.entries(job?.permissions ?? {}).map(([scope, { access }]) => `${scope}: ${access}`),
    steps: job?.steps.map(({ name }) => name),
  };
}

const LOOK = "Look whether this context was built before";
const QEMU = "Set up emulation of other platforms";
const BUILDER = "Set up the builder";
const LOGIN = "Log in to the image registry";
const PUSH = "Build and push";
const pushes = ["contents: read", "packages: write"];
const reads = ["contents: read", "packages: read"];
const first = { needs: [], if: "guard && !inputs.digest" };
const built = { needs: ["context"], if: "needs.context.outputs.digest == ''", may: pushes };

// Invariant: an image is built by as few jobs as its platforms need, on the runners that were declared, with no right it does not use.
// If this breaks, an arm64 tenant gets an amd64 image, or a build that takes a minute takes an hour.
test.each<{ title: string; image: object; platforms?: readonly Platform[]; jobs: Record<string, object> }>([
  {
    title: "one platform that the runner has",
    image: build({ repository }),
    jobs: { image: { ...first, on: AMD, may: pushes, steps: ["Check out", LOOK, BUILDER, LOGIN, PUSH] } },
  },
  {
    title: "one platform that is emulated",
    image: build({ repository }),
    platforms: ["linux/arm64"],
    jobs: { image: { ...first, on: AMD, may: pushes, steps: ["Check out", LOOK, QEMU, BUILDER, LOGIN, PUSH] } },
  },
  {
    title: "one platform with a runner of its own",
    image: build({ repository, nativeRunners: { "linux/arm64": ARM } }),
    platforms: ["linux/arm64"],
    jobs: { image: { ...first, on: ARM, may: pushes, steps: ["Check out", LOOK, BUILDER, LOGIN, PUSH] } },
  },
  {
    title: "a native runner for a platform that no server has",
    image: build({ repository, nativeRunners: { "linux/arm64": ARM } }),
    jobs: { image: { ...first, on: AMD, may: pushes, steps: ["Check out", LOOK, BUILDER, LOGIN, PUSH] } },
  },
  {
    title: "two platforms, one emulated",
    image: build({ repository }),
    platforms: both,
    jobs: { image: { ...first, on: AMD, may: pushes, steps: ["Check out", LOOK, QEMU, BUILDER, LOGIN, PUSH] } },
  },
  ...[
    { title: "two platforms, arm64 native", nativeRunners: { "linux/arm64": ARM }, amd: AMD, arm: ARM, emulated: [] },
    {
      title: "two platforms, amd64 native",
      nativeRunners: { "linux/amd64": "big" },
      amd: "big",
      arm: AMD,
      emulated: [QEMU],
    },
    {
      title: "two platforms, both native",
      nativeRunners: { "linux/amd64": "big", "linux/arm64": ARM },
      ...{ amd: "big", arm: ARM, emulated: [] },
    },
  ].map(({ title, nativeRunners, amd, arm, emulated }) => ({
    title,
    image: build({ repository, nativeRunners }),
    platforms: both,
    jobs: {
      context: { ...first, on: AMD, may: reads, steps: ["Check out", LOOK] },
      "build-amd64": { ...built, on: amd, steps: ["Check out", BUILDER, LOGIN, PUSH] },
      "build-arm64": { ...built, on: arm, steps: ["Check out", ...emulated, BUILDER, LOGIN, PUSH] },
      image: {
        needs: ["context", "build-amd64", "build-arm64"],
        if: "!cancelled() && (needs.context.outputs.digest != '' || (needs.build-amd64.result == 'success' && needs.build-arm64.result == 'success'))",
        ...{ on: AMD, may: pushes },
        steps: ["Check out", BUILDER, LOGIN, "Give the platforms' images one name"],
      },
    },
  })),
  {
    title: "another workflow's image",
    image: follow({ repository, workflow: "Docker Release" }),
    platforms: both,
    jobs: {
      image: {
        ...{ ...first, on: AMD, may: ["actions: read", ...reads] },
        steps: ["Check out", "Wait for the image of this commit"],
      },
    },
  },
  {
    title: "another workflow's image in a registry that does not know the job's token",
    image: follow({ repository: "registry.example.com/shop", workflow: "Docker Release" }),
    jobs: {
      image: {
        ...{ ...first, on: AMD, may: ["actions: read", "contents: read"] },
        steps: ["Check out", "Wait for the image of this commit"],
      },
    },
  },
  {
    title: "a digest of the definition",
    image: prebuilt({ repository, digest: `sha256:${"0".repeat(64)}` }),
    jobs: {},
  },
  { title: "an image of the server", image: onServer({ repository }), jobs: {} },
])("$title", ({ image, platforms, jobs }) => {
  const made = jobsOf(image, platforms);
  expect(Object.fromEntries(Object.entries(made).map(([id, job]) => [id, outline(job)]))).toEqual(jobs);
  expect(Object.keys(made)).toEqual(Object.keys(jobs));
});

// Invariant: the workflow's token goes to GitHub's own image registry, and to another only where the definition says that it takes it.
// If this breaks, a foreign host can push images in the repository's name for as long as the job runs.
test.each<{ title: string; image: object; sent: boolean }>([
  { title: "GitHub's own", image: build({ repository }), sent: true },
  {
    title: "GitHub's own, pulled by the server's login",
    image: build({ repository, pull: "server-login" }),
    sent: true,
  },
  { title: "GitHub's own, pulled by anybody", image: build({ repository, pull: "public" }), sent: true },
  {
    title: "another that takes it",
    image: build({ repository: "registry.example.com/shop", pull: "job-token" }),
    sent: true,
  },
  { title: "another", image: build({ repository: "registry.example.com/shop" }), sent: false },
  { title: "one of a similar name", image: build({ repository: "ghcr.io.example.com/shop" }), sent: false },
  {
    title: "another, by its own login",
    image: build({ repository: "docker.io/acme/shop", pull: "server-login" }),
    sent: false,
  },
  {
    title: "another that is followed",
    image: follow({ repository: "docker.io/acme/shop", workflow: "W" }),
    sent: false,
  },
])("the job's token is sent to $title: $sent", ({ image, sent }) => {
  for (const platforms of [["linux/amd64"], both] as const) {
    const native = "kind" in image && image.kind === "build" ? { nativeRunners: { "linux/arm64": ARM } } : {};
    const steps = Object.values(jobsOf({ ...image, ...native }, platforms)).flatMap((job) => [...job.steps]);
    const logins = steps.filter((step) => step.uses?.value.startsWith("docker/login-action"));
    const given = steps.flatMap((step) => step.env?.REGISTRY_TOKEN ?? []);
    expect(given.length > 0).toBe(sent);
    expect(logins.length > 0).toBe(sent && "kind" in image && image.kind === "build");
    expect(new Set([...given, ...logins.map((step) => step.uses && step.with?.password)])).toEqual(
      new Set(sent ? [ex("github.token")] : []),
    );
  }
});

// Invariant: what is built is what the definition names, and what is deployed is what was built.
test("the inputs of a build", () => {
  const image = build({
    repository,
    context: "services/shop",
    dockerfile: "docker/Dockerfile",
    args: { A: "1", B: "two words" },
    platforms: [...both],
  });
  const job = jobsOf(image, both).image;
  expect(job?.outputs).toEqual({ digest: ex("steps.context.outputs.digest || steps.build.outputs.digest") });
  const [step] = job?.steps.slice(-1) ?? [];
  expect(step?.uses && step.with).toEqual({
    context: "services/shop",
    file: "services/shop/docker/Dockerfile",
    "build-args": "A=1\nB=two words",
    labels: `org.opencontainers.image.revision=${ex("github.sha")}\norg.opencontainers.image.source=${ex("github.server_url")}/${ex("github.repository")}`,
    platforms: "linux/amd64,linux/arm64",
    push: true,
    tags: `${repository}:${ex("steps.context.outputs.tag")}\n${repository}:sha-${ex("github.sha")}`,
  });
});

test("native builds push without a name, and the last job names them together", () => {
  const jobs = jobsOf(build({ repository, nativeRunners: { "linux/arm64": ARM } }), both);
  for (const id of ["build-amd64", "build-arm64"]) {
    const step = jobs[id]?.steps.at(-1);
    expect(step?.uses && step.with).toMatchObject({
      platforms: id.replace("build-", "linux/"),
      outputs: `type=image,name=${repository},push-by-digest=true,name-canonical=true,push=true`,
    });
    expect(step?.uses && Object.keys(step.with ?? {})).not.toContain("tags");
  }
  expect(jobs.image?.steps.at(-1)?.env).toMatchObject({
    DIGESTS: `${ex("needs.build-amd64.outputs.digest")} ${ex("needs.build-arm64.outputs.digest")}`,
    TAG: ex("needs.context.outputs.tag"),
  });
  expect(jobs.image?.outputs).toEqual({
    digest: ex("needs.context.outputs.digest || steps.merge.outputs.digest"),
  });
});

test("a followed image is awaited for as long as the definition says, by its tag of this commit", () => {
  const job = jobsOf(follow({ repository, workflow: "Docker Release", tag: "prd-{sha}", waitMinutes: 300 })).image;
  expect(job?.["timeout-minutes"]).toBe(310);
  expect(job?.steps.at(-1)?.env).toEqual({
    REGISTRY_USER: ex("github.actor"),
    REGISTRY_TOKEN: ex("github.token"),
    GH_TOKEN: ex("github.token"),
    TAG: `prd-${ex("github.sha")}`,
  });
});
