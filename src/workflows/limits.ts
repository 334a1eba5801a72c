import { MATRIX_JOBS } from "../fleet/rules/rollout.ts";

/** What GitHub refuses to run. Linters do not look at most of these, so a file beyond them passes every test but GitHub's. */
export const LIMITS = {
  /** Bytes of a workflow file; read as 500 × 1000, the safe side. https://docs.github.com/en/actions/reference/limits */
  fileBytes: 500_000,
  /** Jobs of one matrix. */
  matrixJobs: MATRIX_JOBS,
  /** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs */
  dispatchInputs: 25,
  /**
   * UTF-16 units of a string that holds an expression: all of it becomes one.
   * https://github.com/actions/runner/blob/main/src/Sdk/DTExpressions2/Expressions2/ExpressionConstants.cs
   */
  expressionLength: 21_000,
} as const;
