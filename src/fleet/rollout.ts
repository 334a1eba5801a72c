import { z } from "zod";
import { wholeNumber } from "./checks.ts";

const Canary = z.strictObject({
  /** Tenants that go first, and whose failure stops the rollout. Else TENANT_UNKNOWN. */
  canary: z.array(z.string()).min(1),
});
const Approval = z.strictObject({
  /** One approval for the whole run, by the reviewers of the environment `<fleet>-approval`. */
  approval: z.literal("once"),
});
const Rest = z.strictObject({
  rest: z.strictObject({
    /** Tenants at the same time, 1-256, default the phase's. Else PARALLEL_INVALID. */
    maxParallel: wholeNumber(1, 256, "PARALLEL_INVALID", "a whole number of tenants").optional(),
    /** Failures after which no further tenant starts, 1-256, default: none stops it. Else FAILURES_INVALID. */
    stopAfterFailures: wholeNumber(1, 256, "FAILURES_INVALID", "a whole number of failures").optional(),
  }),
});

/** One step of a rollout. ROLLOUT_ORDER when `rest` is missing, repeated or not the last. */
export const RolloutStep = z.union([Canary, Approval, Rest]);
export type RolloutStep = z.output<typeof RolloutStep>;

export type RolloutStepInput<Key extends string> =
  | { readonly canary: readonly Key[] }
  | z.input<typeof Approval>
  | z.input<typeof Rest>;
