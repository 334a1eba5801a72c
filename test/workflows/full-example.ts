import { allOf, condition, expression, secret } from "../../src/workflows/expression.ts";
import { BASH, type Workflow } from "../../src/workflows/model.ts";
import { uses } from "../../src/workflows/pins.ts";

/** Uses every part of the model at least once. */
export const fullExample: Workflow = {
  name: "Deploy production",
  "run-name": `Deploy ${expression("inputs.tenant || 'all tenants'")}`,
  on: {
    push: { branches: ["PRD"], "paths-ignore": ["docs/**"] },
    pull_request: { types: ["opened", "synchronize"], branches: ["main"] },
    schedule: [{ cron: "17 4 * * *", comment: "every day at 04:17 UTC" }, { cron: "*/30 8-18 * * 1-5" }],
    workflow_dispatch: {
      inputs: {
        tenant: {
          description: "Tenant to deploy",
          type: "choice",
          required: true,
          options: ["all", "acme", "no"],
          default: "all",
        },
        digest: { description: "Image digest: sha256 and 64 hex digits", type: "string", default: "" },
        force: { description: "Also an older release", type: "boolean", default: false },
        wait: { description: "Minutes", type: "number", default: 15 },
        where: { description: "Environment", type: "environment" },
      },
    },
    comments: { schedule: "Only the default branch's schedule runs." },
  },
  permissions: {},
  concurrency: { group: "deploy-production", "cancel-in-progress": false },
  env: { FLEET: "production", NO_COLOR: "1" },
  defaults: BASH,
  comments: { concurrency: "Never cancel: a half-replaced container costs more than a late one." },
  jobs: {
    build: {
      name: "Build the image",
      if: condition("github.repository == 'nikolasp98/openclaw'"),
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": 40,
      permissions: {
        contents: { access: "read", why: "check out the build context" },
        packages: { access: "write", why: "push the image" },
        "id-token": { access: "write", why: "sign the provenance" },
      },
      outputs: { digest: expression("steps.push.outputs.digest") },
      steps: [
        {
          name: "Check out",
          uses: uses("actions/checkout"),
          with: { "persist-credentials": false, "fetch-depth": 1 },
          comments: { "with.persist-credentials": "The token must not stay in .git/config." },
        },
        {
          name: "Build and push",
          id: "push",
          uses: uses("docker/build-push-action"),
          with: { push: true, tags: "ghcr.io/nikolasp98/openclaw:prd\nghcr.io/nikolasp98/openclaw:latest\n" },
          env: { BUILDKIT_PROGRESS: "plain" },
          "timeout-minutes": 30,
        },
      ],
    },
    deploy: {
      comment: "One job for each tenant.\nA tenant waits for the build alone.",
      name: `Deploy ${expression("matrix.tenant")}`,
      needs: ["build"],
      if: allOf(condition("!cancelled()"), condition("needs.build.result == 'success'")),
      "runs-on": ["ubuntu-24.04-arm"],
      "timeout-minutes": 30,
      environment: { name: "production", url: `https://${expression("matrix.host")}/` },
      permissions: {},
      concurrency: { group: `deploy-${expression("matrix.tenant")}`, "cancel-in-progress": false },
      strategy: {
        "fail-fast": false,
        "max-parallel": 10,
        matrix: {
          include: [
            { tenant: "acme", host: "acme.example.com", port: 18789, first: true },
            { tenant: "globex", host: "globex.example.com", port: 18889, first: false },
          ],
        },
      },
      env: { TENANT: expression("matrix.tenant") },
      comments: { "strategy.max-parallel": "More would outrun the image registry.", "env.TENANT": "Scripts read it." },
      steps: [
        {
          comment: "The key never touches a disk.",
          name: "Deploy",
          id: "deploy",
          env: { SSH_KEY: secret("SSH_PRIVATE_KEY"), PORTS: "18789:18789" },
          "working-directory": "generated/production",
          run: 'set -euo pipefail\n\n./deploy.sh "$TENANT" # reads SSH_KEY\n',
        },
        {
          name: "Tell",
          if: condition("failure()"),
          shell: "sh",
          "continue-on-error": true,
          run: 'echo "::error::not deployed: $TENANT"',
        },
      ],
    },
    report: {
      name: "Report",
      needs: ["build", "deploy"],
      if: condition("always()"),
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": 5,
      environment: "production-report",
      steps: [{ name: "Report", run: "./report.sh" }],
    },
  },
};
