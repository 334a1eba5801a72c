import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ImageSource } from "../../src/fleet/image.ts";
import { imageScript } from "../../src/scripts/runner-scripts.ts";
import { freePort } from "../support/free-port.ts";
import { run, runOrThrow } from "../support/run.ts";
import { inScratch } from "../support/scratch.ts";
import { needs, tool } from "../support/tools.ts";

// An image registry with the token flow of ghcr.io, and GitHub's list of runs, in one small server.
const SHA = "c".repeat(40);
interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
let server: Server;
let port = 0;
let routes: Record<string, Reply | ((request: IncomingMessage) => Reply)> = {};
let seen: { path: string; authorization: string }[] = [];
/** Whether a manifest is shown only to somebody with the token. */
let wants: "bearer" | "basic" | "nothing" = "bearer";

const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const basic = `Basic ${Buffer.from("somebody:secret-token").toString("base64")}`;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    const authorization = request.headers.authorization ?? "";
    seen.push({ path, authorization });
    const reply = answer(path, authorization, request);
    const body = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {});
    response.writeHead(reply.status ?? 200, reply.headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  routes = {};
  seen = [];
  wants = "bearer";
});

function route(start: string, reply: Reply): void {
  routes[start] = reply;
}

function answer(path: string, authorization: string, request: IncomingMessage): Reply {
  const route = Object.entries(routes).find(([start]) => path.startsWith(start))?.[1];
  if (
    path.startsWith("/v2/") &&
    wants !== "nothing" &&
    authorization !== (wants === "bearer" ? "Bearer good" : basic)
  ) {
    const challenge =
      wants === "basic"
        ? 'Basic realm="r"'
        : `Bearer realm="http://127.0.0.1:${port}/token",service="s",scope="repository:me/app:pull"`;
    return { status: 401, headers: { "www-authenticate": challenge } };
  }
  if (typeof route === "function") return route(request);
  return route ?? (path.startsWith("/token") ? { body: { token: "good" } } : { status: 404 });
}

interface Ran {
  readonly code: number;
  readonly output: string;
  readonly stderr: string;
}

/** Runs image.sh of an image in a repository with these files. */
function image(
  command: string,
  source: Record<string, unknown>,
  files: Readonly<Record<string, string>> = { Dockerfile: "FROM scratch\n" },
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  return inScratch("image", {}, async (folder) => {
    const script = imageScript(
      { repository: `127.0.0.1:${port}/me/app`, ...source } as unknown as ImageSource,
      "fleet.ts",
      ["linux/amd64"],
      ["servers/", "generated/", ".github/"],
    );
    const work = join(folder, "work");
    mkdirSync(work);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(work, name, ".."), { recursive: true });
      writeFileSync(join(work, name), text);
    }
    const git = (...args: string[]) =>
      runOrThrow("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: work });
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--allow-empty", "--message", "x");
    writeFileSync(join(folder, "image.sh"), script ?? "");
    writeFileSync(join(folder, "output"), "");
    writeFileSync(join(folder, "arguments"), "");
    const all = {
      PATH: `${join(import.meta.dirname, "support/stubs-image")}:${process.env.PATH}`,
      HOME: folder,
      ARGUMENTS: join(folder, "arguments"),
      REGISTRY_USER: "somebody",
      REGISTRY_TOKEN: "secret-token",
      GH_TOKEN: "gh-token",
      GITHUB_OUTPUT: join(folder, "output"),
      GITHUB_API_URL: `http://127.0.0.1:${port}/api`,
      GITHUB_REPOSITORY: "me/app",
      GITHUB_SHA: SHA,
      TAG: `sha-${SHA}`,
      ...env,
    };
    const result = await run("bash", [join(folder, "image.sh"), command], { cwd: work, env: all });
    // What every program was called with: a token must not be among it.
    expect(readFileSync(join(folder, "arguments"), "utf8")).not.toMatch(/secret-token|gh-token|Bearer|Basic/);
    return { code: result.code, output: readFileSync(join(folder, "output"), "utf8"), stderr: result.stderr };
  });
}

// The registries of these tests are on the loopback address: only a definition that says so shows them the token.
const build = { kind: "build", pull: "job-token", context: ".", dockerfile: "Dockerfile", args: {} };
const tagOf = ({ output }: Ran) => /^tag=(context-[0-9a-f]{40})$/m.exec(output)?.[1];
const digestOf = ({ output }: Ran) => /^digest=(.*)$/m.exec(output)?.[1];

// Invariant: the tag changes with whatever can change the image, and with nothing else.
test("what the context's tag depends on", async () => {
  const files = { Dockerfile: "FROM scratch\n", "src/a": "1", "ü \n'\"": "2" };
  const tag = async (changed: Record<string, string> = {}, source = build) =>
    tagOf(await image("context", source, { ...files, ...changed }));
  const first = await tag();
  expect(first).toBeDefined();
  expect(await tag({ "servers/x.ts": "", "generated/ü/y": "", ".github/workflows/z": "" })).toBe(first);
  const others = [
    await tag({ "src/a": "other" }),
    await tag({ "ü \n'\"": "other" }),
    await tag({ "src/servers/x": "" }),
    await tag({ serversx: "" }),
    await tag({}, { ...build, args: { A: "1" } }),
    await tag({}, { ...build, dockerfile: "src/a" }),
    await tag({}, { ...build, context: "src" }),
  ];
  expect(new Set([first, ...others]).size).toBe(others.length + 1);
  const inner = await tag({}, { ...build, context: "src" });
  expect(await tag({ Dockerfile: "other" }, { ...build, context: "src" })).toBe(inner);
  expect(await tag({ "src/a": "other" }, { ...build, context: "src" })).not.toBe(inner);
}, 60_000);

