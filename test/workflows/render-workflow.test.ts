import { expect, test } from "vitest";
import { parse } from "yaml";
import { condition, expression } from "../../src/workflows/expression.ts";
import { BASH, type Job, type Step, type Workflow } from "../../src/workflows/model.ts";
import { PINS, uses } from "../../src/workflows/pins.ts";
import { renderWorkflow } from "../../src/workflows/render-workflow.ts";
import { Styled } from "../../src/yaml/node.ts";
import { languageService } from "../support/judges/language-service.ts";
import { workflowParser } from "../support/judges/workflow-parser.ts";
import { fullExample } from "./full-example.ts";
import { plainWorkflow } from "./plain-workflow.ts";

const header = ["Generated from servers/production.ts."];
const hello: Step = { name: "Say hello", run: "echo hello" };
const job: Job = { name: "Greet", "runs-on": "ubuntu-24.04", "timeout-minutes": 5, steps: [hello] };
const base: Workflow = { name: "Small", on: { push: {} }, permissions: {}, defaults: BASH, jobs: { greet: job } };

function lines(workflow: Workflow): string[] {
  return renderWorkflow(workflow, { header }).split("\n");
}

// Invariant: one model has one layout, the one a reviewer knows. If this breaks, every pull request carries noise.
test("the smallest workflow", () => {
  expect(renderWorkflow(base, { header: ["Generated from servers/production.ts.", "Write it anew: npx projen"] })).toBe(
    `# Generated from servers/production.ts.
# Write it anew: npx projen

name: Small

on:
  push: {}

permissions: {}

defaults:
  run:
    shell: bash

jobs:
  greet:
    name: Greet
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - name: Say hello
        run: echo hello
`,
  );
});

const sections: { title: string; workflow: Partial<Workflow>; after: string; text: string[] }[] = [
  {
    title: "fields have a fixed order, whatever order they were given in",
    workflow: { "run-name": "Run", env: { A: "b" }, concurrency: { "cancel-in-progress": false, group: "g" } },
    after: "name: Small",
    text: [
      ...["run-name: Run", "", "on:", "  push: {}", "", "permissions: {}", "", "concurrency:", "  group: g"],
      ...["  cancel-in-progress: false", "", "env:", "  A: b", "", "defaults:"],
    ],
  },
  {
    title: "triggers: short lists on one line, long ones on many, a schedule in words",
    workflow: {
      on: {
        schedule: [{ cron: "0 5 * * 1", comment: "Mondays at 05:00 UTC" }],
        push: { branches: ["PRD"], paths: Array.from({ length: 5 }, (_, index) => `folder/of/many/files/${index}`) },
      },
    },
    after: "on:",
    text: [
      ...[
        "  push:",
        "    branches: [PRD]",
        "    paths:",
        "      - folder/of/many/files/0",
        "      - folder/of/many/files/1",
      ],
      ...["      - folder/of/many/files/2", "      - folder/of/many/files/3", "      - folder/of/many/files/4"],
      ...["  schedule:", "    - cron: 0 5 * * 1 # Mondays at 05:00 UTC", ""],
    ],
  },
  {
    title: "inputs: one option a line",
    workflow: {
      on: {
        workflow_dispatch: { inputs: { tenant: { type: "choice", options: ["all", "off"], description: "Which" } } },
      },
    },
    after: "on:",
    text: [
      ...["  workflow_dispatch:", "    inputs:", "      tenant:", "        description: Which", "        type: choice"],
      ...["        options:", "          - all", '          - "off"', ""],
    ],
  },
  {
    title: "a button without inputs",
    workflow: { on: { workflow_dispatch: {} } },
    after: "on:",
    text: ["  workflow_dispatch: {}", ""],
  },
  {
    title: "comments stand above what they explain",
    workflow: { comments: { permissions: "No job inherits a right.", concurrency: "Not written: there is none." } },
    after: "  push: {}",
    text: ["", "# No job inherits a right.", "permissions: {}", "", "defaults:"],
  },
  {
    title: "permissions give their reason",
    workflow: { permissions: { contents: { access: "read", why: "check out\nthe code" } } },
    after: "permissions:",
    text: ["  contents: read # check out the code", ""],
  },
  {
    title: "an empty line and the comment stand between jobs",
    workflow: { jobs: { greet: job, again: { ...job, needs: ["greet"], comment: "Once more,\nwith feeling." } } },
    after: "        run: echo hello",
    text: ["", "  # Once more,", "  # with feeling.", "  again:", "    name: Greet", "    needs: [greet]"],
  },
];
test.each(sections)("$title", ({ workflow, after, text }) => {
  const written = lines({ ...base, ...workflow });
  const start = written.indexOf(after) + 1;
  expect(start).toBeGreaterThan(0);
  expect(written.slice(start, start + text.length)).toEqual(text);
});

