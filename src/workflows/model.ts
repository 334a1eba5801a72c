import type { Styled } from "../yaml/node.ts";
import type { Condition, Expression } from "./expression.ts";

/*
 * A GitHub workflow as far as we emit it, in GitHub's own words, so that its documentation is ours:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
 * Two fields are not GitHub's: `comment` becomes the lines above its owner, and `comments` those above single fields.
 * Lists and maps keep the order they are given in; fields are written in one fixed order.
 */

/** Comments by field; `"env.TENANT"` or `"with.fetch-depth"` names an entry of a map. */
export type Comments<Field extends string> = { readonly [key in Field]?: string };

export interface Workflow {
  readonly name: string;
  readonly "run-name"?: string;
  readonly on: Triggers;
  /** Usually `{}`: each job asks for what it needs. */
  readonly permissions: Permissions;
  readonly concurrency?: Concurrency;
  readonly env?: Env;
  /** Required, since without a named shell GitHub runs bash without pipefail, and `x=$(ssh … | tail)` hides a failure. */
  readonly defaults: { readonly run: { readonly shell: "bash"; readonly "working-directory"?: string } };
  readonly jobs: { readonly [id: string]: Job };
  readonly comments?: Comments<"on" | "permissions" | "concurrency" | "defaults" | "jobs" | `env.${string}`>;
}

/** The `defaults` of every workflow. */
export const BASH = { run: { shell: "bash" } } as const;

/** Text, or an expression that GitHub evaluates before the step starts. */
export type Env = { readonly [name: string]: string | number | boolean };

export interface Triggers {
  readonly push?: PushFilter;
  readonly pull_request?: PullRequestFilter;
  readonly schedule?: readonly Schedule[];
  readonly workflow_dispatch?: { readonly inputs?: { readonly [id: string]: DispatchInput } };
  readonly comments?: Comments<"push" | "pull_request" | "schedule" | "workflow_dispatch">;
}

export interface PushFilter {
  readonly branches?: readonly string[];
  readonly "branches-ignore"?: readonly string[];
  readonly tags?: readonly string[];
  readonly "tags-ignore"?: readonly string[];
  readonly paths?: readonly string[];
  readonly "paths-ignore"?: readonly string[];
}

export interface PullRequestFilter {
  readonly types?: readonly string[];
  readonly branches?: readonly string[];
  readonly "branches-ignore"?: readonly string[];
  readonly paths?: readonly string[];
  readonly "paths-ignore"?: readonly string[];
}

/** Runs from the default branch only. */
export interface Schedule {
  /** Five fields, UTC, at most every 5 minutes. */
  readonly cron: string;
  /** Stands behind the cron line; say it in words. */
  readonly comment?: string;
}

/** At most 25 a workflow. The button appears only from the default branch. */
export type DispatchInput = { readonly description: string; readonly required?: boolean } & (
  | { readonly type: "string" | "environment"; readonly default?: string }
  | { readonly type: "number"; readonly default?: number }
  | { readonly type: "boolean"; readonly default?: boolean }
  | { readonly type: "choice"; readonly options: readonly [string, ...string[]]; readonly default?: string }
);

export type ReadOrWriteScope =
  | "actions"
  | "attestations"
  | "checks"
  | "contents"
  | "deployments"
  | "discussions"
  | "issues"
  | "packages"
  | "pages"
  | "pull-requests"
  | "security-events"
  | "statuses";

/** Nobody is given a right without a reason, which stands behind it on its line. */
export interface Grant<Access extends string> {
  readonly access: Access;
  readonly why: string;
}

/** `{}` takes every right from the token. */
export type Permissions = { readonly [scope in ReadOrWriteScope]?: Grant<"read" | "write"> } & {
  readonly "id-token"?: Grant<"write">;
};

/** One running and one waiting run a group: a newcomer replaces the one that waits. */
export interface Concurrency {
  readonly group: string;
  readonly "cancel-in-progress": boolean | Expression;
}

export interface Job {
  readonly comment?: string;
  readonly name: string;
  readonly needs?: readonly string[];
  /** Sees `needs`, `github`, `inputs` and `vars`, but no `matrix`. */
  readonly if?: Condition;
  readonly "runs-on": string | readonly string[];
  /** Minutes, 1 or more. GitHub's own default is 360, which nobody wants to wait for. */
  readonly "timeout-minutes": number | Expression;
  readonly environment?: string | { readonly name: string; readonly url?: string };
  readonly permissions?: Permissions;
  readonly concurrency?: Concurrency;
  /** At most 1 MB; one that contains a secret's value arrives empty. */
  readonly outputs?: { readonly [name: string]: string };
  readonly strategy?: Strategy;
  readonly env?: Env;
  readonly steps: readonly [Step, ...Step[]];
  readonly comments?: Comments<
    Exclude<keyof Job, "comment" | "comments"> | `env.${string}` | `outputs.${string}` | "strategy.max-parallel"
  >;
}

export interface Strategy {
  /** true cancels the other jobs as soon as one fails, also half-way through a deploy. */
  readonly "fail-fast": boolean;
  readonly "max-parallel"?: number;
  /** One job a row; at most 256. */
  readonly matrix: { readonly include: readonly [MatrixRow, ...MatrixRow[]] };
}

export type MatrixRow = { readonly [name: string]: string | number | boolean };

export type Step = RunStep | UsesStep;

interface AnyStep {
  readonly comment?: string;
  readonly name: string;
  readonly id?: string;
  readonly if?: Condition;
  readonly env?: Env;
  readonly "timeout-minutes"?: number | Expression;
  readonly "continue-on-error"?: boolean | Expression;
}

export interface RunStep extends AnyStep {
  readonly shell?: string;
  readonly "working-directory"?: string;
  /** Shell text without any expression: values come through `env`. */
  readonly run: string;
  readonly uses?: never;
  readonly comments?: Comments<
    "if" | "env" | "timeout-minutes" | "continue-on-error" | "shell" | "run" | `env.${string}`
  >;
}

export interface UsesStep extends AnyStep {
  /** Made by `uses`. */
  readonly uses: PinnedAction;
  readonly with?: { readonly [input: string]: string | number | boolean };
  readonly run?: never;
  readonly comments?: Comments<
    "if" | "env" | "timeout-minutes" | "continue-on-error" | "uses" | `env.${string}` | `with.${string}`
  >;
}

/** `owner/name@<commit>`, with the version as the comment behind it. */
export type PinnedAction = Styled<`${string}/${string}@${string}`>;