// Invariant: "not there" is told from "no answer": the first builds, the second ends the job.
test.each<[string, () => void, { code: number; digest?: string; says?: RegExp }]>([
  [
    "there",
    () => route("/v2/me/app/manifests/context-", { headers: { "docker-content-digest": sha256("x") }, body: "x" }),
    { code: 0, digest: sha256("x") },
  ],
  [
    "there, without the digest's header",
    () => route("/v2/me/app/manifests/context-", { body: "x" }),
    { code: 0, digest: sha256("x") },
  ],
  ["not there", () => {}, { code: 0, digest: "" }],
  ["a package that is new", () => route("/v2/", { status: 403 }), { code: 0, digest: "" }],
  ["a token that is not given for a new package", () => route("/token", { status: 403 }), { code: 0, digest: "" }],
  ["an error", () => route("/v2/", { status: 501 }), { code: 1, says: /answers 501/ }],
  [
    "a token that is none",
    () => route("/token", { body: { token: 'a"\noutput = "/x' } }),
    { code: 1, says: /token that is none/ },
  ],
  [
    "a digest that is none",
    () => route("/v2/", { headers: { "docker-content-digest": "sha256:1" } }),
    { code: 1, says: /gives no digest/ },
  ],
  [
    "a login elsewhere in the open",
    () => route("/v2/", { status: 401, headers: { "www-authenticate": 'Bearer realm="http://192.0.2.1/token"' } }),
    { code: 0, digest: "" },
  ],
])("context: %s", async (_, prepare, expected) => {
  prepare();
  const ran = await image("context", build);
  expect(ran.code, ran.stderr).toBe(expected.code);
  if (expected.code === 0) expect(digestOf(ran)).toBe(expected.digest);
  if (expected.says) expect(ran.stderr).toMatch(expected.says);
});

test("a realm in the open on another machine is not asked", async () => {
  wants = "nothing";
  routes["/v2/"] = { status: 401, headers: { "www-authenticate": 'Bearer realm="http://192.0.2.1/token"' } };
  const ran = await image("context", build);
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/not understood/) });
});

test("nobody answers", async () => {
  const ran = await image("context", { ...build, repository: "127.0.0.1:1/me/app" });
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/does not answer/) });
}, 60_000);

test("a basic login", async () => {
  wants = "basic";
  routes["/v2/me/app/manifests/context-"] = { body: "x" };
  expect(digestOf(await image("context", build))).toBe(sha256("x"));
});

// Invariant: the job's token goes to the registry that it is for, and to no other.
test.each<[string | undefined, string]>([
  [undefined, ""],
  ["public", ""],
  ["server-login", ""],
  ["job-token", basic],
])("follow with pull %s logs in with %j", async (pull, authorization) => {
  routes["/api/"] = {
    body: {
      workflow_runs: [
        { name: "Docker Release", head_sha: SHA, run_number: 1, status: "completed", conclusion: "success" },
      ],
    },
  };
  await image("follow", { kind: "follow", workflow: "Docker Release", waitMinutes: 1, ...(pull && { pull }) });
  expect(seen.find(({ path }) => path.startsWith("/token"))?.authorization).toBe(authorization);
});

const follow = { kind: "follow", workflow: "Docker Release", waitMinutes: 1, pull: "job-token" };
const runOf = (values: object) => ({
  name: "Docker Release",
  head_sha: SHA,
  run_number: 1,
  status: "completed",
  conclusion: "success",
  ...values,
});
function pushed(revision: string): void {
  const config = JSON.stringify({ config: { Labels: { "org.opencontainers.image.revision": revision } } });
  const manifest = JSON.stringify({ config: { digest: sha256(config) } });
  const index = JSON.stringify({
    manifests: [
      { digest: sha256("attestation"), platform: { os: "unknown", architecture: "unknown" } },
      { digest: sha256(manifest), platform: { os: "linux", architecture: "amd64" } },
    ],
  });
  routes[`/v2/me/app/manifests/sha-${SHA}`] = { body: index };
  routes[`/v2/me/app/manifests/${sha256(index)}`] = { body: index };
  routes[`/v2/me/app/manifests/${sha256(manifest)}`] = { body: manifest };
  routes[`/v2/me/app/blobs/${sha256(config)}`] = {
    status: 307,
    headers: { location: "/storage", "docker-content-digest": "sha256:no" },
  };
  routes["/storage"] = { body: config };
}