const { sha } = PINS["actions/checkout"];
const steps: { title: string; step: Step; text: string[] }[] = [
  {
    title: "a script is a block, below what it is given",
    step: { run: "one\n\ntwo\n", name: "S", env: { A: "1" }, if: condition("!cancelled()"), id: "s" },
    text: [
      "- name: S",
      "  id: s",
      '  if: "!cancelled()"',
      "  env:",
      '    A: "1"',
      "  run: |",
      "    one",
      "",
      "    two",
    ],
  },
  {
    title: "a command that would need quotes is a block",
    step: { name: "S", run: 'echo "a: b"' },
    text: ["- name: S", "  run: |-", '    echo "a: b"'],
  },
  {
    title: "an action has its pin's version beside it, and comments on single inputs, false ones too",
    step: {
      name: "Check out",
      comment: "First of all.",
      with: { "persist-credentials": false, "fetch-depth": 0 },
      uses: uses("actions/checkout"),
      comments: {
        "with.persist-credentials": "No token on disk.",
        "with.fetch-depth": "Tags are needed.",
        uses: "Ours.",
      },
    },
    text: [
      ...["# First of all.", "- name: Check out", "  # Ours.", `  uses: actions/checkout@${sha} # v7.0.1`, "  with:"],
      ...["    # No token on disk.", "    persist-credentials: false", "    # Tags are needed.", "    fetch-depth: 0"],
    ],
  },
];
test.each(steps)("$title", ({ step, text }) => {
  const written = lines({ ...base, jobs: { greet: { ...job, steps: [step] } } });
  expect(written.slice(written.indexOf("    steps:") + 1)).toEqual([
    ...text.map((line) => line && `      ${line}`),
    "",
  ]);
});

test.each<{ title: string; condition: string; text: string[] }>([
  {
    title: "a short condition is one line",
    condition: `a == '${"x".repeat(73)}'`,
    text: [`    if: a == '${"x".repeat(73)}'`],
  },
  {
    title: "a long condition has a line for each operand",
    condition: `a == '${"x".repeat(73)}' && (b || c)`,
    text: ["    if: >-", `      a == '${"x".repeat(73)}'`, "      && (b || c)"],
  },
])("$title", ({ condition: source, text }) => {
  const written = lines({ ...base, jobs: { greet: { ...job, if: condition(source) } } });
  const start = written.indexOf("    name: Greet") + 1;
  expect(written.slice(start, start + text.length)).toEqual(text);
  expect(parse(written.join("\n")).jobs.greet.if).toBe(source);
});

// Invariant: what GitHub would refuse, or evaluate where it must not, is not written. If this breaks, a tenant's name in a
// script is a program, or a merge to PRD deploys nothing.
const opening = "$" + "{{";
const withStep = (step: Partial<Step>) =>
  ({ jobs: { greet: { ...job, steps: [{ ...hello, ...step } as Step] } } }) as const;
