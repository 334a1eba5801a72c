import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { run } from "../support/run.ts";
import { inScratch } from "../support/scratch.ts";
import { needs, tool } from "../support/tools.ts";
import { digest, ServerBench } from "./support/server-bench.ts";

// Invariant: what the script takes a value of .env for is what Compose takes it for.
// If this breaks, a deploy is refused over a good file, or an empty secret gets through.

let bench: ServerBench;
beforeAll(() => {
  bench = new ServerBench({ secrets: ["X"], optionalSecrets: ["O"] });
});
afterAll(() => bench.remove());

async function ours(text: string): Promise<{ value?: string; expands: boolean; bad: boolean }> {
  writeFileSync(join(bench.directory, ".env"), text);
  const { stdout, stderr } = await bench.evaluate(
    `read_environment_file; [[ -z \${ENV_VALUE[X]+set} ]] || printf '=%s' "\${ENV_VALUE[X]}"; printf '\\n%s %s' "\${ENV_EXPANDS[X]-no}" "\${#PROBLEMS[@]}"`,
  );
  const [, value, expands, problems] = /^(?:=(.*))?\n(\w+) (\d+)$/s.exec(stdout) ?? [];
  if (expands === undefined) throw new Error(`${stdout}\n${stderr}`);
  return { ...(value === undefined ? {} : { value }), expands: expands === "yes", bad: problems !== "0" };
}

/** What Compose reads; undefined where it reads no X, `bad` where it does not take the file. */
function composes(texts: readonly string[]): Promise<{ value?: string; bad: boolean; cut: boolean }[]> {
  return inScratch("dotenv", {}, async (folder) => {
    const all: { value?: string; bad: boolean; cut: boolean }[] = [];
    for (const [index, text] of texts.entries()) {
      const project = join(folder, String(index));
      mkdirSync(project);
      // Compose's own words for a `$` are `$$`.
      writeFileSync(
        join(project, "docker-compose.yml"),
        "services: {a: {image: x, environment: {X: '${X-(unset)}'}}}\n",
      );
      writeFileSync(join(project, ".env"), text);
      const result = await run(tool("docker"), ["compose", "config", "--format", "json"], {
        cwd: project,
        env: { PATH: process.env.PATH, HOME: project },
      });
      const value =
        result.code === 0 ? JSON.parse(result.stdout).services.a.environment.X.replaceAll("$$", "$") : undefined;
      all.push({
        bad: result.code !== 0,
        cut: /is not set/.test(result.stderr),
        ...(value === undefined || value === "(unset)" ? {} : { value }),
      });
    }
    return all;
  });
}

const table = [
  "X=abc",
  "X= abc ",
  "X=abc # c",
  "X=abc#c",
  "X=#abc",
  "X= #abc",
  "X=",
  "X=''",
  'X=""',
  "X='a b' # c",
  'X="a b" # c',
  "export X=1",
  "  export   X  =  1 ",
  "X: yaml",
  "X : yaml",
  "X=1\nX=2",
  "X=1\r\n",
  'X="1"\r\n',
  "X='a\nb'",
  'X="a"\nY="b\nX=no\n"',
  "Y='\nX=no\n'",
  'X="a\\"b"',
  "X='a\\'b'",
  "X==a",
  'X=a"b"',
  "\u{feff}X=1",
  "x=1",
  "#X=1\nX=2",
  "X=a\t#c",
  "X=a;b",
  "X=a'b",
  'X= "q" ',
  "\tX=1",
  "X=\t1\t",
  'X="a # b"',
  "X='#'",
  "X=a$",
  "X=a\t",
  "X=5$ off",
  "X=$5",
  "X='a$b'",
  'X="a\\$b"',
  "X=`id`",
  "X=\\$5",
  "Y=1\n\n\n  # z\nX=2",
  "X=\nY=1",
  "X =1",
  "X=1\nX=",
  "# X='\nX=3",
] as const;

