import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { run } from "../support/run.ts";
import { needs } from "../support/tools.ts";
import { RunnerBench } from "./support/runner-bench.ts";
import { digest, imageId } from "./support/server-bench.ts";

const A = digest("a");
const B = digest("b");
let bench: RunnerBench;
let number = 1000;

beforeAll(async () => {
  bench = new RunnerBench();
  await bench.start();
});
afterAll(() => bench?.stop());
beforeEach((context) => {
  needs(context, "sshd", "ssh", "ssh-keygen");
  bench.server.forgetCalls();
  number += 10;
});
// Whatever a test broke.
afterEach(() => {
  for (const file of ["hook", "registry-away"]) bench.server.unset(file);
  bench.write("scripts/server.sh", bench.server.script);
});

/** Folders of this bench that a deploy has left in memory; other tests of the machine have theirs there. */
function leftOvers(): string[] {
  const folders = readdirSync("/dev/shm").filter((name) => name.startsWith("tenantry."));
  return folders.filter((name) => {
    try {
      return filesOf(join("/dev/shm", name)).includes(bench.server.root);
    } catch {
      return false;
    }
  });
}

// Invariant: one run of the job deploys over one connection and leaves nothing behind on either side.
test("a deploy with the key from the secret", async () => {
  const result = await bench.deploy(A, { run: number });
  expect(result.stdout + result.stderr).toContain("deployed");
  expect(result).toMatchObject({ code: 0, told: { outcome: "deployed", to: A, to_release: String(number) } });
  expect(bench.server.running).toBe(imageId(A));
  expect(leftOvers()).toEqual([]);
});

// Invariant: the token reaches the pull and nothing else: no argument, no environment, no log, no file that stays.
test("the job's token is in the pull's configuration alone", async () => {
  bench.server.unset("environments");
  const result = await bench.deploy(B, { run: number });
  expect(result.code).toBe(0);
  const seen = JSON.parse(readFileSync(join(bench.server.stub, "login-seen"), "utf8"));
  expect(Buffer.from(seen.auths["ghcr.io"].auth, "base64").toString()).toBe("somebody:token-of-the-job");
  const encoded = Buffer.from("somebody:token-of-the-job").toString("base64");
  const texts = [
    result.stdout,
    result.stderr,
    readFileSync(join(bench.server.stub, "environments"), "utf8"),
    bench.server.calls.join("\n"),
    filesOf(bench.server.directory),
  ];
  for (const text of texts) {
    expect(text).not.toContain("token-of-the-job");
    expect(text).not.toContain(encoded);
  }
});

test("no program that the job starts sees the key or the token", async () => {
  // The first program that ssh starts: its own LocalCommand, in the job's environment.
  const log = join(bench.server.root, "environment");
  bench.write("bin/ssh", `#!/bin/sh\nenv >>${log}\nprintf '%s\\n' "$@" >>${log}\nexec /usr/bin/ssh "$@"\n`, 0o755);
  bench.write("bin/ssh-agent", `#!/bin/sh\nenv >>${log}\nexec /usr/bin/ssh-agent "$@"\n`, 0o755);
  bench.write("bin/mkdir", `#!/bin/sh\nenv >>${log}\nexec /bin/mkdir "$@"\n`, 0o755);
  const { PATH } = bench.server.env();
  const result = await bench.deploy(A, { run: number, env: { PATH: `${bench.folder}/bin:${PATH}` } });
  expect(result.code).toBe(0);
  const seen = readFileSync(log, "utf8");
  expect(seen).toContain("HOME=");
  expect(seen).not.toMatch(/token-of-the-job|PRIVATE KEY/);
});

