import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type BenchOptions, digest, IMAGE, imageId, ServerBench } from "./support/server-bench.ts";

// The server's script against a stub engine: what a person of the fleet would see.

const [A, B, C, D] = ["a", "b", "c", "d"].map(digest) as [string, string, string, string];

const benches: ServerBench[] = [];
afterAll(() => {
  for (const bench of benches) bench.remove();
});

function serverBench(options?: BenchOptions): ServerBench {
  const bench = new ServerBench(options);
  benches.push(bench);
  return bench;
}

/** A server prepared by hand: its own compose file, and a container that runs its image by a tag. */
function madeByHand(bench: ServerBench, reference = `${IMAGE}:prd`): string {
  const id = `sha256:${"1".repeat(64)}`;
  bench.set(`images/${reference.replaceAll("/", "%")}`, id);
  bench.write("docker-compose.yml", `services:\n  web:\n    image: ${reference}\n`);
  bench.container("c1", {
    project: "hello-main",
    service: "web",
    name: "by_hand",
    status: "running",
    image: id,
    reference,
    ports: String(bench.port),
  });
  return id.slice("sha256:".length);
}

// Invariant: after a deploy the new release is what `current` and the container say, its image is held by a tag of its own, and
// nothing else of the server is changed.
test.concurrent("a first deploy, then an update", async () => {
  const bench = serverBench();
  const first = await bench.deploy({ release: 100, digest: A });
  expect(first).toMatchObject({ code: 0, result: { outcome: "deployed", from_release: "", to_release: "100" } });
  const update = await bench.deploy({ release: 200, digest: B });
  expect(update).toMatchObject({
    code: 0,
    result: { outcome: "deployed", from_release: "100", from_digest: A, to_digest: B },
  });
  expect([bench.current, bench.running]).toEqual(["releases/200", imageId(B)]);
  expect(bench.read("docker-compose.override.yml")).toContain(B);
  expect(bench.tags).toEqual([`${IMAGE}:tenantry-hello-main-100`, `${IMAGE}:tenantry-hello-main-200`]);
});

// Invariant: `unchanged` needs digest, files, .env, container and health, and asks Compose nothing.
test.concurrent("unchanged makes no call of Compose, and any difference is deployed", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  bench.forgetCalls();
  expect(await bench.deploy({ release: 101, digest: A })).toMatchObject({
    code: 10,
    result: { outcome: "unchanged", from_release: "100" },
  });
  expect(bench.calls.filter((call) => call.startsWith("compose"))).toEqual([]);
  bench.write(".env", "X=1\n");
  expect((await bench.deploy({ release: 102, digest: A })).result.outcome).toBe("deployed");
  expect(
    (await bench.deploy({ release: 103, digest: A, compose: "services: {web: {image: y}}\n" })).result.outcome,
  ).toBe("deployed");
  bench.set("containers/c1", readFileSync(join(bench.stub, "containers/c1"), "utf8").replace("running", "exited"));
  expect(
    (await bench.deploy({ release: 104, digest: A, compose: "services: {web: {image: y}}\n" })).result.outcome,
  ).toBe("deployed");
});

// Invariant: a sick release is red, the good one serves again, and a release that was never healthy is never gone back to.
test.concurrent.each(["sick", "crashes"] as const)(
  "an image that %s is rolled back, twice in a row too",
  async (how) => {
    const bench = serverBench();
    await bench.deploy({ release: 100, digest: A });
    bench.break(how, B);
    bench.break(how, C);
    for (const [release, bad] of [
      [200, B],
      [300, C],
    ] as const) {
      const result = await bench.deploy({ release, digest: bad });
      expect(result).toMatchObject({
        code: 31,
        result: { outcome: "rolled-back", to_release: String(release), current_release: "100" },
      });
      expect([bench.current, bench.running]).toEqual(["releases/100", imageId(A)]);
    }
    expect(bench.read(".tenantry/logs/release-200.app.log")).toContain("bye");
    expect((await bench.deploy({ release: 400, digest: D })).result.outcome).toBe("deployed");
    expect(bench.releases).toEqual(["100", "400"]);
  },
);

