import { environmentOf } from "../fleet/environment.ts";
import { pullOf } from "../fleet/image-login.ts";
import type { Fleet, Installation } from "../fleet/installation.ts";
import { deploySeconds, jobMinutes } from "../scripts/seconds.ts";
import { checkout } from "./checkout.ts";
import { type Condition, condition, expression, quoted, secret } from "./expression.ts";
import { IMAGE_JOB } from "./image-jobs.ts";
import type { Env, Job, Step } from "./model.ts";
import { uses } from "./pins.ts";

/** What a tenant's job needs to know besides the tenant. */
export interface DeployJobInput {
  readonly fleet: Fleet;
  readonly installation: Installation;
  /** Folder of the scripts from the repository's root. */
  readonly scripts: string;
  readonly needs: readonly string[];
  readonly if: Condition;
}

/** Folder where a job leaves its tenant's result, and where the report collects them. */
export const RESULTS = expression("runner.temp");

/** The job that deploys one tenant. It has no outputs: one that held a secret's value would arrive empty. */
export function deployJob({ fleet, installation, scripts, needs, if: when }: DeployJobInput): Job {
  const { tenant, phase } = installation;
  return {
    name: `Deploy ${tenant}`,
    ...(needs.length > 0 ? { needs } : {}),
    if: when,
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": jobMinutes(deploySeconds(fleet.app)),
    environment: environmentOf(fleet, installation),
    permissions: {
      contents: { access: "read", why: "checkout" },
      ...(pullsWithToken(installation)
        ? { packages: { access: "read", why: "the server pulls with this job's token" } }
        : {}),
    },
    concurrency: { group: `deploy/${fleet.name}/tenant/${tenant}`, "cancel-in-progress": false },
    comments: {
      ...(needs.length > 0
        ? { if: "A digest given by hand skips the image's job; without !cancelled() that would skip this one, too." }
        : {}),
      environment: `Holds the deploy key. In its settings on GitHub, let only the branch ${fleet.branch} use it.`,
      concurrency:
        "One deploy of the tenant at a time, never broken off; of several that wait, GitHub keeps the newest.",
    },
    steps: [
      checkout,
      ...wayInSteps(installation),
      {
        name: `Deploy ${tenant} over SSH`,
        env: deployEnv(installation),
        run: `${scripts}/deploy.sh ${phase} ${tenant}`,
        comments: { "env.PERSON": "Only a person's digest may be older than what runs." },
      },
      {
        name: "Keep the result for the report",
        if: condition("always()"),
        uses: uses("actions/upload-artifact"),
        with: {
          name: `result-${tenant}`,
          path: `${RESULTS}/${tenant}.result`,
          "if-no-files-found": "ignore",
          "retention-days": 7,
          overwrite: true,
        },
        comments: { "with.overwrite": "A re-run replaces what its earlier attempt left." },
      },
    ],
  };
}

function pullsWithToken({ image }: Installation): boolean {
  return pullOf(image) === "job-token";
}

function wayInSteps({ target: { via } }: Installation): Step[] {
  if (via.kind !== "tailscale") return [];
  return [
    {
      name: "Join the tailnet",
      uses: uses("tailscale/github-action"),
      with: {
        "oauth-client-id": secret(via.clientId.name),
        "oauth-secret": secret(via.clientSecret.name),
        tags: via.tags.join(","),
        "use-cache": false,
      },
      comments: { "with.use-cache": "Other workflows can write to the cache, and this runs as root beside the key." },
    },
  ];
}

function deployEnv(installation: Installation): Env {
  const { target, image, tenant } = installation;
  const digest =
    image.kind === "prebuilt"
      ? `inputs.digest || ${quoted(image.digest)}`
      : `inputs.digest || needs.${IMAGE_JOB}.outputs.digest`;
  const secrets = { SSH_HOST: target.host, SSH_USER: target.user, SSH_PORT: target.port, DEPLOYMENT_PATH: target.path };
  return {
    SSH_PRIVATE_KEY: secret("SSH_PRIVATE_KEY"),
    ...Object.fromEntries(
      Object.entries(secrets).flatMap(([name, value]) =>
        value.secret === undefined ? [] : [[name, secret(value.secret)]],
      ),
    ),
    ...(pullsWithToken(installation) ? { PULL_TOKEN: expression("github.token") } : {}),
    DIGEST: expression(digest),
    PERSON: expression("inputs.digest && 'yes' || 'no'"),
    RESULT_FILE: `${RESULTS}/${tenant}.result`,
  };
}
