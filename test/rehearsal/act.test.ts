import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runOrThrow } from "../support/run.ts";
import { scratchFolder, writeFiles } from "../support/scratch.ts";
import { needs } from "../support/tools.ts";
import { type Rehearsal, rehearse, startRehearsal } from "./bench/act.ts";
import { readActLog } from "./bench/act-log.ts";
import { describeWithEngine } from "./bench/describe-with-engine.ts";
import { docker } from "./bench/docker.ts";
import { type ImageRegistry, startImageRegistry } from "./bench/image-registry.ts";
import { buildImage } from "./bench/images.ts";
import { isAlive } from "./bench/processes.ts";
import { standInsOf } from "./bench/stand-ins.ts";

// Invariant: what a workflow did in act is read as it was, and act never runs anything but the listed stand-ins.
// If this breaks, a rehearsal calls a failed deploy a good one, or runs code that nobody has looked at.

const pin = "0".repeat(40);
const head = "on: { push: , workflow_dispatch: { inputs: { tenant: { type: string, default: all } } } }\n";
/** A job of steps. A text is a command; the rest is written as JSON, which YAML is a superset of. */
const job = (id: string, steps: readonly (string | object)[], more: object = {}) => {
  const written = steps.map((step) => (typeof step === "string" ? { shell: "bash", run: step } : step));
  return `  ${id}: ${JSON.stringify({ "runs-on": "ubuntu-24.04", ...more, steps: written })}\n`;
};
const uses = (action: string, inputs: object = {}) => ({ uses: `${action}@${pin}`, with: inputs });

let checkout: string;
beforeAll(async () => {
  checkout = scratchFolder("checkout");
  writeFiles(checkout, { "app/file.txt": "from the commit\n", ".github/workflows/none": "" });
  const git = (...args: string[]) =>
    runOrThrow("git", ["-c", "user.name=b", "-c", "user.email=b@b", ...args], { cwd: checkout });
  await git("init", "--quiet", "--initial-branch", "PRD");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "first");
});
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

/** A rehearsal of these jobs. The workflow is not committed: it is read from the files. */
function of(jobs: string, more: Partial<Rehearsal> = {}): Rehearsal {
  const workflow = `.github/workflows/w${Math.random().toString(36).slice(2)}.yml`;
  writeFiles(checkout, { [workflow]: `name: W\n${head}jobs:\n${jobs}` });
  return {
    checkout,
    workflow,
    event: "push",
    repository: "acme/app",
    ref: "refs/heads/PRD",
    timeoutSeconds: 60,
    ...more,
  };
}

const outcomes = (result: { jobs: readonly { id: string; outcome: string }[] }) =>
  result.jobs.map(({ id, outcome }) => `${id}: ${outcome}`);