test.concurrent("compose up that fails is rolled back", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  bench.set("hook", `[[ "$*" != 'compose up '* ]] || grep -q ${A} docker-compose.override.yml || exit 1`);
  expect((await bench.deploy({ release: 200, digest: B })).result).toMatchObject({
    outcome: "rolled-back",
    current_release: "100",
  });
});

test.concurrent("a first release that is sick: stopped, and nothing to go back to, also for the next one", async () => {
  const bench = serverBench();
  bench.break("sick", A);
  bench.break("sick", B);
  expect(await bench.deploy({ release: 100, digest: A })).toMatchObject({
    code: 30,
    result: { outcome: "failed-first" },
  });
  expect(bench.running).toBe("exited");
  expect((await bench.deploy({ release: 200, digest: B })).result.outcome).toBe("failed-first");
  expect((await bench.deploy({ release: 300, digest: C })).result.outcome).toBe("deployed");
});

test.concurrent("neither the new nor the old release is healthy", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  bench.break("sick", A);
  bench.break("sick", B);
  expect(await bench.deploy({ release: 200, digest: B })).toMatchObject({
    code: 32,
    result: { outcome: "rollback-failed" },
  });
});

// Invariant: an old container that goes on answering is not the new release.
test.concurrent("an answer from a container with another image is not health", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  bench.set("hook", `[[ "$*" != 'compose up '* ]] || exit 0`);
  expect((await bench.deploy({ release: 200, digest: B })).result.outcome).toBe("rolled-back");
});

// An image's id is hexadecimal: one of a thousand holds the word `dead`, and was taken for a container that had ended.
test.concurrent("an image whose id holds `dead` is waited for", async () => {
  const bench = serverBench();
  bench.set(`images/${IMAGE.replaceAll("/", "%")}@${A}`, `sha256:dead${"0".repeat(60)}`);
  bench.set("answers", "503\n");
  expect((await bench.deploy({ release: 100, digest: A })).result.outcome).toBe("deployed");
});

// Invariant: failures within startSeconds do not count, not even between good answers; after it the three good ones must be in a row.
test.concurrent.each<{ answers: string[]; healthy: boolean }>([
  { answers: ["200", "200", "200", "200"], healthy: true },
  { answers: ["503", "503", "200", "200", "200", "200"], healthy: true },
  { answers: ["200", "200", "503", "200", "200", "200", "200"], healthy: true },
  { answers: ["302", "301", "204", ...Array<string>(300).fill("201")], healthy: false },
])("answers $answers.0 $answers.1 $answers.2 …: healthy $healthy", async ({ answers, healthy }) => {
  const bench = serverBench();
  bench.set("answers", `${answers.join("\n")}\n`);
  expect((await bench.deploy({ release: 100, digest: A })).result.outcome).toBe(healthy ? "deployed" : "failed-first");
});

// Invariant: before the switch nothing is touched, whatever goes wrong; the old release serves on, and no tag is left.
test.concurrent.each<{ title: string; prepare: (bench: ServerBench) => void; message: RegExp }>([
  {
    title: "the image registry is away",
    prepare: (bench) => bench.set("registry-away", ""),
    message: /image cannot be pulled/,
  },
  {
    title: "the image is for another machine",
    prepare: (bench) => bench.set("platform", "linux/arm64"),
    message: /image is for linux\/arm64/,
  },
  {
    title: "Compose refuses the files",
    prepare: (bench) => bench.set("config-refused", ""),
    message: /does not accept/,
  },
  {
    title: "another image of the compose file cannot be had",
    prepare: (bench) => {
      bench.set("other-images", "postgres:16\n");
      bench.set("hook", `[[ "$*" != *postgres* ]] || exit 1`);
    },
    message: /cannot be pulled/,
  },
  { title: "the overlay has no place for the digest", prepare: () => {}, message: /cannot be recorded/ },
])("refused, untouched: $title", async ({ title, prepare, message }) => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  const tags = bench.tags;
  prepare(bench);
  bench.forgetCalls();
  const bundle = bench.bundle({ release: 200, digest: B });
  if (title.startsWith("the overlay")) writeFileSync(join(bundle, "docker-compose.override.yml"), "services: {}\n");
  const result = await bench.deployBundle(bundle);
  expect(result).toMatchObject({ code: 21, result: { outcome: "refused", message: expect.stringMatching(message) } });
  expect([bench.current, bench.running]).toEqual(["releases/100", imageId(A)]);
  expect(bench.tags).toEqual(tags);
  expect(bench.releases).toEqual(["100"]);
  expect(bench.calls.filter((call) => call.startsWith("compose up"))).toEqual([]);
});

