import type { BuildImage, FollowImage, ImageSource } from "../fleet/image.ts";
import { takesJobToken } from "../fleet/image-login.ts";
import type { Platform } from "../fleet/server.ts";
import { checkout } from "./checkout.ts";
import { allOf, anyOf, type Condition, condition, expression } from "./expression.ts";
import type { Env, Job, Permissions, Step } from "./model.ts";
import { uses } from "./pins.ts";

/** What the image's jobs need to know. */
export interface ImageJobsInput {
  readonly image: ImageSource;
  readonly platforms: readonly Platform[];
  /** Path of image.sh from the repository's root. */
  readonly script: string;
  /** Holds in the fleet's repository and on its branch only. */
  readonly guard: Condition;
}

/** The id of the job whose output `digest` is what is deployed. */
export const IMAGE_JOB = "image";

/**
 * The jobs that give the digest, by id. None where the definition names it. The last one is IMAGE_JOB; the others are its needs.
 */
export function imageJobs(input: ImageJobsInput): Readonly<Record<string, Job>> {
  const { image } = input;
  switch (image.kind) {
    case "build":
      return needsNativeJobs(image, input) ? nativeBuildJobs(image, input) : { [IMAGE_JOB]: buildJob(image, input) };
    case "follow":
      return { [IMAGE_JOB]: followJob(image, input) };
    case "prebuilt":
    case "on-server":
      return {};
  }
}

/** One runner cannot be native to two platforms; for a single one, the one job runs on that platform's runner. */
function needsNativeJobs(image: BuildImage, { platforms }: ImageJobsInput): boolean {
  return platforms.length > 1 && platforms.some((platform) => image.nativeRunners[platform] !== undefined);
}

/** A person's digest needs no image job. */
function unlessGiven(guard: Condition): Condition {
  return allOf(guard, condition("!inputs.digest"));
}

/** What image.sh logs in to the image registry with; nothing where it asks as anybody can. */
function registryLogin(image: BuildImage | FollowImage): Env {
  return takesJobToken(image)
    ? { REGISTRY_USER: expression("github.actor"), REGISTRY_TOKEN: expression("github.token") }
    : {};
}

function readPackages(image: BuildImage | FollowImage): Permissions {
  return takesJobToken(image) ? { packages: { access: "read", why: "asks the image registry" } } : {};
}

/** Looks for the context's image; its output `digest` is empty when it must be built. */
function lookStep(image: BuildImage, script: string): Step {
  return {
    comment: "The tag names the state of the build context, so adding a tenant builds nothing.",
    name: "Look whether this context was built before",
    id: "context",
    env: registryLogin(image),
    run: `${script} context`,
  };
}

function builderSteps(image: BuildImage, when: Condition | undefined, emulate: boolean): Step[] {
  const iff = when === undefined ? {} : { if: when };
  return [
    ...(emulate
      ? [
          {
            name: "Set up emulation of other platforms",
            ...iff,
            uses: uses("docker/setup-qemu-action"),
            with: { "cache-image": false },
            comments: { "with.cache-image": "Other workflows can write to the cache." },
          },
        ]
      : []),
    { name: "Set up the builder", ...iff, uses: uses("docker/setup-buildx-action") },
    ...(takesJobToken(image) ? [loginStep(image, iff)] : []),
  ];
}

function loginStep(image: BuildImage, iff: Pick<Step, "if">): Step {
  return {
    name: "Log in to the image registry",
    ...iff,
    uses: uses("docker/login-action"),
    with: {
      registry: image.repository.slice(0, image.repository.indexOf("/")),
      username: expression("github.actor"),
      password: expression("github.token"),
    },
  };
}

/** Inputs of docker/build-push-action that every build has. https://github.com/docker/build-push-action#inputs */
function buildInputs(image: BuildImage) {
  const args = Object.entries(image.args).map(([name, value]) => `${name}=${value}`);
  return {
    context: image.context,
    file: image.context === "." ? image.dockerfile : `${image.context}/${image.dockerfile}`,
    ...(args.length > 0 ? { "build-args": args.join("\n") } : {}),
    labels: `org.opencontainers.image.revision=${expression("github.sha")}\norg.opencontainers.image.source=${expression("github.server_url")}/${expression("github.repository")}`,
  };
}

const buildPermissions = {
  contents: { access: "read", why: "checkout" },
  packages: { access: "write", why: "pushes the image" },
} as const;