describe("act", () => {
  test("passes outputs and artifacts on, each job in a workspace of its own", async (context) => {
    needs(context, "act", "git");
    const result = await rehearse(
      of(`
  first:
    runs-on: ubuntu-24.04
    outputs:
      word: \${{ steps.say.outputs.word }}
    steps:
      - uses: actions/checkout@${pin}
        with: { persist-credentials: false }
      - shell: bash
        run: |
          cat app/file.txt
          mkdir out
          echo made >out/a.txt
          echo x >out/b.log
      - uses: actions/upload-artifact@${pin}
        with: { name: made, path: out/, if-no-files-found: error }
      - id: say
        shell: bash
        run: echo word=hello >>"$GITHUB_OUTPUT"
  second:
    needs: first
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/download-artifact@${pin}
        with: { name: made, path: in }
      - shell: bash
        env: { WORD: "\${{ needs.first.outputs.word }}" }
        run: |
          echo "got $WORD, $(cat in/a.txt), $(ls)"
          echo "# done" >>"$GITHUB_STEP_SUMMARY"
`),
    );
    expect(outcomes(result), result.log).toEqual(["first: success", "second: success"]);
    expect(result.jobs[0]?.output).toContain("from the commit");
    expect(result.jobs[1]?.output).toContain("got hello, made, in");
    expect(result.jobs[1]?.summary).toBe("# done\n");
    expect(result.artifacts).toEqual({ made: { "a.txt": "made\n", "b.log": "x\n" } });
    expect(result).toMatchObject({ exitCode: 0, leftovers: [] });
  });

  test("a failed step fails its job, skips what needs it, and act says so", async (context) => {
    needs(context, "act");
    const jobs = [
      job("bad", ["echo before", "exit 3", "echo never"]),
      job("after", ["echo never"], { needs: "bad" }),
      job("report", ["echo always"], { needs: ["bad", "after"], if: "always()" }),
    ];
    const result = await rehearse(of(jobs.join("")));
    expect(outcomes(result).sort()).toEqual(["after: skipped", "bad: failure", "report: success"]);
    expect(result.exitCode).toBe(1);
    expect(result.log).not.toContain("never\\n");
  });

  test("in a matrix only the job that failed is called failed, and continue-on-error is no failure", async (context) => {
    needs(context, "act");
    const result = await rehearse(
      of(`
  deploy:
    runs-on: ubuntu-24.04
    strategy:
      max-parallel: 1
      matrix: { tenant: [a, b, c] }
    steps:
      - shell: bash
        env: { TENANT: "\${{ matrix.tenant }}" }
        run: test "$TENANT" != a
      - shell: bash
        continue-on-error: true
        run: exit 1
`),
    );
    expect(result.jobs.map(({ matrix, outcome }) => [matrix.tenant, outcome])).toEqual([
      ["a", "failure"],
      ["b", "success"],
      ["c", "success"],
    ]);
  });

  test("a run has the repository, the branch, the number, the inputs and the secrets that it was given", async (context) => {
    needs(context, "act", "git");
    const step = {
      if: "github.repository == 'acme/app' && github.ref == 'refs/heads/PRD' && github.ref_name == 'PRD'",
      shell: "bash",
      env: { KEY: `\${{ secrets.KEY }}`, TENANT: `\${{ inputs.tenant }}`, MODE: `\${{ vars.MODE }}` },
      run: `
        echo "$GITHUB_REPOSITORY $GITHUB_RUN_ID $GITHUB_SHA $GITHUB_EVENT_NAME $TENANT $MODE"
        printf '%s' "$KEY" | wc --lines
        echo "key: $KEY"
        echo "$HOME $PATH \${SECRET_OF_THE_MACHINE-}"`,
    };
    process.env.SECRET_OF_THE_MACHINE = "must not be seen";
    const given: Partial<Rehearsal> = {
      event: "workflow_dispatch",
      inputs: { tenant: "acme" },
      variables: { MODE: "fast" },
      // Dollar signs, quotes and line ends as they are.
      secrets: { KEY: "one$HOME\n'two\"\nthree\n" },
      runId: 77,
    };
    const sha = (await runOrThrow("git", ["rev-parse", "HEAD"], { cwd: checkout })).trim();
    const result = await rehearse(of(job("one", [step]), { ...given, showSecrets: true }));
    delete process.env.SECRET_OF_THE_MACHINE;
    const output = result.jobs[0]?.output.replaceAll("\r", "") ?? "";
    expect(output).toContain(`acme/app 77 ${sha} workflow_dispatch acme fast\n3\nkey: one$HOME\n'two"\nthree`);
    expect(output).toMatch(/\/home \S*node\S*:\/usr\/bin:/);
    expect(output).not.toContain("must not be seen");
    const masked = await rehearse(of(job("one", [step]), { ...given, secrets: { KEY: "one-line-secret" } }));
    expect(masked.jobs[0]?.output).toContain("key: ***");
    expect(masked.log).not.toContain("one-line-secret");
  });

  test("killed in the middle, everything it started is gone and its job is unfinished", async (context) => {
    needs(context, "act");
    const run = await startRehearsal(of(job("long", ["(setsid sleep 301 &) ; echo started; sleep 302"])));
    expect(await run.printed(/"msg":"started/, 30)).toBe(true);
    run.kill();
    const result = await run.finished;
    expect(outcomes(result)).toEqual(["long: unfinished"]);
    expect(result).toMatchObject({ exitCode: 137, leftovers: [] });
    expect(isAlive(run.pid)).toBe(false);
  });

  test("what a job leaves running is told, and ended", async (context) => {
    needs(context, "act");
    const result = await rehearse(of(job("agent", ["setsid sleep 303 >/dev/null 2>&1 </dev/null & sleep 0.2"])));
    expect(outcomes(result)).toEqual(["agent: success"]);
    expect(result.leftovers).toEqual(["sleep 303"]);
  });

  test.for<{ title: string; step: object; says: RegExp }>([
    {
      title: "an action without a stand-in",
      step: uses("someone/something"),
      says: /someone\/something@0+ has no stand-in/,
    },
    {
      title: "an input that its stand-in does not know",
      step: uses("actions/checkout", { reff: "x" }),
      says: /no input "reff"/,
    },
  ])("is not started on $title", async ({ step, says }) => {
    await expect(startRehearsal(of(job("one", [step])))).rejects.toThrow(says);
  });
});

describe("artifacts", () => {
  const make = "mkdir -p out/deep; echo 1 >out/a.json; echo 2 >out/deep/b.json; echo 3 >out/c.txt; touch out/.hidden";
  test.for<{ title: string; path: string; more?: Record<string, string>; want: string[] | "failure" | "none" }>([
    { title: "a folder without its hidden files", path: "out", want: ["a.json", "c.txt", "deep/b.json"] },
    { title: "a file by its name alone", path: "out/deep/b.json", want: ["b.json"] },
    {
      title: "files by a glob, below what they have in common",
      path: "out/**/*.json",
      want: ["a.json", "deep/b.json"],
    },
    { title: "without what is excluded", path: "out/*\n!out/c.txt", want: ["a.json", "deep/b.json"] },
    {
      title: "nothing, which is an error where it is asked for",
      path: "no/*",
      more: { "if-no-files-found": "error" },
      want: "failure",
    },
    { title: "nothing, which is only said otherwise", path: "no/*", want: "none" },
  ])("hold $title", async ({ path, more = {}, want }, context) => {
    needs(context, "act");
    const result = await rehearse(of(job("up", [make, uses("actions/upload-artifact", { name: "x", path, ...more })])));
    expect(outcomes(result)).toEqual([want === "failure" ? "up: failure" : "up: success"]);
    expect(Object.keys(result.artifacts.x ?? {}).sort()).toEqual(Array.isArray(want) ? want : []);
  });

  test("are merged, or kept apart, by a pattern; one name is taken once", async (context) => {
    needs(context, "act");
    const result = await rehearse(
      of(`
  up:
    runs-on: ubuntu-24.04
    strategy: { matrix: { t: [a, b] } }
    steps:
      - shell: bash
        env: { T: "\${{ matrix.t }}" }
        run: echo "$T" >"$T.json"
      - uses: actions/upload-artifact@${pin}
        with: { name: "result-\${{ matrix.t }}", path: "*.json" }
  down:
    needs: up
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/download-artifact@${pin}
        with: { pattern: result-*, path: one, merge-multiple: true }
      - uses: actions/download-artifact@${pin}
        with: { pattern: "*-b", path: two }
      - shell: bash
        run: find one two -type f | sort | xargs echo found
  again:
    needs: down
    runs-on: ubuntu-24.04
    steps:
      - shell: bash
        run: echo >x.json
      - uses: actions/upload-artifact@${pin}
        with: { name: result-a, path: x.json }
`),
    );
    expect(result.jobs.find(({ id }) => id === "down")?.output).toContain(
      "found one/a.json one/b.json two/result-b/b.json",
    );
    expect(outcomes(result)).toContain("again: failure");
  });
});

describeWithEngine("act with an engine", () => {
  let registry: ImageRegistry;
  beforeAll(async () => {
    registry = await startImageRegistry();
  });
  afterAll(() => registry.remove());

  const build = (password: string) => `
  build:
    runs-on: ubuntu-24.04
    steps:
      - shell: bash
        run: |
          mkdir ctx
          printf '%s\\n' 'FROM tenantry-bench/base' 'ARG V' 'ENV V=$V' >ctx/Dockerfile
      - uses: docker/setup-qemu-action@${pin}
      - uses: docker/setup-buildx-action@${pin}
      - uses: docker/login-action@${pin}
        with: { registry: "${registry.address}", username: ${registry.user}, password: "${password}" }
      - id: push
        uses: docker/build-push-action@${pin}
        with:
          context: ctx
          push: true
          platforms: linux/amd64,linux/arm64
          build-args: V=9
          labels: org.opencontainers.image.revision=abc
          tags: |
            ${registry.address}/app:1
            ${registry.address}/app:latest
      - shell: bash
        env: { DIGEST: "\${{ steps.push.outputs.digest }}" }
        run: echo "digest is $DIGEST"
`;

  test("builds and pushes what can be pulled by the digest that it gives", async (context) => {
    needs(context, "act");
    await buildImage({ behaviour: "healthy", version: "1" }); // brings the base
    const result = await rehearse(of(build(`\${{ secrets.PASSWORD }}`), { secrets: { PASSWORD: registry.password } }));
    expect(outcomes(result), result.log).toEqual(["build: success"]);
    const digest = /digest is (sha256:[0-9a-f]{64})/.exec(result.jobs[0]?.output ?? "")?.[1];
    const reference = `${registry.address}/app@${digest}`;
    await docker(["pull", reference], { config: await registry.login() });
    const format = '{{.Config.Env}} {{index .Config.Labels "org.opencontainers.image.revision"}}';
    expect(await docker(["inspect", "--format", format, reference])).toMatch(/V=9.*abc/);
    expect(result.log).not.toContain(registry.password);
  });

  test("a login with a wrong password fails the job", async (context) => {
    needs(context, "act");
    const result = await rehearse(of(build("wrong")));
    expect(outcomes(result)).toEqual(["build: failure"]);
  });
});

test("a log that was cut off is read as far as it goes", () => {
  const line = (entry: object) => JSON.stringify({ jobID: "a", matrix: {}, ...entry });
  const log = [
    "not JSON",
    line({ msg: "x", raw_output: true }),
    line({ step: "s", stage: "Main", stepResult: "success", stepID: ["0"] }),
    '{"jobID":"a","jobRes',
  ];
  expect(readActLog(log.join("\n"))).toEqual([
    {
      id: "a",
      matrix: {},
      outcome: "unfinished",
      steps: [{ name: "s", outcome: "success" }],
      output: "x",
      summary: "",
    },
  ]);
});

test("a stand-in stands for any pin of its action", () => {
  const jobs = job("one", [{ uses: "actions/checkout@v7" }, uses("actions/checkout")]);
  const found = standInsOf(`jobs:\n${jobs}`);
  expect([...found.keys()]).toEqual(["actions/checkout@v7", `actions/checkout@${pin}`]);
});
