import { emit } from "../yaml/emit.ts";
import {
  blankBefore,
  block,
  commented,
  flow,
  folded,
  plainKey,
  trailing,
  type YamlMap,
  type YamlNode,
} from "../yaml/node.ts";
import { isPlain } from "../yaml/scalar.ts";
import { checkWorkflow } from "./check-workflow.ts";
import { type Condition, operands } from "./expression.ts";
import { LIMITS } from "./limits.ts";
import type { Concurrency, DispatchInput, Job, Permissions, Step, Strategy, Triggers, Workflow } from "./model.ts";

/** Lists above this many characters get a line for each entry. */
const WIDEST_LIST = 80;

/** Conditions above this many characters get a line for each operand. */
const WIDEST_CONDITION = 80;

/**
 * The text of a workflow file.
 * @param header names the source and how to write the file anew, one comment line each
 * @throws RangeError for what GitHub would refuse or misread, naming the place: see `checkWorkflow`.
 */
export function renderWorkflow(workflow: Workflow, { header }: { readonly header: readonly string[] }): string {
  checkWorkflow(workflow);
  const text = emit(workflowNode(workflow), { header });
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.fileBytes) throw new RangeError(`${workflow.name}: ${bytes} bytes, ${LIMITS.fileBytes} at most`);
  return text;
}

function workflowNode(workflow: Workflow): YamlMap {
  const sections = withComments(workflow.comments, "", {
    on: plainKey(triggersNode(workflow.on)),
    permissions: permissionsNode(workflow.permissions),
    concurrency: concurrencyNode(workflow.concurrency),
    env: withComments(workflow.comments, "env.", workflow.env),
    defaults: defaultsNode(workflow.defaults),
    jobs: mapValues(workflow.jobs, (job) => blankBefore(jobNode(job))),
  });
  return { name: workflow.name, "run-name": workflow["run-name"], ...mapValues(sections, blankBefore) };
}

function triggersNode(on: Triggers): YamlMap {
  return withComments(on.comments, "", {
    push: on.push && filterNode(on.push, PUSH_FILTERS),
    pull_request: on.pull_request && filterNode(on.pull_request, PULL_REQUEST_FILTERS),
    schedule: on.schedule?.map(({ cron, comment }) => ({
      cron: comment === undefined ? cron : trailing(cron, comment),
    })),
    workflow_dispatch: on.workflow_dispatch && {
      inputs: on.workflow_dispatch.inputs && mapValues(on.workflow_dispatch.inputs, inputNode),
    },
  });
}

const PUSH_FILTERS = ["branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore"] as const;
const PULL_REQUEST_FILTERS = ["types", "branches", "branches-ignore", "paths", "paths-ignore"] as const;

function filterNode<Key extends string>(
  filter: { readonly [key in Key]?: readonly string[] },
  keys: readonly Key[],
): YamlMap {
  return Object.fromEntries(keys.map((key) => [key, shortList(filter[key])]));
}

function inputNode(input: DispatchInput): YamlMap {
  return {
    description: input.description,
    type: input.type,
    required: input.required,
    // A line for each, so that one more tenant to choose is one more line in a diff.
    options: input.type === "choice" ? input.options : undefined,
    default: input.default,
  };
}

function permissionsNode(permissions: Permissions): YamlMap {
  return mapValues(permissions, ({ access, why }) => trailing(access, why));
}

function concurrencyNode(concurrency: Concurrency | undefined): YamlMap | undefined {
  return concurrency && { group: concurrency.group, "cancel-in-progress": concurrency["cancel-in-progress"] };
}

function defaultsNode({ run }: Workflow["defaults"]): YamlMap {
  return { run: { shell: run.shell, "working-directory": run["working-directory"] } };
}

function jobNode(job: Job): YamlNode {
  const { comments } = job;
  const fields = withComments(comments, "", {
    name: job.name,
    needs: shortList(job.needs),
    if: conditionNode(job.if),
    "runs-on": typeof job["runs-on"] === "string" ? job["runs-on"] : shortList(job["runs-on"]),
    "timeout-minutes": job["timeout-minutes"],
    environment: environmentNode(job.environment),
    permissions: job.permissions && permissionsNode(job.permissions),
    concurrency: concurrencyNode(job.concurrency),
    outputs: withComments(comments, "outputs.", job.outputs),
    strategy: job.strategy && withComments(comments, "strategy.", strategyNode(job.strategy)),
    env: withComments(comments, "env.", job.env),
    steps: job.steps.map(stepNode),
  });
  return commented(job.comment, fields);
}

/** A folded block is one line to GitHub, so nothing changes but what a reviewer sees. */
function conditionNode(condition: Condition | undefined): YamlNode | undefined {
  return condition === undefined || condition.length <= WIDEST_CONDITION ? condition : folded(operands(condition));
}

function environmentNode(environment: Job["environment"]): YamlNode | undefined {
  return typeof environment === "object" ? { name: environment.name, url: environment.url } : environment;
}

function strategyNode(strategy: Strategy): YamlMap {
  return {
    "fail-fast": strategy["fail-fast"],
    "max-parallel": strategy["max-parallel"],
    matrix: { include: strategy.matrix.include },
  };
}

function stepNode(step: Step): YamlNode {
  const { comments } = step;
  const common = {
    name: step.name,
    id: step.id,
    if: conditionNode(step.if),
    "timeout-minutes": step["timeout-minutes"],
    "continue-on-error": step["continue-on-error"],
  };
  const env = withComments(comments, "env.", step.env);
  // A script comes last: it is the longest, and reads best with everything it is given above it.
  const fields: YamlMap =
    step.run === undefined
      ? { ...common, uses: step.uses, with: withComments(comments, "with.", step.with), env }
      : { ...common, shell: step.shell, "working-directory": step["working-directory"], env, run: runNode(step.run) };
  return commented(step.comment, withComments(comments, "", fields));
}

/** A command that can stand as it is does; a script, and whatever else would need quotes, becomes a block. */
function runNode(run: string): YamlNode {
  return isPlain(run) ? run : block(run);
}

function shortList(values: readonly string[] | undefined): YamlNode | undefined {
  return values !== undefined && values.join(", ").length <= WIDEST_LIST ? flow(values) : values;
}

type CommentTable = { readonly [field: string]: string | undefined };

/** The map with the comments whose names are `prefix` and one of its keys. */
function withComments<Map extends YamlMap | undefined>(comments: CommentTable | undefined, prefix: string, map: Map) {
  if (map === undefined || comments === undefined) return map;
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [
      key,
      value === undefined ? value : commented(comments[`${prefix}${key}`], value),
    ]),
  ) as Map;
}

function mapValues<Value>(
  map: { readonly [key: string]: Value },
  change: (value: NonNullable<Value>) => YamlNode,
): YamlMap {
  return Object.fromEntries(
    Object.entries(map).flatMap(([key, value]) =>
      value === undefined || value === null ? [] : [[key, change(value)]],
    ),
  );
}
