import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic } from "../diagnostic.ts";

/** A rollout ends with its one `rest`, and asks for approval once at most. */
export function rolloutOrder({ definition, fields }: CheckedFleet): Diagnostic[] {
  const { rollout } = fields;
  const complain = (message: string, fix: string, index?: number): Diagnostic => ({
    code: "ROLLOUT_ORDER",
    severity: "error",
    message,
    fix,
    field: { root: definition, path: index === undefined ? ["rollout"] : ["rollout", index] },
  });
  const diagnostics: Diagnostic[] = [];
  const rests = rollout.flatMap((step, index) => ("rest" in step ? [index] : []));
  const approvals = rollout.flatMap((step, index) => ("approval" in step ? [index] : []));
  if (rests.length === 0) {
    diagnostics.push(
      complain(
        "the rollout has no rest, so tenants that are no canaries would never be deployed.",
        "end it with { rest: {} }.",
      ),
    );
  }
  if (rests.length === 1 && rests[0] !== rollout.length - 1) {
    diagnostics.push(
      complain("the rollout goes on after rest, when every tenant is deployed.", "move rest to the end.", rests[0]),
    );
  }
  for (const index of rests.slice(1))
    diagnostics.push(complain("the rollout has a second rest.", "remove one of them.", index));
  for (const index of approvals.slice(1))
    diagnostics.push(complain("the rollout asks for approval a second time.", "remove one of them.", index));
  return diagnostics;
}

/** A tenant that is a canary twice. */
export function canaryRepeated({ definition, fields }: CheckedFleet): Diagnostic[] {
  const first = new Map<string, PropertyKey[]>();
  return fields.rollout.flatMap((step, index) =>
    !("canary" in step)
      ? []
      : step.canary.flatMap((key, at): Diagnostic[] => {
          const path = ["rollout", index, "canary", at];
          const known = first.get(key);
          if (known === undefined) first.set(key, path);
          if (known === undefined) return [];
          return [
            {
              code: "CANARY_REPEATED",
              severity: "error",
              message: `tenant ${show(key)} is a canary twice.`,
              fix: "name it once.",
              field: { root: definition, path },
              also: [{ root: definition, path: known }],
            },
          ];
        }),
  );
}

/** Jobs that one matrix may have (https://docs.github.com/en/actions/reference/limits). */
export const MATRIX_JOBS = 256;

/** More tenants in one step of a `multi` deploy than a matrix holds. */
export function jobsOverLimit({ definition, fields }: CheckedFleet): Diagnostic[] {
  if (!fields.phases.multi) return [];
  const complain = (count: number, what: string, fix: string, path: PropertyKey[]): Diagnostic[] =>
    count <= MATRIX_JOBS
      ? []
      : [
          {
            code: "JOBS_OVER_LIMIT",
            severity: "error",
            message: `${what} deploys ${count} tenants in one matrix; GitHub allows ${MATRIX_JOBS} jobs.`,
            fix,
            field: { root: definition, path },
          },
        ];
  const canaries = new Set(fields.rollout.flatMap((step) => ("canary" in step ? step.canary : [])));
  const rest = Object.keys(fields.tenants).filter((key) => !canaries.has(key)).length;
  return [
    ...complain(rest, `the rest of fleet ${show(fields.name)}`, "split the tenants into two fleets.", ["tenants"]),
    ...fields.rollout.flatMap((step, index) =>
      "canary" in step
        ? complain(step.canary.length, "a canary step", "split it into two steps.", ["rollout", index, "canary"])
        : [],
    ),
  ];
}
