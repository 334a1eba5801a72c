import { actionlint } from "./actionlint.ts";
import type { Finding, JudgedFile } from "./finding.ts";
import { githubLimits } from "./github-limits.ts";
import { languageService } from "./language-service.ts";
import { workflowParser } from "./workflow-parser.ts";
import { zizmor } from "./zizmor.ts";

/** Every judge of workflow files. None finds all that another finds, so a file must pass them all. */
export async function judgeWorkflows(files: readonly JudgedFile[]): Promise<Finding[]> {
  const judges = [workflowParser, languageService, actionlint, zizmor, githubLimits];
  return (await Promise.all(judges.map((judge) => judge(files)))).flat();
}
