import { afterAll, beforeAll, expect, test } from "vitest";
import { actionlint } from "./judges/actionlint.ts";
import { bashSyntax } from "./judges/bash-syntax.ts";
import { composeConfig } from "./judges/compose-config.ts";
import type { Finding, JudgedFile } from "./judges/finding.ts";
import { githubLimits, MAX_EXPRESSION_CHARACTERS, MAX_WORKFLOW_BYTES } from "./judges/github-limits.ts";
import { jsonSchema } from "./judges/json-schema.ts";
import { languageService } from "./judges/language-service.ts";
import { shellcheck } from "./judges/shellcheck.ts";
import { judgeWorkflows } from "./judges/workflow.ts";
import { workflowParser } from "./judges/workflow-parser.ts";
import { zizmor } from "./judges/zizmor.ts";
import { inScratch } from "./scratch.ts";
import { needs, type ToolName } from "./tools.ts";

// Invariant: each judge accepts what is right and names the file and the line of what is wrong.
// If this breaks, "no findings" means nothing, and every test that asks a judge passes for ever.

const path = ".github/workflows/deploy.yml";

const goodWorkflow = `name: Deploy
on:
  push:
    branches: [PRD]
permissions: {}
concurrency:
  group: deploy
  cancel-in-progress: false
jobs:
  build:
    name: Build
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - name: Say which branch
        shell: bash
        env:
          BRANCH: \${{ github.ref_name }}
        run: |
          printf '%s\\n' "$BRANCH"
`;

const good: JudgedFile = { path, content: goodWorkflow };

function changed(from: string, to: string): JudgedFile {
  expect(goodWorkflow).toContain(from);
  return { path, content: goodWorkflow.replace(from, to) };
}

type Judge = (files: readonly JudgedFile[]) => Promise<Finding[]>;
interface Row {
  readonly title: string;
  readonly judge: Judge;
  readonly tools?: readonly ToolName[];
  readonly accepted: JudgedFile;
  readonly broken: JudgedFile;
  readonly says: RegExp;
  readonly line?: number;
}

const script = (content: string): JudgedFile => ({ path: "deploy.sh", content });
const branch = `\${{ github.ref_name }}`;
const longExpression = (characters: number) => changed(branch, branch.padEnd(characters, "x"));

test.for<Row>([
  {
    title: "workflow-parser rejects a file in which every job waits for another",
    judge: workflowParser,
    accepted: good,
    broken: changed("    runs-on: ubuntu-24.04\n", "    needs: [missing]\n    runs-on: ubuntu-24.04\n"),
    says: /at least one job with no dependencies/,
    line: 10,
  },
  {
    title: "workflow-parser rejects a key that does not exist",
    judge: workflowParser,
    accepted: good,
    broken: changed("timeout-minutes", "timeout-minuets"),
    says: /timeout-minuets/,
    line: 13,
  },
  {
    title: "workflow-parser rejects an empty file",
    judge: workflowParser,
    accepted: good,
    broken: { path, content: "" },
    says: /./,
  },
  {
    title: "languageservice rejects a context that does not exist",
    judge: languageService,
    accepted: good,
    broken: changed("github.ref_name", "needs.build.outputs.branch"),
    says: /build/,
    line: 18,
  },
  {
    title: "languageservice takes a schedule's description for no finding, and a schedule of every minute for one",
    judge: languageService,
    accepted: changed("on:\n", "on:\n  schedule:\n    - cron: '17 3 * * *'\n"),
    broken: changed("on:\n", "on:\n  schedule:\n    - cron: '* * * * *'\n"),
    says: /every 5 minutes/,
    line: 4,
  },
  {
    title: "actionlint rejects a matrix value that is not there",
    judge: actionlint,
    tools: ["actionlint", "shellcheck"],
    accepted: good,
    broken: changed("github.ref_name", "matrix.branch"),
    says: /branch/,
    line: 18,
  },
  {
    title: "actionlint reads the shell of a step",
    judge: actionlint,
    tools: ["actionlint", "shellcheck"],
    accepted: good,
    broken: changed('"$BRANCH"', "$BRANCH"),
    says: /SC2086/,
    line: 19,
  },
  {
    title: "zizmor rejects an expression in a script",
    judge: zizmor,
    tools: ["zizmor"],
    accepted: good,
    broken: changed('"$BRANCH"', `"${branch}"`),
    says: /^template-injection \(\w+\)/,
    line: 15,
  },
  {
    title: "zizmor does not obey an ignore comment",
    judge: zizmor,
    tools: ["zizmor"],
    accepted: good,
    broken: changed("permissions: {}", "permissions: write-all # zizmor: ignore[excessive-permissions]"),
    says: /excessive-permissions/,
  },
  {
    title: "zizmor counts what only the auditor persona finds",
    judge: zizmor,
    tools: ["zizmor"],
    accepted: good,
    broken: changed("    name: Build\n", ""),
    says: /anonymous-definition/,
  },
  {
    title: "zizmor rejects what is no workflow",
    judge: zizmor,
    tools: ["zizmor"],
    accepted: good,
    broken: { path, content: "name: Deploy\non: push\njobs: { build: 1 }\n" },
    says: /not of type "object"/,
  },
  {
    title: "shellcheck counts a finding of style",
    judge: shellcheck,
    tools: ["shellcheck"],
    accepted: script('#!/usr/bin/env bash\nset -euo pipefail\nmain() { printf "%s" "$1"; }\nmain "$@"\n'),
    broken: script("#!/usr/bin/env bash\nnow=`date`\nprintf '%s' \"$now\"\n"),
    says: /^SC2006/,
    line: 2,
  },
  {
    title: "bash -n rejects a function that is not closed",
    judge: bashSyntax,
    tools: ["bash"],
    accepted: script("main() { :; }\nmain\n"),
    broken: script("main() { :;\nmain\n"),
    says: /unexpected end of file/,
  },
  {
    title: "bash -n rejects a here-document that is not ended",
    judge: bashSyntax,
    tools: ["bash"],
    accepted: script("cat <<EOF\nEOF\n"),
    broken: script("cat <<EOF\n"),
    says: /here-document/,
  },
  {
    title: "GitHub's limit of an expression is its last allowed character",
    judge: githubLimits,
    accepted: longExpression(MAX_EXPRESSION_CHARACTERS),
    broken: longExpression(MAX_EXPRESSION_CHARACTERS + 1),
    says: /21001 characters/,
    line: 18,
  },
  {
    title: "GitHub's limit of a file is its last allowed byte",
    judge: githubLimits,
    accepted: { path, content: `${goodWorkflow}#`.padEnd(MAX_WORKFLOW_BYTES, "x") },
    // An umlaut is two bytes: characters would still be within the limit.
    broken: { path, content: `${goodWorkflow}#ü`.padEnd(MAX_WORKFLOW_BYTES, "x") },
    says: /512001 bytes/,
  },
])("$title", async ({ judge, tools = [], accepted, broken, says, line }, context) => {
  needs(context, ...tools);
  expect(await judge([accepted])).toEqual([]);
  const findings = await judge([broken]);
  const named = findings.find((finding) => says.test(finding.message));
  expect(named, `findings: ${JSON.stringify(findings, null, 1)}`).toBeDefined();
  expect(named?.file).toBe(broken.path);
  if (line !== undefined) expect(named?.line).toBe(line);
});

