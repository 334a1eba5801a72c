import { RESULTS } from "./deploy-job.ts";
import { allOf, type Condition, condition } from "./expression.ts";
import type { Job } from "./model.ts";
import { uses } from "./pins.ts";

/** The job that writes one table for the whole run. It is there also when a deploy failed or was skipped. */
export function reportJob(
  tenants: readonly string[],
  needs: readonly string[],
  scripts: string,
  guard: Condition,
): Job {
  return {
    name: "Report",
    needs,
    if: allOf(condition("always()"), guard),
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 10,
    permissions: { contents: { access: "read", why: "checkout" } },
    steps: [
      { name: "Check out", uses: uses("actions/checkout"), with: { "persist-credentials": false } },
      {
        name: "Fetch the results",
        uses: uses("actions/download-artifact"),
        with: { pattern: "result-*", path: `${RESULTS}/results`, "merge-multiple": true },
      },
      {
        name: "Write the table",
        env: { RESULTS: `${RESULTS}/results` },
        run: `${scripts}/report.sh ${tenants.join(" ")}`,
      },
    ],
  };
}