// Invariant: an older run never undoes a newer one; a person who names a digest may.
test.concurrent("the order of releases", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 200, digest: B });
  const outcome = async (request: Parameters<ServerBench["deploy"]>[0]) => (await bench.deploy(request)).result.outcome;
  expect(await outcome({ release: 100, digest: A })).toBe("superseded");
  expect(await outcome({ release: 200, digest: A, attempt: 2 })).toBe("superseded");
  expect(await outcome({ release: 200, digest: B, attempt: 3 })).toBe("unchanged");
  const person = await bench.deploy({ release: 150, digest: A, person: true });
  expect(person.result).toMatchObject({ outcome: "deployed", to_release: "201" });
  expect(await outcome({ release: 200, digest: B, attempt: 4 })).toBe("superseded");
  expect(await outcome({ release: 201, digest: B })).toBe("superseded");
  // The note of the newest is lost: the folders still say it.
  rmSync(join(bench.directory, ".tenantry/newest"));
  expect(await outcome({ release: 190, digest: B })).toBe("superseded");
  bench.write(".tenantry/newest", "a[$(touch x)]\n");
  expect(await outcome({ release: 189, digest: B })).toBe("superseded");
  expect(await outcome({ release: 300, digest: C })).toBe("deployed");
});

test.concurrent("a release that was rolled back from is not undone by an older run either", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  bench.break("sick", C);
  await bench.deploy({ release: 300, digest: C });
  expect((await bench.deploy({ release: 200, digest: B })).result.outcome).toBe("superseded");
  // The same run again may try again: its image may be well by now.
  rmSync(join(bench.stub, "sick", imageId(C)));
  expect((await bench.deploy({ release: 300, digest: C, attempt: 2 })).result.outcome).toBe("deployed");
});

// Invariant: an older run that is started again is green only where a newer release serves.
test.concurrent("an older run is refused while the newer release was cut off", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  bench.set("hook", `[[ "$*" != 'compose up '* ]] || kill -KILL "$(sed -n s/^pid=//p .tenantry/running)"`);
  expect((await bench.deploy({ release: 200, digest: B })).result.outcome).toBe("unknown");
  bench.unset("hook");
  expect((await bench.deploy({ release: 100, digest: A, attempt: 2 })).result).toMatchObject({
    outcome: "refused",
    message: expect.stringMatching(/release 200 is newer than 100, .* never seen healthy/),
  });
  expect((await bench.deploy({ release: 200, digest: B, attempt: 2 })).result.outcome).toBe("deployed");
  expect((await bench.deploy({ release: 100, digest: A, attempt: 3 })).result.outcome).toBe("superseded");
});

test.concurrent("an unchanged deploy puts back a link that somebody removed", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  rmSync(join(bench.directory, "docker-compose.yml"));
  expect((await bench.deploy({ release: 200, digest: A })).result.outcome).toBe("unchanged");
  expect(readlinkSync(join(bench.directory, "docker-compose.yml"))).toBe("current/docker-compose.yml");
});

test.concurrent("a request that was carried out is told again, not carried out again", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  bench.forgetCalls();
  const again = await bench.deploy({ release: 100, digest: A });
  expect(again).toMatchObject({ code: 0, result: { outcome: "deployed", to_release: "100" } });
  expect(bench.calls).toEqual([]);
});

