import { plainData } from "../yaml/node.ts";
import { holdsExpression, literal } from "./expression.ts";
import { LIMITS } from "./limits.ts";
import type { Job, Step, Workflow } from "./model.ts";

/** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_id */
const ID = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const PIN = /^[\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40}$/;

/**
 * What the types cannot say. A finding is a mistake in our own renderers, not in a user's definition, so the first one ends it.
 * @throws RangeError that names the place, such as `jobs.build.steps[2].run`.
 */
export function checkWorkflow(workflow: Workflow): void {
  const inputs = Object.keys(workflow.on.workflow_dispatch?.inputs ?? {}).length;
  assert(
    inputs <= LIMITS.dispatchInputs,
    "on.workflow_dispatch",
    `has ${inputs} inputs, ${LIMITS.dispatchInputs} at most`,
  );
  assert(Object.keys(workflow.jobs).length > 0, "jobs", "is empty");
  for (const [id, job] of Object.entries(workflow.jobs)) checkJob(id, job, workflow);
  checkExpressionLengths(plainData(workflow), "");
}

function checkJob(id: string, job: Job, workflow: Workflow): void {
  const where = `jobs.${id}`;
  assert(ID.test(id), where, "is not an id: letters, digits, _ and -, and no digit or - in front");
  for (const need of job.needs ?? []) {
    assert(need !== id && Object.hasOwn(workflow.jobs, need), `${where}.needs`, `names ${need}, which is no other job`);
  }
  const rows = job.strategy?.matrix.include.length ?? 0;
  assert(rows <= LIMITS.matrixJobs, `${where}.strategy`, `has ${rows} rows, ${LIMITS.matrixJobs} at most`);
  const ids = job.steps.flatMap((step) => step.id ?? []);
  assert(new Set(ids).size === ids.length, `${where}.steps`, "use one id twice");
  job.steps.forEach((step, index) => {
    checkStep(step, `${where}.steps[${index}]`);
  });
}

function checkStep(step: Step, where: string): void {
  assert(step.id === undefined || ID.test(step.id), `${where}.id`, `is not an id: ${step.id}`);
  if (step.run !== undefined) {
    assert(step.run.trim() !== "", `${where}.run`, "is empty");
    literal(step.run, `${where}.run`);
  } else {
    assert(PIN.test(step.uses.value), `${where}.uses`, `is not pinned to a commit: ${step.uses.value}`);
  }
}

function checkExpressionLengths(value: unknown, where: string): void {
  if (typeof value === "string") {
    const fits = value.length <= LIMITS.expressionLength || !(holdsExpression(value) || where.endsWith(".if"));
    assert(fits, where, `holds an expression in ${value.length} characters, ${LIMITS.expressionLength} at most`);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      checkExpressionLengths(inner, where === "" ? key : `${where}.${key}`);
  }
}

function assert(holds: boolean, where: string, problem: string): void {
  if (!holds) throw new RangeError(`${where} ${problem}`);
}
