import type { Fleet } from "../fleet/installation.ts";
import { checkout } from "./checkout.ts";
import { RESULTS } from "./deploy-job.ts";
import { allOf, type Condition, condition, quoted } from "./expression.ts";
import type { Job } from "./model.ts";
import { uses } from "./pins.ts";

/** What the report needs to know. */
export interface ReportJobInput {
  readonly fleet: Pick<Fleet, "branch">;
  readonly tenants: readonly string[];
  /** Folder of the scripts from the repository's root. */
  readonly scripts: string;
  readonly needs: readonly string[];
  /** Holds in the fleet's repository. On another branch the report is what says that nothing was deployed. */
  readonly guard: Condition;
}

/** The job that writes one table for the whole run. It is there also when a deploy failed or was skipped. */
export function reportJob({ fleet, tenants, scripts, needs, guard }: ReportJobInput): Job {
  return {
    name: "Report",
    needs,
    if: allOf(condition("always()"), guard),
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 10,
    permissions: { contents: { access: "read", why: "checkout" } },
    steps: [
      {
        comment: "The button offers the default branch first; without this such a run would end without a word.",
        name: "Refuse another branch",
        if: condition(`github.ref != ${quoted(`refs/heads/${fleet.branch}`)}`),
        run: `echo "::error title=Nothing was deployed::Run this workflow on the branch ${fleet.branch}."\nexit 1\n`,
      },
      checkout,
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