// Invariant: a server prepared by hand is taken over as it is, and can be gone back to.
test.concurrent.each([
  `${IMAGE}:prd`,
  IMAGE,
  `${IMAGE}@sha256:${"2".repeat(64)}`,
  "openclaw-local:dev",
  "127.0.0.1:5000/Some/app:x",
])("adopts what runs %s, and goes back to it", async (reference) => {
  const bench = serverBench();
  const id = madeByHand(bench, reference);
  bench.break("sick", B);
  const sick = await bench.deploy({ release: 100, digest: B });
  expect(sick.result).toMatchObject({ outcome: "rolled-back", from_release: "0", current_release: "0" });
  expect([bench.current, bench.running]).toEqual(["releases/0", id]);
  expect(bench.tags.some((tag) => tag.endsWith(":tenantry-hello-main-0"))).toBe(true);
  expect((await bench.deploy({ release: 200, digest: C })).result).toMatchObject({
    outcome: "deployed",
    from_release: "0",
  });
});

test.concurrent("adopts a file that is a link, and keeps an override of its own", async () => {
  const bench = serverBench();
  const id = madeByHand(bench);
  const text = bench.read("docker-compose.yml");
  writeFileSync(join(bench.root, "mine.yml"), text);
  rmSync(join(bench.directory, "docker-compose.yml"));
  symlinkSync(join(bench.root, "mine.yml"), join(bench.directory, "docker-compose.yml"));
  bench.write("docker-compose.override.yml", "# mine\nservices: {}\n");
  bench.break("sick", B);
  expect((await bench.deploy({ release: 100, digest: B })).result.outcome).toBe("rolled-back");
  expect(bench.running).toBe(id);
  expect(bench.read("releases/0/docker-compose.yml")).toBe(text);
  expect(bench.read("docker-compose.override.yml")).toContain("# mine");
  expect(readFileSync(join(bench.root, "mine.yml"), "utf8")).toBe(text);
});

test.concurrent("what runs sick by hand is no way back", async () => {
  const bench = serverBench();
  const id = madeByHand(bench);
  bench.set(`sick/${id}`, "");
  bench.break("sick", B);
  expect((await bench.deploy({ release: 100, digest: B })).result.outcome).toBe("failed-first");
});

test.concurrent("a tag that moved after the take-over is given back its image", async () => {
  const bench = serverBench();
  const id = madeByHand(bench);
  bench.break("sick", B);
  bench.set(
    "hook",
    `[[ "$*" != 'compose up '* ]] || grep -q tenantry-moved "$STUB/calls" || { echo tenantry-moved >>"$STUB/calls"; printf sha256:moved >"$STUB/images/ghcr.io%example%hello:prd"; }`,
  );
  expect((await bench.deploy({ release: 100, digest: B })).result.outcome).toBe("rolled-back");
  expect(bench.running).toBe(id);
});

// Invariant: pruning takes this tenant's old releases and tags, and nothing else: not a neighbour's whose name begins alike, not a
// folder that is not a release's.
test.concurrent("prune", async () => {
  const bench = serverBench({ keepReleases: 2 });
  for (const tag of [
    "tenantry-hello-main-x-1",
    "tenantry-hello-main-1-1",
    "prd",
    "tenantry-hello-1",
    "tenantry-hello-main-",
    "tenantry-hello-main-1x",
  ]) {
    bench.set(`images/ghcr.io%example%hello:${tag}`, "sha256:neighbour");
  }
  // Left behind by a deploy that was killed.
  bench.set("images/ghcr.io%example%hello:tenantry-hello-main-5", "sha256:old");
  for (const name of ["notes", "7 8", "..x", "007", "9\n100 9"])
    mkdirSync(join(bench.directory, "releases", name), { recursive: true });
  await bench.deploy({ release: 100, digest: A });
  bench.break("sick", D);
  await bench.deploy({ release: 150, digest: D });
  await bench.deploy({ release: 200, digest: B });
  await bench.deploy({ release: 300, digest: C });
  expect(bench.releases).toEqual(["..x", "007", "200", "300", "7 8", "9\n100 9", "notes"]);
  expect(bench.tags.map((tag) => tag.split(":")[1])).toEqual([
    "prd",
    "tenantry-hello-1",
    "tenantry-hello-main-",
    "tenantry-hello-main-1-1",
    "tenantry-hello-main-1x",
    "tenantry-hello-main-200",
    "tenantry-hello-main-300",
    "tenantry-hello-main-x-1",
  ]);
});