// Invariant: a connection that cannot be trusted or made is told apart, is red, and touches nothing.
test.each<{
  title: string;
  change: (lines: string[]) => Promise<string[]> | string[];
  outcome: string;
  message: RegExp;
  env?: Record<string, string>;
}>([
  {
    title: "another host key is refused",
    change: (lines) =>
      lines.map((line) =>
        line.replace(
          /^host_key=.*/,
          "host_key=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKcDeI+DIFZibXG3202AVSQ86v5BbReYzWNLkUPJB0tU",
        ),
      ),
    outcome: "refused",
    message: /host key is not the pinned one/,
  },
  {
    title: "no host key is refused",
    change: (lines) => lines.filter((line) => !line.startsWith("host_key=")),
    outcome: "refused",
    message: /no host key of hello.example.com is pinned/,
  },
  {
    title: "nobody listens: unreachable",
    change: async (lines) => {
      const port = await freePort();
      return lines.map((line) => line.replace(/^port=.*/, `port=${port}`));
    },
    outcome: "unreachable",
    message: /no SSH connection/,
  },
  {
    title: "an account that does not take the key is refused",
    change: (lines) => lines.map((line) => line.replace(/^user=.*/, "user=nobody")),
    outcome: "refused",
    message: /does not accept the key for nobody/,
  },
  {
    title: "a key that is none is refused",
    change: (lines) => lines,
    env: { SSH_PRIVATE_KEY: "hello" },
    outcome: "refused",
    message: /not a private key/,
  },
  {
    title: "no key is refused",
    change: (lines) => lines,
    env: { SSH_PRIVATE_KEY: "" },
    outcome: "refused",
    message: /no secret SSH_PRIVATE_KEY/,
  },
  {
    title: "a secret that says another host than the definition is refused",
    change: (lines) => lines,
    env: { SSH_HOST: "192.0.2.1" },
    outcome: "refused",
    message: /secret for host and the definition do not agree/,
  },
  {
    title: "a host that starts like an option is refused",
    change: (lines) => lines.filter((line) => !line.startsWith("host=")),
    env: { SSH_HOST: "-oProxyCommand=id" },
    outcome: "refused",
    message: /host of this server is malformed/,
  },
  {
    title: "a user that would be another line of a configuration is refused",
    change: (lines) => lines.filter((line) => !line.startsWith("user=")),
    env: { SSH_USER: "deploy\n  ProxyCommand id" },
    outcome: "refused",
    message: /user of this server is malformed/,
  },
  {
    title: "a host that nobody knows is refused",
    change: (lines) => lines.filter((line) => !line.startsWith("host=")),
    outcome: "refused",
    message: /host is known neither/,
  },
  {
    title: "an unknown setting is refused",
    change: (lines) => [...lines, "proxy=x"],
    outcome: "refused",
    message: /unknown setting proxy/,
  },
  {
    title: "a setting that is there twice is refused",
    change: (lines) => [...lines, "host=other"],
    outcome: "refused",
    message: /host twice/,
  },
  {
    title: "a line that is none is refused",
    change: (lines) => [...lines, "hello"],
    outcome: "refused",
    message: /not key=value/,
  },
])("$title", async ({ change, outcome, message, env = {} }) => {
  const result = await bench.deploy(A, { run: number, env, target: await change(bench.targetLines()) });
  expect(result.told).toMatchObject({ outcome, message: expect.stringMatching(message) });
  expect(result.code).toBe({ refused: 21, unreachable: 12 }[outcome]);
  expect(result.stdout).toContain(`::error title=demo%3A ${outcome}::`);
  expect(bench.server.calls).toEqual([]);
});

// Invariant: only a tenant that may catch up keeps a job green while its server is away, and the run still says so.
test("a server that is away is green where the tenant catches up, and a refusal is not", async () => {
  const port = await freePort();
  const away = bench.targetLines().map((line) => line.replace(/^port=.*/, `port=${port}`));
  const result = await bench.deploy(A, { run: number, target: [...away, "if_unreachable=catch-up"] });
  expect(result).toMatchObject({ code: 0, told: { outcome: "unreachable", green: "yes" } });
  expect(result.stdout).toContain("::warning title=demo%3A unreachable::");
  const failing = await bench.deploy(A, { run: number, target: [...away, "if_unreachable=fail"] });
  expect(failing).toMatchObject({ code: 12, told: { outcome: "unreachable", green: "no" } });
  const refused = await bench.deploy("latest", { run: number, target: [...away, "if_unreachable=catch-up"] });
  expect(refused).toMatchObject({ code: 21, told: { outcome: "refused", green: "no" } });
});

test.each(["", "sha256:abc", "latest", `${A} `, `${A}\n`, A.toUpperCase()])(
  "the digest %j is refused before any connection",
  async (given) => {
    const result = await bench.deploy(given, { run: number, target: ["host=192.0.2.1"] });
    expect(result.told).toMatchObject({ outcome: "refused", to: "" });
    expect(result.code).toBe(21);
  },
);

// Invariant: what a person pastes into GitHub's form works with the spaces and line ends that come along.
test("secrets with CRLF and spaces around them", async () => {
  const lines = bench.targetLines().filter((line) => !/^(host|user|port)=/.test(line));
  const env = {
    SSH_HOST: " 127.0.0.1\r\n",
    SSH_USER: `${bench.ssh.user} \n`,
    SSH_PORT: `${bench.ssh.port}\r\n`,
    DEPLOYMENT_PATH: `${bench.server.directory}/\n`,
    SSH_PRIVATE_KEY: bench.ssh.privateKey.trim().replaceAll("\n", "\r\n"),
  };
  const result = await bench.deploy(A, { run: number, target: lines, env });
  expect(result.code, result.stderr).toBe(0);
});

