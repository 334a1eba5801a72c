import { data, Evaluator, Lexer, Parser } from "@actions/expressions";

/** A workflow as a reader of its YAML gets it, as far as these tests look. */
export interface PlainWorkflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency: { readonly group: string; readonly "cancel-in-progress": unknown };
  readonly jobs: Readonly<Record<string, PlainJob>>;
}

export interface PlainJob {
  readonly name: string;
  readonly needs?: readonly string[];
  readonly if?: string;
  readonly environment?: unknown;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: unknown;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": unknown };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly PlainStep[];
}

export interface PlainStep {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

export type Contexts = Readonly<Record<string, unknown>>;
type Result = "success" | "failure" | "cancelled" | "skipped";

/** What `success()` and the like say at one place. https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions */
interface Status {
  readonly cancelled: boolean;
  /** Results of what came before: for a job those of all its ancestors, for a step those of the steps above. */
  readonly before: readonly Result[];
}

const CONTEXTS = ["github", "inputs", "needs", "steps", "secrets", "runner", "vars", "env"];
const STATUS_FUNCTION = /\b(?:always|cancelled|failure|success)\(\)/;

/** Evaluates the inside of an expression as GitHub's own library does. */
export function evaluate(source: string, contexts: Contexts, status?: Status): data.ExpressionData {
  const functions = Object.entries(statusFunctions(status)).map(([name, holds]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(holds),
  }));
  const tree = new Parser(new Lexer(source).lex().tokens, CONTEXTS, functions).parse();
  const given = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(tree, given, new Map(functions.map((each) => [each.name, each]))).evaluate();
}

function statusFunctions(status: Status | undefined): Readonly<Record<string, boolean>> {
  if (status === undefined) return {};
  const { cancelled, before } = status;
  return {
    always: true,
    cancelled,
    success: !cancelled && before.every((result) => result === "success"),
    failure: before.includes("failure"),
  };
}

/** Whether a job or step with this condition runs. One that names no status runs after success only. */
function runs(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  const source = condition ?? "success()";
  const whole = STATUS_FUNCTION.test(source) ? source : `success() && (${source})`;
  const value = evaluate(whole, contexts, status);
  // The library's own idea of what holds: `!!x` is a boolean.
  return (
    evaluate("!!inputs", { inputs: value.kind === data.Kind.Null ? null : toPlain(value) }).coerceString() === "true"
  );
}

function toPlain(value: data.ExpressionData): unknown {
  return value.kind === data.Kind.Boolean ? value.coerceString() === "true" : value.coerceString();
}

/** A text with its expressions evaluated, as `env` and `with` are. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, source: string) => evaluate(source, contexts).coerceString());
}

/** One run of a workflow: what GitHub tells it, and how its jobs end. */
export interface Run {
  readonly github: Contexts;
  /** What `inputs` holds: null on a push. */
  readonly inputs: Contexts | null;
  /** How a job ends that runs; default success. */
  readonly ends?: Readonly<Record<string, Result>>;
  /** Outputs of a job that runs, by job. */
  readonly outputs?: Readonly<Record<string, Contexts>>;
  /** A person cancels the run before this job begins. */
  readonly cancelledBefore?: string;
}

export interface Played {
  readonly jobs: Readonly<Record<string, Result>>;
  /** Names of a job's steps that run when each of them succeeds. */
  readonly steps: (job: string, outputs?: Contexts) => readonly string[];
  /** Contexts as the job's steps see them. */
  readonly contexts: (job: string) => Contexts;
}

/** Goes through the jobs as GitHub does, in their order, which is one that their needs allow. */
export function play(workflow: PlainWorkflow, run: Run): Played {
  const jobs: Record<string, Result> = {};
  let cancelled = false;
  const contextsOf = (id: string) => ({
    github: run.github,
    inputs: run.inputs,
    needs: Object.fromEntries(
      (workflow.jobs[id]?.needs ?? []).map((need) => [
        need,
        { result: jobs[need], outputs: jobs[need] === "skipped" ? {} : (run.outputs?.[need] ?? {}) },
      ]),
    ),
  });
  for (const [id, job] of Object.entries(workflow.jobs)) {
    cancelled ||= run.cancelledBefore === id;
    const before = ancestors(workflow, id).map((each) => jobs[each] as Result);
    jobs[id] = runs(job.if, contextsOf(id), { cancelled, before }) ? (run.ends?.[id] ?? "success") : "skipped";
  }
  return {
    jobs,
    contexts: contextsOf,
    steps: (id, outputs = {}) => playSteps(workflow.jobs[id], contextsOf(id), outputs),
  };
}

function playSteps(job: PlainJob | undefined, contexts: Contexts, outputs: Contexts): string[] {
  const steps = job?.steps ?? [];
  const done = Object.fromEntries(Object.entries(outputs).map(([id, values]) => [id, { outputs: values }]));
  return steps
    .filter((step) => runs(step.if, { ...contexts, steps: done }, { cancelled: false, before: ["success"] }))
    .map(({ name }) => name);
}

function ancestors(workflow: PlainWorkflow, id: string): string[] {
  const needs = workflow.jobs[id]?.needs ?? [];
  return [...new Set(needs.flatMap((need) => [need, ...ancestors(workflow, need)]))];
}

/** Every text of a value with its path: `jobs.deploy.steps.0.env.DIGEST`. */
export function texts(value: unknown, path: readonly string[] = []): { path: readonly string[]; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => texts(inner, [...path, key]));
}