const refused: { title: string; change: Partial<Workflow>; message: RegExp }[] = [
  {
    title: "an expression in run",
    change: withStep({ run: `echo ${expression("github.ref")}` }),
    message: /^jobs\.greet\.steps\[0\]\.run /,
  },
  {
    title: "the start of an expression in run",
    change: withStep({ run: `echo '${opening}'` }),
    message: /steps\[0\]\.run holds/,
  },
  { title: "an empty run", change: withStep({ run: " \n" }), message: /steps\[0\]\.run is empty/ },
  { title: "a step id GitHub refuses", change: withStep({ id: "a b" }), message: /steps\[0\]\.id is not an id: a b/ },
  { title: "a job id GitHub refuses", change: { jobs: { "1a": job } }, message: /^jobs\.1a is not an id/ },
  { title: "no job", change: { jobs: {} }, message: /^jobs is empty/ },
  {
    title: "a job that waits for one that is not there",
    change: { jobs: { a: { ...job, needs: ["toString"] } } },
    message: /^jobs\.a\.needs names toString/,
  },
  {
    title: "a job that waits for itself",
    change: { jobs: { a: { ...job, needs: ["a"] } } },
    message: /^jobs\.a\.needs names a/,
  },
  {
    title: "one step id twice",
    change: {
      jobs: {
        a: {
          ...job,
          steps: [
            { ...hello, id: "x" },
            { ...hello, id: "x" },
          ],
        },
      },
    },
    message: /^jobs\.a\.steps use one id twice/,
  },
  {
    title: "an action by its tag",
    change: { jobs: { a: { ...job, steps: [{ name: "S", uses: new Styled("actions/checkout@v7" as const, {}) }] } } },
    message: /^jobs\.a\.steps\[0\]\.uses is not pinned/,
  },
  {
    title: "257 rows",
    change: {
      jobs: {
        a: {
          ...job,
          strategy: {
            "fail-fast": false,
            matrix: { include: [{ n: 0 }, ...Array.from({ length: 256 }, (_, n) => ({ n }))] },
          },
        },
      },
    },
    message: /^jobs\.a\.strategy has 257 rows, 256 at most/,
  },
  {
    title: "26 inputs",
    change: {
      on: {
        workflow_dispatch: {
          inputs: Object.fromEntries(
            Array.from({ length: 26 }, (_, n) => [`i${n}`, { type: "string", description: "x" }] as const),
          ),
        },
      },
    },
    message: /^on\.workflow_dispatch has 26 inputs, 25 at most/,
  },
  {
    title: "a long text with an expression",
    change: { env: { A: `${expression("x")}${"y".repeat(21_000)}` } },
    message: /^env\.A holds an expression in 21008 /,
  },
  {
    title: "a long condition",
    change: { jobs: { a: { ...job, if: condition(`a${"y".repeat(21_000)}`) } } },
    message: /^jobs\.a\.if holds/,
  },
  {
    title: "a file of more than 500 KB",
    change: { env: { A: "y".repeat(500_000) } },
    message: /^Small: \d+ bytes, 500000 at most/,
  },
];
test.each(refused)("$title is refused", ({ change, message }) => {
  expect(() => renderWorkflow({ ...base, ...change }, { header })).toThrow(message);
});

test("a long script without an expression, 256 rows and 25 inputs are written", () => {
  const rows = Array.from({ length: 255 }, (_, n) => ({ n }));
  const inputs = Object.fromEntries(
    Array.from({ length: 25 }, (_, n) => [`i${n}`, { type: "string", description: "x" }] as const),
  );
  const workflow: Workflow = {
    ...base,
    on: { workflow_dispatch: { inputs } },
    jobs: {
      greet: {
        ...job,
        strategy: { "fail-fast": false, matrix: { include: [{ n: 255 }, ...rows] } },
        steps: [{ name: "Long", run: "echo hello\n".repeat(2500) }],
      },
    },
  };
  expect(parse(renderWorkflow(workflow, { header }))).toEqual(plainWorkflow(workflow));
});

// Invariant: GitHub reads the file as the model says. If this breaks, the types allow what GitHub refuses.
test.each([
  { judge: workflowParser, title: "GitHub's own parser" },
  { judge: languageService, title: "the editor's own language service" },
])("$title accepts the full example", async ({ judge }) => {
  const files = [fullExample, base].map((workflow, index) => ({
    path: `.github/workflows/example-${index}.yml`,
    content: renderWorkflow(workflow, { header }),
  }));
  expect(await judge(files)).toEqual([]);
});

test("the full example comes back as the model's data", () => {
  expect(parse(renderWorkflow(fullExample, { header }))).toEqual(plainWorkflow(fullExample));
});
