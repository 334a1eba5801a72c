import type { UsesStep } from "./model.ts";
import { uses } from "./pins.ts";

/** The repository at the run's commit; no token stays behind in .git/config. */
export const checkout: UsesStep = {
  name: "Check out",
  uses: uses("actions/checkout"),
  with: { "persist-credentials": false },
};
