import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { condition, expression } from "../../src/workflows/expression.ts";
import { BASH, type Env, type Job, type Permissions, type Step, type Workflow } from "../../src/workflows/model.ts";
import { type ActionName, PINS, uses } from "../../src/workflows/pins.ts";
import { renderWorkflow } from "../../src/workflows/render-workflow.ts";
import { runs } from "../support/runs.ts";
import { plainWorkflow } from "./plain-workflow.ts";

const optional = { requiredKeys: [] as [] };
const id = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/);
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom(
    "no",
    "on",
    "12:30",
    "a: b",
    "x #y",
    "#",
    "- a",
    "true",
    "",
    "line\nline\n",
    " lead\nx",
    "# no comment",
  ),
  id.map((name) => `deploy-${expression(`matrix.${name}`)}`),
);
const script = fc
  .oneof(
    text,
    fc.array(text, { minLength: 1 }).map((lines) => lines.join("\n")),
  )
  .filter((run) => run.trim() !== "")
  .map((run) => run.replaceAll("$" + "{{", "$"));
const env: fc.Arbitrary<Env> = fc.dictionary(id, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 3 });
const minutes = fc.oneof(fc.integer({ min: 1, max: 360 }), fc.constant(expression("matrix.minutes")));
const some = fc.oneof(
  fc.constantFrom(condition("!cancelled()"), condition("a == 'b: c' && d"), condition("always()")),
  fc
    .array(fc.constantFrom("a == 'b: c'", "!cancelled()", "(a || b)", "x == ' && ''#'"), {
      minLength: 6,
      maxLength: 12,
    })
    .map((conditions) => condition(conditions.join(" && "))),
);
const why = fc.string({ unit: "binary", maxLength: 20 });
const access = fc.constantFrom("read", "write");
const permissions: fc.Arbitrary<Permissions> = fc.record(
  {
    contents: fc.record({ access, why }),
    packages: fc.record({ access, why }),
    "id-token": fc.record({ access: fc.constant("write"), why }),
  },
  optional,
);
const concurrency = fc.record({ "cancel-in-progress": fc.boolean(), group: text });

const anyStep = {
  name: text,
  if: some,
  env,
  "timeout-minutes": minutes,
  "continue-on-error": fc.boolean(),
  comment: why,
};
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record(
    {
      ...anyStep,
      run: script,
      shell: text,
      "working-directory": text,
      comments: fc.record({ run: why, env: why }, optional),
    },
    { requiredKeys: ["name", "run"] },
  ),
  fc.record(
    {
      ...anyStep,
      uses: fc.constantFrom(...(Object.keys(PINS) as ActionName[])).map((name) => uses(name)),
      with: env,
      comments: fc.record({ uses: why, if: why }, optional),
    },
    { requiredKeys: ["name", "uses"] },
  ),
);
const row = fc.dictionary(id, fc.oneof(text, fc.integer(), fc.boolean()), { minKeys: 1, maxKeys: 3 });
const job: fc.Arbitrary<Job> = fc.record(
  {
    steps: fc.tuple(step, step),
    strategy: fc.record(
      {
        matrix: fc.record({ include: fc.tuple(row, row) }),
        "max-parallel": fc.integer({ min: 1 }),
        "fail-fast": fc.boolean(),
      },
      { requiredKeys: ["matrix", "fail-fast"] },
    ),
    outputs: fc.dictionary(id, text, { maxKeys: 2 }),
    concurrency,
    permissions,
    environment: fc.oneof(text, fc.record({ name: text, url: text }, { requiredKeys: ["name"] })),
    "timeout-minutes": minutes,
    "runs-on": fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 9 })),
    if: some,
    name: text,
    env,
    comment: why,
    comments: fc.record({ if: why, steps: why, strategy: why, "timeout-minutes": why }, optional),
  },
  { requiredKeys: ["name", "runs-on", "timeout-minutes", "steps"] },
);
const texts = fc.array(text, { maxLength: 4 });
const workflow: fc.Arbitrary<Workflow> = fc.record(
  {
    jobs: fc.dictionary(id, job, { minKeys: 1, maxKeys: 3 }),
    name: text,
    "run-name": text,
    on: fc.record(
      {
        schedule: fc.array(fc.record({ cron: text, comment: why }, { requiredKeys: ["cron"] }), {
          minLength: 1,
          maxLength: 2,
        }),
        push: fc.record({ "paths-ignore": texts, branches: texts, tags: texts }, optional),
        pull_request: fc.record({ paths: texts, types: texts }, optional),
        workflow_dispatch: fc.record(
          {
            inputs: fc.dictionary(
              id,
              fc.oneof(
                fc.record({ default: text, type: fc.constant("string"), description: text, required: fc.boolean() }),
                fc.record({ options: fc.tuple(text, text), type: fc.constant("choice"), description: text }),
                fc.record({ default: fc.boolean(), type: fc.constant("boolean"), description: text }),
              ),
              { maxKeys: 3 },
            ),
          },
          optional,
        ),
        comments: fc.record({ push: why, schedule: why }, optional),
      },
      optional,
    ),
    permissions,
    concurrency,
    env,
    defaults: fc.constant(BASH),
    comments: fc.record({ on: why, permissions: why, jobs: why, env: why }, optional),
  },
  { requiredKeys: ["name", "on", "permissions", "defaults", "jobs"] },
);

// Invariant: the file says what the model says, whatever texts a fleet brings, and twice the same. If this breaks, a job
// waits for another, or a script gets another value, than the tests of the model have seen.
test("a written workflow reads back as the model's data", () => {
  fc.assert(
    fc.property(workflow, why, (model, line) => {
      const yaml = renderWorkflow(model, { header: [line] });
      expect(parse(yaml)).toEqual(plainWorkflow(model));
      expect(renderWorkflow(model, { header: [line] })).toBe(yaml);
      expect(yaml).not.toMatch(/[ \t]\n/);
    }),
    { numRuns: runs(400) },
  );
});
