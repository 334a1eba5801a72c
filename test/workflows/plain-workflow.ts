import type { Job, Permissions, Step, Workflow } from "../../src/workflows/model.ts";

/**
 * What a YAML reader must get for a model: the model without what is ours (comments, reasons, pins' versions). Written apart
 * from the renderer, so that the two check each other.
 */
export function plainWorkflow({ comments: _, ...workflow }: Workflow): unknown {
  const { comments: __, schedule, ...on } = workflow.on;
  const jobs = Object.fromEntries(Object.entries(workflow.jobs).map(([id, job]) => [id, plainJob(job)]));
  return {
    ...workflow,
    on: schedule === undefined ? on : { ...on, schedule: schedule.map(({ cron }) => ({ cron })) },
    permissions: plainPermissions(workflow.permissions),
    jobs,
  };
}

function plainPermissions(permissions: Permissions): unknown {
  return Object.fromEntries(Object.entries(permissions).map(([scope, grant]) => [scope, grant.access]));
}

function plainJob({ comment: _, comments: __, ...job }: Job): unknown {
  const permissions = job.permissions === undefined ? {} : { permissions: plainPermissions(job.permissions) };
  return { ...job, ...permissions, steps: job.steps.map(plainStep) };
}

function plainStep({ comment: _, comments: __, ...step }: Step): unknown {
  return step.run === undefined ? { ...step, uses: step.uses.value } : step;
}