// Invariant: an app that is sick at every push does not fill the disk with its images.
test.concurrent("a rollback prunes, too; only the sick release of this request stays", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  for (const release of [200, 300, 400]) {
    bench.break("sick", digest(`sick ${release}`));
    const result = await bench.deploy({ release, digest: digest(`sick ${release}`) });
    expect(result.result).toMatchObject({ outcome: "rolled-back", current_release: "100" });
  }
  expect(bench.releases).toEqual(["100", "400"]);
  expect(bench.tags.map((tag) => tag.split(":")[1])).toEqual(["tenantry-hello-main-100", "tenantry-hello-main-400"]);
});

test.concurrent("half a release that a killed deploy has left is removed by the next one", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  for (const name of ["150.partial", "mine.partial"]) mkdirSync(join(bench.directory, "releases", name));
  await bench.deploy({ release: 200, digest: B });
  expect(bench.releases).toEqual(["100", "200", "mine.partial"]);
});

test.concurrent.each([
  ["docker.io/library/hello", "docker.io%library%hello"],
  ["docker.io/example/hello", "docker.io%example%hello"],
])("the tag that a killed deploy left is found under Docker Hub's short name: %s", async (image, file) => {
  const bench = serverBench();
  bench.set(`images/${file}:tenantry-hello-main-5`, "sha256:old");
  bench.set(`images/${file}:tenantry-hello-main-x-5`, "sha256:neighbour");
  const { code, stderr } = await bench.evaluate(`IMAGE=${image}; prune_tags`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(bench.tags).toEqual([`${image}:tenantry-hello-main-x-5`]);
});

// Invariant: nothing is called a way back that could not start.
test.concurrent("a release whose image somebody removed is no way back, an older one is", async () => {
  const bench = serverBench({ keepReleases: 3 });
  await bench.deploy({ release: 100, digest: A });
  await bench.deploy({ release: 200, digest: B });
  bench.set(`gone/${imageId(B)}`, "");
  bench.break("sick", C);
  const result = await bench.deploy({ release: 300, digest: C });
  expect(result.result).toMatchObject({ outcome: "rolled-back", current_release: "100" });
  expect(result.stderr).toContain("release 200 was healthy, but its image is not here any more");
});

test.concurrent("the way back is the last that was healthy, by time and not by number", async () => {
  const bench = serverBench({ keepReleases: 5 });
  await bench.deploy({ release: 100, digest: A });
  await bench.deploy({ release: 200, digest: B });
  await bench.deploy({ release: 300, digest: C });
  rmSync(join(bench.directory, "releases/300/healthy"));
  const mark = (release: number, time: number) =>
    utimesSync(join(bench.directory, `releases/${release}/healthy`), time, time);
  mark(100, 2_000_000_000);
  mark(200, 1_000_000_000);
  bench.break("sick", D);
  expect((await bench.deploy({ release: 400, digest: D })).result.current_release).toBe("100");
});

// Invariant: going back must be possible on a full disk, and the room that a rollback needs is kept for it.
test.concurrent("a full disk refuses a pull, and lets an image in that is here already", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  await bench.deploy({ release: 200, digest: B });
  expect(bench.read(".tenantry/room")).toHaveLength(1_048_576);
  bench.set("df", "50 1000000 900000");
  expect((await bench.deploy({ release: 300, digest: C })).result).toMatchObject({
    outcome: "refused",
    message: expect.stringMatching(/50 MB free/),
  });
  expect((await bench.deploy({ release: 250, digest: A, person: true })).result.outcome).toBe("deployed");
});