test("a long string without an expression is within GitHub's limits", async () => {
  expect(await githubLimits([changed("'%s\\n'", "x".repeat(MAX_EXPRESSION_CHARACTERS * 2))])).toEqual([]);
});

test("all judges of workflows accept a file that is right, and findings name the file they are about", async (context) => {
  needs(context, "actionlint", "shellcheck", "zizmor");
  const bad = { ...changed("runs-on: ubuntu-24.04", "runs-on: [ubuntu-1]"), path: ".github/workflows/bad.yml" };
  expect(await judgeWorkflows([good])).toEqual([]);
  const findings = await judgeWorkflows([good, bad]);
  expect(findings.length).toBeGreaterThan(0);
  expect([...new Set(findings.map((finding) => finding.file))]).toEqual([bad.path]);
});

const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["tenants"],
  properties: { tenants: { type: "array", prefixItems: [{ type: "string" }], minItems: 1 } },
  additionalProperties: false,
};

test.for<{ title: string; schema: object; value: unknown; says: RegExp[] }>([
  { title: "accepts a value that fits", schema, value: { tenants: ["acme"] }, says: [] },
  {
    title: "rejects a value, and says all that is wrong with it",
    schema,
    value: { tenants: [1], other: 1 },
    says: [/additional properties/, /^\/tenants\/0 must be string/],
  },
  {
    title: "rejects a schema with a misspelt keyword",
    schema: { ...schema, reqired: [] },
    value: {},
    says: [/reqired/],
  },
])("JSON Schema $title", async ({ schema: given, value, says }) => {
  const messages = (await jsonSchema(given, value)).map((finding) => finding.message);
  expect(messages).toEqual(says.map((pattern) => expect.stringMatching(pattern)));
});

const compose = `services:
  gateway:
    image: example.invalid/app@sha256:${"0".repeat(64)}
    environment:
      TOKEN: \${TOKEN:?set it in .env}
`;

test.for<{ title: string; files: Record<string, string>; says: RegExp[] }>([
  { title: "accepts a project", files: { "docker-compose.yml": compose, ".env": "TOKEN=x\n" }, says: [] },
  { title: "rejects a required variable that is not set", files: { "docker-compose.yml": compose }, says: [/TOKEN/] },
  {
    title: "counts a warning",
    files: { "docker-compose.yml": compose.replace(":?set it in .env", ""), ".env": "" },
    says: [/TOKEN.*variable is not set/],
  },
  {
    title: "reads the override beside the file",
    files: {
      "docker-compose.yml": compose,
      "docker-compose.override.yml": "services: { gateway: { prots: [] } }\n",
      ".env": "TOKEN=x\n",
    },
    says: [/prots/],
  },
])("Compose $title", async ({ files, says }, context) => {
  needs(context, "docker");
  const findings = await inScratch("compose", files, composeConfig);
  expect(findings.map((finding) => finding.message)).toEqual(says.map((pattern) => expect.stringMatching(pattern)));
});

// A machine's own variable must not decide what Compose says of a project.
const before = process.env.TOKEN;
beforeAll(() => {
  process.env.TOKEN = "from the machine";
});
afterAll(() => {
  if (before === undefined) delete process.env.TOKEN;
  else process.env.TOKEN = before;
});
