import { describe, expect, test } from "vitest";
import type { Fleet, Installation } from "../../src/fleet/installation.ts";
import { bastion, direct, secret, server, tailscale } from "../../src/fleet/server.ts";
import { validate } from "../../src/fleet/validate.ts";
import { deployJob } from "../../src/workflows/deploy-job.ts";
import { condition } from "../../src/workflows/expression.ts";
import type { Job } from "../../src/workflows/model.ts";
import { type Changes, hostKey, sample } from "../fleet/sample.ts";

/** The text of an expression. */
const ex = (source: string) => `$${`{{ ${source} }}`}`;

function fleetOf(changes: Changes): Fleet & { readonly single: Installation } {
  const { checked, diagnostics } = validate([sample(changes)]);
  expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
  return checked[0]?.fleet as Fleet & { readonly single: Installation };
}

function jobOf(changes: Changes = {}, needs: readonly string[] = ["image"]): Job {
  const fleet = fleetOf(changes);
  const { single: installation } = fleet;
  return deployJob({ fleet, installation, scripts: "generated/production/scripts", needs, if: condition("guard") });
}

const step = (job: Job, name: string) => job.steps.find((one) => one.name === name);

// Invariant: the deploy job gets the secrets that its server needs, from the environment that holds them, the job's token only where the
// server pulls with it, and nothing else. If this breaks, one tenant's job holds another's key, or a token goes to a server without need.

const pulls = [
  { pull: "GitHub's registry", changes: {}, token: true },
  { pull: "GitHub's registry, the server's own login", changes: { "app.image.pull": "server-login" }, token: false },
  { pull: "GitHub's registry, a public image", changes: { "app.image.pull": "public" }, token: false },
  {
    pull: "another registry",
    changes: { "app.image": { kind: "follow", repository: "registry.example.com/shop", workflow: "Docker Release" } },
    token: false,
  },
  {
    pull: "another registry that takes the token",
    changes: { "app.image.repository": "registry.example.com/shop", "app.image.pull": "job-token" },
    token: true,
  },
];
const credentials = [
  { credentials: "per-fleet", environment: "production" },
  { credentials: "per-server", environment: "production-east" },
  { credentials: "per-tenant", environment: "production-acme" },
];
const jump = bastion({ host: "jump.example.com", hostKeys: [hostKey(2)] });
const waysIn = [
  { way: "directly", via: direct(), join: undefined },
  { way: "through a jump host", via: jump, join: undefined },
  {
    way: "through a tailnet",
    via: tailscale(),
    join: { id: "TS_OAUTH_CLIENT_ID", secret: "TS_OAUTH_SECRET", tags: "tag:ci" },
  },
  {
    way: "through a tailnet of other names",
    via: tailscale({ tags: ["tag:a", "tag:b"], clientId: secret("ID_B"), clientSecret: secret("SECRET_B") }),
    join: { id: "ID_B", secret: "SECRET_B", tags: "tag:a,tag:b" },
  },
];
const cases = pulls.flatMap((pull) =>
  credentials.flatMap((held) => waysIn.map((way) => ({ ...pull, ...held, ...way }))),
);