// Invariant: only the image that the named workflow built of this very commit is deployed.
test("follow waits: no run, queued, then the image of a multi-platform build", async () => {
  pushed(SHA);
  const answers = [
    { status: 404 },
    { body: { workflow_runs: [] } },
    { body: { workflow_runs: [runOf({ status: "queued", conclusion: null })] } },
  ];
  let polls = 0;
  routes["/api/"] = () =>
    answers[polls++] ?? {
      body: {
        workflow_runs: [
          runOf({}),
          runOf({ name: "Lint", conclusion: "failure", run_number: 9 }),
          runOf({ head_sha: "d".repeat(40), conclusion: "failure", run_number: 8 }),
        ],
      },
    };
  const ran = await image("follow", follow);
  expect(ran.code, ran.stderr).toBe(0);
  expect(digestOf(ran)).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(polls).toBe(4);
  expect(seen.find(({ path }) => path.startsWith("/api/"))?.authorization).toBe("Bearer gh-token");
});

test.each<[string, () => void, RegExp]>([
  [
    "the run failed",
    () => route("/api/", { body: { workflow_runs: [runOf({ conclusion: "failure" })] } }),
    /ended failure/,
  ],
  [
    "the newest run counts",
    () =>
      route("/api/", {
        body: { workflow_runs: [runOf({ run_number: 2, conclusion: "cancelled" }), runOf({ run_number: 1 })] },
      }),
    /ended cancelled/,
  ],
  [
    "the tag is of another commit",
    () => {
      pushed("e".repeat(40));
      routes["/api/"] = { body: { workflow_runs: [runOf({})] } };
    },
    /was built from 'e{40}'/,
  ],
  ["nothing was pushed", () => route("/api/", { body: { workflow_runs: [runOf({})] } }), /did not push/],
  ["GitHub does not answer", () => route("/api/", { status: 403 }), /does not tell the runs/],
])("follow fails: %s", async (_, prepare, says) => {
  prepare();
  const ran = await image("follow", follow);
  expect(ran).toMatchObject({ code: 1, output: "", stderr: expect.stringMatching(says) });
  expect(ran.stderr).toContain("::error title=Image::");
});

// One platform is built for here: one digest too few or too many names an image that some server cannot run.
test.each(["", "sha256:1", `${sha256("a")} x`, `${sha256("a")} ${sha256("b")}`])(
  "merge refuses the digests %j",
  async (digests) => {
    const ran = await image("merge", build, undefined, { DIGESTS: digests, TAG: "context-1" });
    expect(ran).toMatchObject({ code: 1, output: "" });
  },
);

// The real thing, with a login and without: what our own small server does might be wrong.
test.for([false, true])("docker-registry, with a login: %s", { timeout: 30_000 }, async (login, context) => {
  needs(context, "docker-registry", "htpasswd");
  await inScratch("registry", {}, async (folder) => {
    const own = await freePort();
    const auth = ["auth:", "  htpasswd:", "    realm: r", `    path: ${folder}/htpasswd`];
    const config = [
      "version: 0.1",
      "log: {level: error}",
      `storage: {filesystem: {rootdirectory: ${folder}/data}}`,
      `http: {addr: 127.0.0.1:${own}}`,
      ...(login ? auth : []),
    ];
    writeFileSync(join(folder, "config.yml"), `${config.join("\n")}\n`);
    if (login)
      writeFileSync(join(folder, "htpasswd"), await runOrThrow(tool("htpasswd"), ["-Bbn", "somebody", "secret-token"]));
    const daemon = spawn(tool("docker-registry"), ["serve", join(folder, "config.yml")], { stdio: "ignore" });
    try {
      const headers = login ? { authorization: basic } : {};
      const at = `http://127.0.0.1:${own}/v2/`;
      await waitFor(async () => (await fetch(at, { headers })).ok);
      const repository = `127.0.0.1:${own}/me/app`;
      const first = await image("context", { ...build, repository });
      expect(first).toMatchObject({ code: 0 });
      expect(digestOf(first)).toBe("");
      const started = await fetch(`${at}me/app/blobs/uploads/`, { method: "POST", headers });
      await fetch(`${started.headers.get("location")}&digest=${sha256("{}")}`, { method: "PUT", headers, body: "{}" });
      const type = "application/vnd.docker.distribution.manifest.v2+json";
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: type,
        config: { mediaType: "application/vnd.docker.container.image.v1+json", size: 2, digest: sha256("{}") },
        layers: [],
      });
      const put = await fetch(`${at}me/app/manifests/${tagOf(first)}`, {
        method: "PUT",
        headers: { ...headers, "content-type": type },
        body: manifest,
      });
      expect(put.status).toBe(201);
      expect(digestOf(await image("context", { ...build, repository }))).toBe(sha256(manifest));
      if (login) {
        // Refused: taken for not there when building, since the push says so; merge ends.
        const wrong = { REGISTRY_TOKEN: "wrong", DIGESTS: sha256("x"), TAG: tagOf(first) };
        expect(await image("merge", { ...build, repository }, undefined, wrong)).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/may not read/),
        });
      }
    } finally {
      const ended = once(daemon, "exit");
      daemon.kill("SIGTERM");
      await ended;
    }
  });
});

async function waitFor(ready: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await ready().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it does not get ready");
}
