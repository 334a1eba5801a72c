import "./json-imports.ts";
import type { Finding, JudgedFile } from "./finding.ts";

// Loaded behind the line above: static imports would all be linked before it runs.
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

const judge = "workflow-parser";
const RETURN_ERRORS_ONLY = 0;

/** GitHub's own parser of workflow files: the schema, and the conversion behind it (needs, jobs, triggers). */
export async function workflowParser(files: readonly JudgedFile[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const file of files) {
    const result = parseWorkflow({ name: file.path, content: file.content }, new NoOperationTraceWriter());
    if (result.value) {
      await convertWorkflowTemplate(result.context, result.value, undefined, { errorPolicy: RETURN_ERRORS_ONLY });
    } else if (result.context.errors.getErrors().length === 0) {
      findings.push({ judge, file: file.path, message: "the file is empty" });
    }
    for (const error of result.context.errors.getErrors()) {
      const line = error.range?.start.line;
      findings.push({ judge, file: file.path, message: error.rawMessage, ...(line === undefined ? {} : { line }) });
    }
  }
  return findings;
}