test.concurrent("a disk that takes nothing at all is named as the reason", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  const { code, stdout } = await bench.evaluate("RELEASE=200 REQUEST=200-1\nulimit -f 0\ntrap '' XFSZ\ncheck_writing");
  expect(stdout).toMatch(/outcome=refused message=nothing can be written to .*the disk is full/);
  expect(code).toBe(21);
  expect(readdirSync(join(bench.directory, ".tenantry")).filter((name) => name.startsWith("writing"))).toEqual([]);
});

test.concurrent("a release that serves is marked healthy although the disk has filled up", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  rmSync(join(bench.directory, "releases/100/healthy"));
  // Writing works only once the room that is kept for it is given free.
  const full = 'write_file() { [[ ! -e $STATE/room ]] && cat >"$1"; }';
  const { code } = await bench.evaluate(`${full}\nENVIRONMENT=none\nmark_healthy 100`);
  expect(code).toBe(0);
  expect(bench.read("releases/100/healthy")).toBe("environment=none\n");
});

test.concurrent("a journal and logs that cannot be written do not stop a rollback", async () => {
  const bench = serverBench();
  await bench.deploy({ release: 100, digest: A });
  bench.break("sick", B);
  rmSync(join(bench.directory, ".tenantry/journal"));
  bench.set("hook", `[[ "$*" != 'compose up '* ]] || { rm -f .tenantry/journal; mkdir -p .tenantry/journal; }`);
  expect((await bench.deploy({ release: 200, digest: B })).result).toMatchObject({
    outcome: "rolled-back",
    current_release: "100",
  });
});

// Invariant: the token is gone after the pull, and also when there was no pull.
test.concurrent.each(["pulled", "here already", "unchanged"])("the login does not stay: %s", async (title) => {
  const bench = serverBench();
  if (title !== "pulled") await bench.deploy({ release: 100, digest: A });
  if (title === "here already") bench.write(".env", "X=1\n");
  bench.set(
    "hook",
    `[[ "$*" != 'compose up '* ]] || ls -d "$(sed -n s/^bundle=//p .tenantry/running)"/* >"$STUB/bundle"`,
  );
  const bundle = bench.bundle({ release: 200, digest: A, token: "c2VjcmV0" });
  await bench.deployBundle(bundle);
  if (title !== "unchanged") expect(readFileSync(join(bench.stub, "bundle"), "utf8")).not.toContain("login");
  expect(() => readFileSync(join(bundle, "server.sh"))).toThrow();
});

// Invariant: what the account's session exports never reaches Compose, and a compose file's variable may be called like one of ours.
test.concurrent("variables of the session and of the script itself", async () => {
  const bench = serverBench({ secrets: ["STATE"], optionalSecrets: ["TENANT"] });
  bench.write(".env", "STATE='x'\nTENANT='y'\n");
  chmodSync(join(bench.directory, ".env"), 0o600);
  const bundle = bench.bundle({
    release: 100,
    digest: A,
    tenant: [...bench.tenantLines(), "expect=IMAGE=other", "expect=FLEET=x", "expect=PATH=/x"],
  });
  const { run } = await import("../support/run.ts");
  const session = { IMAGE: "evil", STATE: "evil", FLEET: "evil", COMPOSE_PROJECT_NAME: "evil", COMPOSE_FILE: "evil" };
  bench.set("hook", `[[ "$*" != compose\\ up* ]] || env >"$STUB/up-environment"`);
  const result = await run("bash", [join(bundle, "server.sh"), "deploy", bundle], {
    env: { ...bench.env(), ...session },
  });
  expect(result.stdout).toContain("outcome=deployed");
  expect(readFileSync(join(bench.stub, "up-environment"), "utf8")).not.toMatch(
    /^(IMAGE|STATE|FLEET|TENANT|COMPOSE_\w+)=/m,
  );
});