test("the table", async (context) => {
  needs(context, "docker");
  const expected = await composes(table);
  for (const [index, text] of table.entries()) {
    const { value, expands } = await ours(text);
    expect({ text, value, expands }).toEqual({ text, value: expected[index]?.value, expands: false });
  }
}, 60_000);

test.for(["X=a$b", 'X="a$b"', "X=${b}", "X=${b:-c}", "X=a\\$b", "X=$_"])(
  "a variable in the value is seen: %s",
  async (text, context: TestContext) => {
    needs(context, "docker");
    const [compose] = await composes([text]);
    const { expands, value } = await ours(text);
    expect(expands).toBe(true);
    expect(compose?.value).not.toBe(value);
  },
);

test.for(["X='abc", 'X="abc', "X='a\\'"])(
  "a quote without its end is a problem for both: %s",
  async (text, context: TestContext) => {
    needs(context, "docker");
    const [compose] = await composes([text]);
    expect([compose?.bad, (await ours(text)).bad]).toEqual([true, true]);
  },
);

const line = fc.oneof(
  fc
    .tuple(fc.constantFrom("X", "Y"), fc.stringMatching(/^[a-z0-9#;,.: +/\\=]{0,8}$/))
    .map(([name, value]) => `${name}=${value}`),
  fc
    .tuple(fc.constantFrom("X", "Y"), fc.stringMatching(/^[a-z0-9# "=\n$]{0,8}$/))
    .map(([name, value]) => `${name}='${value}'`),
  fc
    .tuple(fc.constantFrom("X", "Y"), fc.stringMatching(/^[a-z0-9# '=\n]{0,8}$/))
    .map(([name, value]) => `export ${name}="${value}" # note`),
  fc.constantFrom("", "# comment", "   ", "# X=1"),
);

test("files that are put together at random", async (context) => {
  needs(context, "docker");
  const files = fc.sample(
    fc.tuple(fc.array(line, { maxLength: 5 }), fc.constantFrom("\n", "\r\n")).map(([lines, end]) => lines.join(end)),
    { numRuns: 60, seed: 7 },
  );
  const expected = await composes(files);
  for (const [index, text] of files.entries()) {
    const compose = expected[index];
    if (compose?.bad) continue;
    expect({ text, value: (await ours(text)).value }).toEqual({ text, value: compose?.value });
  }
  expect(expected.filter(({ bad }) => bad).length).toBeLessThan(20);
}, 60_000);

// Invariant: no secret is missing or left as the guide has it, nothing makes Compose act elsewhere, and no value is ever shown.
test.concurrent.each<[string, RegExp | undefined]>([
  ["X='the-value'", undefined],
  ["", /no X/],
  ["X=", /no X/],
  ["X='REPLACE_WITH_KEY'", /still a placeholder/],
  ["X=<key>", /still a placeholder/],
  ["X= # the-value", /still a placeholder/],
  ["X=changeme", /still a placeholder/],
  ["X=abc<d", undefined],
  ["X=the-value$x", /outside single quotes/],
  ["X=1\nCOMPOSE_PROJECT_NAME=other", /COMPOSE_PROJECT_NAME in .env/],
  ["X=1\nCOMPOSE_FILE=other", /COMPOSE_FILE in .env/],
  ["X=1\nCOMPOSE_PROFILES=cli", /COMPOSE_PROFILES in .env/],
  ["X=1\nDOCKER_HOST=tcp://other", /DOCKER_HOST in .env/],
  ["X=1\nCOMPOSE_PARALLEL_LIMIT=2", undefined],
  ["X=1\nY='the-value", /quote without its end/],
])("%j: %s", async (text, message) => {
  const server = new ServerBench({ secrets: ["X"], optionalSecrets: ["O"] });
  server.write(".env", `${text}\n`);
  const result = await server.deploy({ release: 100, digest: digest("a") });
  server.remove();
  expect(result.result.outcome).toBe(message === undefined ? "deployed" : "refused");
  if (message !== undefined) expect(result.stderr).toMatch(message);
  expect(result.stdout + result.stderr).not.toContain("the-value");
});
