import type { ImageSource } from "../fleet/image.ts";
import type { Fleet, Installation } from "../fleet/installation.ts";
import type { Platform } from "../fleet/server.ts";
import { deployJob } from "./deploy-job.ts";
import { allOf, anyOf, type Condition, condition, expression, quoted } from "./expression.ts";
import { IMAGE_JOB, imageJobs } from "./image-jobs.ts";
import { BASH, type Workflow } from "./model.ts";
import { reportJob } from "./report-job.ts";

/** Phase `single`: build the image, deploy the one tenant, report. */
export function deploySingle(fleet: Fleet, installation: Installation, scripts: string): Workflow {
  const guard = fleetGuard(fleet);
  const images = imageJobs({
    image: installation.image,
    platforms: imagePlatforms(fleet, installation.image),
    script: `${scripts}/image.sh`,
    guard,
  });
  const needs = Object.keys(images).length > 0 ? [IMAGE_JOB] : [];
  return {
    name: `Deploy ${fleet.name}`,
    on: {
      push: { branches: [fleet.branch] },
      workflow_dispatch: {
        inputs: {
          digest: {
            description: digestDescription(installation.image),
            type: "string",
            required: false,
          },
        },
      },
      comments: {
        workflow_dispatch: "The button appears once this file is on the default branch; run it on the deploy branch.",
      },
    },
    permissions: {},
    concurrency: {
      group: `deploy/${fleet.name}/${expression("github.event_name == 'push' && 'push' || github.run_id")}`,
      "cancel-in-progress": false,
    },
    defaults: BASH,
    jobs: {
      ...images,
      deploy: deployJob({ fleet, installation, scripts, needs, if: deployCondition(guard, needs) }),
      report: reportJob({
        fleet,
        tenants: [installation.tenant],
        scripts,
        needs: [...needs, "deploy"],
        guard: inRepository(fleet),
      }),
    },
    comments: {
      permissions: "Every job asks for what it needs, and nothing else.",
      concurrency:
        "A push waits for the one before it; of several that wait, GitHub keeps the newest. A run by hand waits for no push:\nthe lock on the server orders the two. A run that has begun is never cancelled.",
    },
  };
}

/** Holds in the fleet's own repository and on its branch: a fork or another branch deploys nothing. */
export function fleetGuard(fleet: Fleet): Condition {
  return allOf(inRepository(fleet), condition(`github.ref == ${quoted(`refs/heads/${fleet.branch}`)}`));
}

function inRepository(fleet: Fleet): Condition {
  return condition(`github.repository == ${quoted(fleet.repository)}`);
}

/** What the button's form says. */
function digestDescription({ kind, repository }: ImageSource): string {
  const empty = {
    build: "empty builds this branch",
    follow: "empty takes the image of this branch's commit",
    prebuilt: "empty takes the one of the definition",
    "on-server": "empty takes the server's",
  }[kind];
  return `Digest of ${repository} to deploy or to go back to (sha256:…); ${empty}`;
}

function deployCondition(guard: Condition, needs: readonly string[]): Condition {
  if (needs.length === 0) return guard;
  // A skipped job skips its successors unless their condition names the state of the run; a person's digest skips the image's.
  return allOf(
    guard,
    condition("!cancelled()"),
    anyOf(condition(`needs.${IMAGE_JOB}.result == 'success'`), condition("inputs.digest")),
  );
}

/** What the image is built for: as declared, else what the tenants' servers run. */
export function imagePlatforms(fleet: Fleet, image: ImageSource): readonly Platform[] {
  if ("platforms" in image && image.platforms !== undefined) return [...image.platforms].sort();
  const used = new Set<Platform>(fleet.tenants.map(({ target }) => target.platform));
  return [...used].sort();
}
