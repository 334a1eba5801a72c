import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reportScript } from "../../src/scripts/runner-scripts.ts";
import { run } from "../support/run.ts";
import { inScratch } from "../support/scratch.ts";
import { fleetWith } from "./support/fleet.ts";

function report(results: Readonly<Record<string, string | Buffer>>, tenants: readonly string[]) {
  return inScratch("report", { "report.sh": reportScript(fleetWith(), "fleet.ts"), summary: "" }, async (folder) => {
    mkdirSync(join(folder, "results"));
    for (const [tenant, text] of Object.entries(results))
      writeFileSync(join(folder, "results", `${tenant}.result`), text);
    const env = {
      PATH: process.env.PATH,
      RESULTS: join(folder, "results"),
      GITHUB_STEP_SUMMARY: join(folder, "summary"),
    };
    const { code, stdout, stderr } = await run("bash", [join(folder, "report.sh"), ...tenants], { env });
    expect(code, stderr).toBe(0);
    const summary = readFileSync(join(folder, "summary"), "utf8");
    return {
      stdout,
      summary,
      rows: summary
        .split("\n")
        .filter((line) => line.startsWith("| "))
        .slice(2),
    };
  });
}

// Invariant: the table has one row for each tenant of the run, whatever its job left behind, and nothing in a row can leave its cell.
test("one row for each tenant", async () => {
  const { rows, stdout } = await report(
    {
      good: `tenant=good\noutcome=deployed\nmessage=fine\nfrom=sha256:${"a".repeat(64)}\nto=sha256:${"b".repeat(64)}\nseconds=12\n`,
      away: "outcome=unreachable\ngreen=yes\nmessage=no SSH connection\n",
      early: "tenant=early\noutcome=unknown\nmessage=the job ended before the deploy did\n",
      empty: "",
      garbage: Buffer.from([0, 1, 2, 255, 10, 61, 61, 10, 120]),
      odd: "outcome=@\nseconds=$(id)\nno line end",
    },
    ["good", "missing", "away", "early", "empty", "garbage", "odd"],
  );
  const outcomes = rows.map((row) => row.split(" | ")[2]);
  expect(outcomes).toEqual([
    "✅ deployed",
    "❌ not-attempted",
    "✅ unreachable",
    "❌ unknown",
    "❌ unknown",
    "❌ unknown",
    "❌ unknown",
  ]);
  expect(rows[0]).toContain(
    `| good | <code>${"a".repeat(12)}</code> → <code>${"b".repeat(12)}</code> | ✅ deployed | 12 | fine | nothing |`,
  );
  expect(stdout).toMatch(/^::notice title=Deploy of minimal::.*4 unknown/m);
});

test.each(["a|b", "a`b`", "<script>", "a & b", "[x](http://e)", "![x](y)", "*a* _b_ ~c~", "\\|", "a\rb", "$x$"])(
  "a message %j stays in its cell",
  async (message) => {
    const { rows } = await report({ t: `outcome=refused\nmessage=${message}\n` }, ["t"]);
    expect(rows).toHaveLength(1);
    // Seven bars that are not escaped: one around each of six cells.
    expect(rows[0]?.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(7);
    expect(rows[0]).not.toMatch(/<script|(?<!\\)[`*~$]|(?<!\\)\[x/);
    if (message === "<script>") expect(rows[0]).toContain("&lt;script&gt;");
  },
);