function buildJob(image: BuildImage, { platforms, script, guard }: ImageJobsInput): Job {
  const missing = condition("steps.context.outputs.digest == ''");
  const [only] = platforms;
  const native = platforms.length === 1 && only !== undefined ? image.nativeRunners[only] : undefined;
  const emulate = native === undefined && platforms.some((platform) => platform !== "linux/amd64");
  return {
    name: "Build the image",
    if: unlessGiven(guard),
    "runs-on": native ?? "ubuntu-24.04",
    "timeout-minutes": 90,
    permissions: buildPermissions,
    outputs: { digest: expression("steps.context.outputs.digest || steps.build.outputs.digest") },
    steps: [
      checkout,
      lookStep(image, script),
      ...builderSteps(image, missing, emulate),
      {
        name: "Build and push",
        id: "build",
        if: missing,
        uses: uses("docker/build-push-action"),
        with: {
          ...buildInputs(image),
          platforms: platforms.join(","),
          push: true,
          tags: `${image.repository}:${expression("steps.context.outputs.tag")}\n${image.repository}:sha-${expression("github.sha")}`,
        },
      },
    ],
  };
}

/** A platform with the id of the job that builds for it. */
interface PlatformBuild {
  readonly platform: Platform;
  readonly id: string;
}

/** Holds when the look at the context found no image of it. */
const notThere = condition("needs.context.outputs.digest == ''");

/** A job a platform on a runner of its own kind, and one that gives their images one name. */
function nativeBuildJobs(image: BuildImage, input: ImageJobsInput): Readonly<Record<string, Job>> {
  const builds = input.platforms.map((platform) => ({ platform, id: `build-${platform.replace("linux/", "")}` }));
  return {
    context: contextJob(image, input),
    ...Object.fromEntries(builds.map((build) => [build.id, platformJob(image, build)])),
    [IMAGE_JOB]: mergeJob(image, builds, input),
  };
}

function contextJob(image: BuildImage, { script, guard }: ImageJobsInput): Job {
  return {
    name: "Look for the image",
    if: unlessGiven(guard),
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 10,
    permissions: { contents: { access: "read", why: "checkout" }, ...readPackages(image) },
    outputs: { digest: expression("steps.context.outputs.digest"), tag: expression("steps.context.outputs.tag") },
    steps: [checkout, lookStep(image, script)],
  };
}

function platformJob(image: BuildImage, { platform }: PlatformBuild): Job {
  const native = image.nativeRunners[platform];
  return {
    name: `Build for ${platform}`,
    needs: ["context"],
    if: notThere,
    "runs-on": native ?? "ubuntu-24.04",
    "timeout-minutes": 90,
    permissions: buildPermissions,
    outputs: { digest: expression("steps.build.outputs.digest") },
    steps: [
      checkout,
      ...builderSteps(image, undefined, native === undefined && platform !== "linux/amd64"),
      {
        name: "Build and push",
        id: "build",
        uses: uses("docker/build-push-action"),
        with: {
          ...buildInputs(image),
          platforms: platform,
          outputs: `type=image,name=${image.repository},push-by-digest=true,name-canonical=true,push=true`,
        },
      },
    ],
  };
}

function mergeJob(image: BuildImage, builds: readonly PlatformBuild[], { script }: ImageJobsInput): Job {
  const complete = condition(builds.map(({ id }) => `needs.${id}.result == 'success'`).join(" && "));
  const digests = builds.map(({ id }) => expression(`needs.${id}.outputs.digest`)).join(" ");
  return {
    name: "Name the image",
    needs: ["context", ...builds.map(({ id }) => id)],
    comments: { if: "The builds are skipped where the image is there already; else it takes all of them." },
    if: allOf(condition("!cancelled()"), anyOf(condition("needs.context.outputs.digest != ''"), complete)),
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 10,
    permissions: buildPermissions,
    outputs: { digest: expression("needs.context.outputs.digest || steps.merge.outputs.digest") },
    steps: [
      { ...checkout, if: notThere },
      ...builderSteps(image, notThere, false),
      {
        name: "Give the platforms' images one name",
        id: "merge",
        if: notThere,
        env: { ...registryLogin(image), DIGESTS: digests, TAG: expression("needs.context.outputs.tag") },
        run: `${script} merge`,
      },
    ],
  };
}

function followJob(image: FollowImage, { script, guard }: ImageJobsInput): Job {
  return {
    name: `Wait for ${image.workflow}`,
    if: unlessGiven(guard),
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": image.waitMinutes + 10,
    permissions: {
      actions: { access: "read", why: "sees that workflow's runs" },
      contents: { access: "read", why: "checkout" },
      ...readPackages(image),
    },
    outputs: { digest: expression("steps.follow.outputs.digest") },
    steps: [
      checkout,
      {
        name: "Wait for the image of this commit",
        id: "follow",
        env: {
          ...registryLogin(image),
          GH_TOKEN: expression("github.token"),
          TAG: image.tag.replace("{sha}", expression("github.sha")),
        },
        run: `${script} follow`,
      },
    ],
  };
}
