/** A parsed workflow or a part of it. */
type Yaml = Readonly<Record<string, unknown>>;

const RENAMED: Readonly<Record<string, string>> = {
  "runs-on": "runsOn",
  "timeout-minutes": "timeoutMinutes",
  "continue-on-error": "continueOnError",
  "working-directory": "workingDirectory",
  workflow_dispatch: "workflowDispatch",
};

/** A workflow's triggers and jobs as projen's GithubWorkflow takes them. */
export function forGithubWorkflow(workflow: Yaml): { readonly on: Yaml; readonly jobs: Yaml } {
  const jobs = Object.entries(workflow.jobs as Record<string, Yaml>).map(([id, job]) => [id, projenJob(job)]);
  return { on: renamed(workflow.on as Yaml), jobs: Object.fromEntries(jobs) };
}

function projenJob(job: Yaml): Yaml {
  const outputs = Object.entries((job.outputs ?? {}) as Record<string, string>).map(([name, value]) => {
    const [, stepId = "step", outputName = name] = value.match(/steps\.([\w-]+)\.outputs\.([\w-]+)/) ?? [];
    return [name, { stepId, outputName }];
  });
  return {
    ...renamed(job),
    permissions: job.permissions ?? {},
    steps: (job.steps as Yaml[]).map(renamed),
    ...(outputs.length > 0 ? { outputs: Object.fromEntries(outputs) } : {}),
  };
}

function renamed(object: Yaml): Yaml {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [RENAMED[key] ?? key, value]));
}
