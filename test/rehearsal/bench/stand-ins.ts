import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** Folder of the actions that replace the real ones: `<owner>/<name>/action.yml`. */
const FOLDER = join(import.meta.dirname, "../actions");

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly jobs?: Readonly<Record<string, { readonly steps?: readonly Step[]; readonly uses?: string }>>;
}

/**
 * The stand-in of each action that a workflow uses: `owner/name@ref` to the folder that replaces it.
 * Throws when there is none, or when the workflow gives one an input that it does not know: the real action would only
 * warn, and act would go to the network.
 */
export function standInsOf(workflow: string): Map<string, string> {
  const { jobs = {} } = parse(workflow) as Workflow;
  const found = new Map<string, string>();
  const problems: string[] = [];
  for (const [job, { steps = [], uses }] of Object.entries(jobs)) {
    if (uses !== undefined) problems.push(`${job}: ${uses} is a called workflow, which the bench does not run`);
    for (const step of steps) {
      if (step.uses === undefined) continue;
      const [, action = "", ref = ""] = /^([^/@]+\/[^/@]+)@(.+)$/.exec(step.uses) ?? [];
      const folder = join(FOLDER, action);
      if (action === "" || !existsSync(join(folder, "action.yml"))) {
        problems.push(`${job}: ${step.uses} has no stand-in under test/rehearsal/actions`);
        continue;
      }
      found.set(`${action}@${ref}`, folder);
      for (const input of unknownInputs(folder, step)) problems.push(`${job}: ${action} has no input "${input}"`);
    }
  }
  if (problems.length > 0) throw new Error(`This workflow cannot be rehearsed:\n${problems.join("\n")}`);
  return found;
}

function unknownInputs(folder: string, step: Step): string[] {
  const { inputs = {} } = parse(readFileSync(join(folder, "action.yml"), "utf8")) as { inputs?: object };
  return Object.keys(step.with ?? {}).filter((name) => !Object.hasOwn(inputs, name));
}