describe("the deploy job", () => {
  test.each(cases)("from $pull, key $credentials, reached $way", ({ changes, token, credentials: held, ...row }) => {
    const job = jobOf({ ...changes, credentials: held, "tenants.acme.on.via": row.via });
    expect(job.environment).toBe(row.environment);
    expect(Object.entries(job.permissions ?? {}).map(([scope, { access }]) => `${scope}: ${access}`)).toEqual([
      "contents: read",
      ...(token ? ["packages: read"] : []),
    ]);
    expect(job.steps.map(({ name }) => name)).toEqual([
      "Check out",
      ...(row.join ? ["Join the tailnet"] : []),
      "Deploy acme over SSH",
      "Keep the result for the report",
    ]);
    const join = step(job, "Join the tailnet");
    expect(join?.uses && join.with).toEqual(
      row.join && {
        "oauth-client-id": ex(`secrets.${row.join.id}`),
        "oauth-secret": ex(`secrets.${row.join.secret}`),
        tags: row.join.tags,
        "use-cache": false,
      },
    );
    expect(step(job, "Deploy acme over SSH")?.env).toEqual({
      SSH_PRIVATE_KEY: ex("secrets.SSH_PRIVATE_KEY"),
      SSH_HOST: ex("secrets.SSH_HOST"),
      SSH_USER: ex("secrets.SSH_USER"),
      SSH_PORT: ex("secrets.SSH_PORT"),
      DEPLOYMENT_PATH: ex("secrets.DEPLOYMENT_PATH"),
      ...(token ? { PULL_TOKEN: ex("github.token") } : {}),
      DIGEST: ex("inputs.digest || needs.image.outputs.digest"),
      PERSON: ex("inputs.digest && 'yes' || 'no'"),
      RESULT_FILE: `${ex("runner.temp")}/acme.result`,
    });
  });

  test("everything else of it, to the last field", () => {
    const { steps, environment: _, permissions: __, comments: ___, ...rest } = jobOf();
    expect(rest).toEqual({
      name: "Deploy acme",
      needs: ["image"],
      if: "guard",
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": 41,
      concurrency: { group: "deploy/production/tenant/acme", "cancel-in-progress": false },
    });
    expect(steps.map((one) => one.run ?? one.uses.value.split("@")[0])).toEqual([
      "actions/checkout",
      "generated/production/scripts/deploy.sh single acme",
      "actions/upload-artifact",
    ]);
    const upload = steps.at(-1);
    expect(upload).toMatchObject({ if: "always()" });
    expect(upload?.uses && upload.with).toEqual({
      name: "result-acme",
      path: `${ex("runner.temp")}/acme.result`,
      "if-no-files-found": "ignore",
      "retention-days": 7,
      overwrite: true,
    });
  });

  test("secrets of other names keep the names that the script knows", () => {
    const on = server({
      name: "north",
      host: secret("WEST_HOST"),
      user: secret("WEST_USER"),
      home: "/home/deploy",
      hostKeys: [hostKey(3)],
    });
    const changes = { "tenants.acme.on": on, "phases.single.port": secret("WEST_PORT") };
    expect(step(jobOf(changes), "Deploy acme over SSH")?.env).toMatchObject({
      SSH_HOST: ex("secrets.WEST_HOST"),
      SSH_USER: ex("secrets.WEST_USER"),
      SSH_PORT: ex("secrets.WEST_PORT"),
      DEPLOYMENT_PATH: ex("secrets.DEPLOYMENT_PATH"),
    });
  });

  test("an image that no job gives: its digest stands in the file, and a person's comes before it", () => {
    const digest = `sha256:${"1".repeat(64)}`;
    const image = { kind: "prebuilt", repository: "ghcr.io/acme/shop", digest };
    const job = jobOf({ "app.image": image }, []);
    expect(job).not.toHaveProperty("needs");
    expect(step(job, "Deploy acme over SSH")?.env?.DIGEST).toBe(ex(`inputs.digest || '${digest}'`));
  });

  // The server needs the time to roll back; a job that ends before it leaves nobody to say what happened.
  test.each([
    { title: "a quick app", changes: { "app.health.startSeconds": 5 }, minutes: 39 },
    { title: "the defaults", changes: {}, minutes: 41 },
    { title: "an app that starts slowly", changes: { "app.health.startSeconds": 600 }, minutes: 59 },
    {
      title: "an app that also drains slowly",
      changes: { "app.health.startSeconds": 600, "app.drainSeconds": 300 },
      minutes: 68,
    },
  ])("the time limit leaves room for going back: $title", ({ changes, minutes }) => {
    expect(jobOf(changes)["timeout-minutes"]).toBe(minutes);
  });
});
