import type { Artifact } from "../src/artifact.ts";
import { generatedFrom } from "../src/header.ts";
import { expression } from "../src/workflows/expression.ts";
import { BASH, type Workflow } from "../src/workflows/model.ts";
import { uses } from "../src/workflows/pins.ts";
import { renderWorkflow } from "../src/workflows/render-workflow.ts";

const workflow: Workflow = {
  name: "CI",
  on: { push: { branches: ["main"] }, pull_request: {} },
  permissions: {},
  concurrency: { group: `ci-${expression("github.ref")}`, "cancel-in-progress": true },
  defaults: BASH,
  jobs: {
    test: {
      name: "Test",
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": 60,
      permissions: { contents: { access: "read", why: "checkout" } },
      steps: [
        { name: "Check out", uses: uses("actions/checkout"), with: { "persist-credentials": false } },
        {
          comment: "The oldest Node that the project promises; npm brings the one that it runs on.",
          name: "Set up Node",
          uses: uses("actions/setup-node"),
          with: { "node-version": "20", "package-manager-cache": false },
        },
        { name: "Set up Go", uses: uses("actions/setup-go"), with: { "go-version": "1.26", cache: false } },
        {
          comment: "As root: the rehearsals make servers, with users and an engine of their own.",
          name: "Run everything",
          run: 'sudo --preserve-env=CI env "PATH=$PATH" bash .ci/run',
        },
      ],
    },
  },
  comments: { concurrency: "A newer push of the same branch makes an older run pointless." },
};

/** The project's own CI, written by its own emitter. */
export const ciWorkflow: Artifact = {
  path: ".github/workflows/ci.yml",
  content: renderWorkflow(workflow, { header: generatedFrom(".ci/workflow.ts") }),
  executable: false,
};