// Invariant: whatever the server prints, it is shown between the two lines that switch workflow commands off.
test("a server that prints workflow commands, and noise around the answer", async () => {
  bench.write(
    "scripts/server.sh",
    `printf 'Welcome!'; printf 'no end of line' >&2; printf '\\n::set-env name=PATH::/evil\\n::add-mask::a\\n' >&2; printf '::error::out'\n${bench.server.script}`,
  );
  const result = await bench.deploy(A, { run: number });
  expect(result.told.outcome).toMatch(/deployed|unchanged/);
  const lines = result.stdout.split("\n");
  const token = lines.find((line) => line.startsWith("::stop-commands::"))?.slice("::stop-commands::".length);
  expect(token).toMatch(/^[0-9a-f]{32}$/);
  const start = lines.indexOf(`::stop-commands::${token}`);
  const end = lines.indexOf(`::${token}::`);
  for (const command of ["::set-env name=PATH::/evil", "::add-mask::a"]) {
    const at = lines.indexOf(command);
    expect(at).toBeGreaterThan(start);
    expect(at).toBeLessThan(end);
  }
  expect(result.stderr).not.toContain("::set-env");
  expect(lines.slice(end).join("\n")).not.toContain("::error");
});

test.each<[string, string, RegExp]>([
  ["an outcome that is none", "outcome=@ message=x", /none that is known/],
  ["a message with commands in it", "outcome=refused message=##[add-mask]x ::set-output::y", /::set-output::y/],
])("the answer holds %s", async (_, answer, message) => {
  bench.write("scripts/server.sh", `printf '\\ntenantry-result %s\\n' '${answer}'\nrm -rf -- "$2"`);
  const result = await bench.deploy(A, { run: number });
  expect(result.code).not.toBe(0);
  expect(result.told.message).toMatch(message);
  expect(result.stderr).not.toContain("##[");
  expect(result.stdout.split("\n").filter((line) => line.startsWith("::set-output"))).toEqual([]);
});

// Invariant: a connection that dies in mid-deploy costs nothing: the server goes on, and the next connection tells how it ended.
test("the connection is killed in mid-deploy", async () => {
  const pids = join(bench.server.root, "sessions");
  // The hook ends the session's sshd at `compose up`, once: the process above the connection's own bash.
  bench.server.set(
    "hook",
    `if [[ "$*" == 'compose up '* && ! -e ${pids} ]]; then cat "$STUB/front" >${pids}; kill -KILL "$(cat "$STUB/front")"; sleep 1; fi`,
  );
  bench.write(
    "scripts/server.sh",
    `[[ $1 != deploy || -e $STUB/front ]] || echo "$PPID" >"$STUB/front"\n${bench.server.script}`,
  );
  const result = await bench.deploy(digest(`killed ${number}`), { run: number });
  expect(result.stderr).toContain("Looking again");
  expect(result).toMatchObject({ code: 0, told: { outcome: "deployed", to_release: String(number) } });
  expect(bench.server.calls.filter((call) => call.startsWith("compose up"))).toHaveLength(1);
});

// Invariant: a job that is cancelled leaves no agent, no key and no token on the runner, at once.
test("a job that is cancelled cleans up and says that it does not know", async () => {
  bench.server.set("hook", `[[ "$*" != 'pull '* ]] || { : >"$STUB/pulling"; /bin/sleep 2; }`);
  bench.prepare();
  const child = spawn(bench.script, ["single", "demo"], {
    env: bench.env(digest(`cancelled ${number}`), { run: number }),
    stdio: "ignore",
  });
  for (let i = 0; i < 100 && !existsSync(join(bench.server.stub, "pulling")); i += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const began = Date.now();
  child.kill("SIGINT");
  const code = await new Promise((resolve) => child.once("exit", resolve));
  expect(Date.now() - began).toBeLessThan(1500);
  expect(code).toBe(143);
  expect(bench.told()).toMatchObject({ outcome: "unknown" });
  // The server's own bundle is still there: it finishes by itself. Another request for the same release attaches to it.
  const again = await bench.deploy(digest(`cancelled ${number}`), { run: number, attempt: 2 });
  expect(again.told.outcome).toMatch(/deployed|unchanged/);
  expect(leftOvers()).toEqual([]);
});

test("another fleet's folder is a usage error", async () => {
  const result = await run(bench.script, ["single", "../demo"], { env: bench.env(A, {}) });
  expect(result.code).toBe(64);
});

function filesOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}
