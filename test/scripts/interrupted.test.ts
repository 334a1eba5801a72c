import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digest, imageId, ServerBench } from "./support/server-bench.ts";

// Invariant: wherever the worker is ended, the way back is kept and the next request ends well. After SIGTERM it has ended what it began:
// `current` and the container both say the old release or both the new one.
// If this breaks, a reboot in mid-deploy leaves a tenant down until a person comes.

const A = digest("a");
const B = digest("b");
let before: ServerBench;
/** Calls of the engine in an update, by number. */
let calls: string[];

beforeAll(async () => {
  before = new ServerBench();
  await before.deploy({ release: 100, digest: A });
  before.forgetCalls();
  const whole = before.copy();
  await whole.deploy({ release: 200, digest: B });
  calls = whole.calls;
  whole.remove();
}, 60_000);
const benches: ServerBench[] = [];
afterAll(() => {
  before?.remove();
  for (const bench of benches) bench.remove();
});

/** The n-th call of an update that changes something or stands before or after one that does; the rest ask only. */
const POINTS = [
  "version",
  "pull",
  "tag",
  "compose --project-directory",
  "ps --all --quiet --filter label=com.docker.compose.project=hello-main --filter label=com.docker.compose.oneoff=False --filter status=created",
  "compose up",
  "container inspect --format {{.State.Status}}",
  "image ls",
];

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(["TERM", "KILL"] as const)("SIG%s", (signal) => {
  test.concurrent.each(POINTS)(
    "at %s",
    async (point) => {
      const bench = before.copy();
      benches.push(bench);
      const number = calls.findIndex((call) => call.startsWith(point)) + 1;
      expect(number).toBeGreaterThan(0);
      bench.set(
        `hooks/${number}`,
        `kill -${signal} "$(sed -n s/^pid=//p "${bench.directory}/.tenantry/running")"; /bin/sleep 0.2`,
      );
      const cut = await bench.deploy({ release: 200, digest: B });
      rmSync(join(bench.stub, "hooks"), { recursive: true });
      if (signal === "TERM") {
        expect(cut.result.outcome).toMatch(/^(refused|rolled-back|deployed)$/);
        const serves =
          cut.result.outcome === "deployed"
            ? { current: "releases/200", running: imageId(B) }
            : { current: "releases/100", running: imageId(A) };
        expect({ current: bench.current, running: bench.running }).toEqual(serves);
      } else {
        expect(cut.result.outcome).toBe("unknown");
      }
      expect(bench.has("releases/100/healthy")).toBe(true);
      // The very same request again, as a re-run of the job sends it; and if the image is sick, the old release is still the way back.
      const next = bench.copy();
      benches.push(next);
      expect((await bench.deploy({ release: 200, digest: B, attempt: 2 })).result.outcome).toMatch(
        /^(deployed|unchanged)$/,
      );
      expect([bench.current, bench.running]).toEqual(["releases/200", imageId(B)]);
      next.break("sick", digest("c"));
      // Cut before it was seen healthy, the new release is no way back.
      const good = next.has("releases/200/healthy")
        ? { release: "200", image: imageId(B) }
        : { release: "100", image: imageId(A) };
      const sick = await next.deploy({ release: 300, digest: digest("c") });
      expect(sick.result).toMatchObject({ outcome: "rolled-back", current_release: good.release });
      expect(next.running).toBe(good.image);
    },
    60_000,
  );
});

test.concurrent("SIGTERM in the middle of a rollback does not stop it", async () => {
  const bench = before.copy();
  benches.push(bench);
  bench.break("sick", B);
  bench.set(
    "hook",
    `[[ "$*" != 'compose logs '* ]] || { kill -TERM "$(sed -n s/^pid=//p .tenantry/running)"; /bin/sleep 0.2; }`,
  );
  expect((await bench.deploy({ release: 200, digest: B })).result).toMatchObject({
    outcome: "rolled-back",
    current_release: "100",
  });
});

test.concurrent("a container that an interrupted recreate left behind is removed first", async () => {
  const bench = before.copy();
  benches.push(bench);
  const left = {
    project: "hello-main",
    service: "web",
    name: "0123456789ab_hello_main_web",
    status: "created",
    image: "x",
    reference: "x",
    ports: "",
  };
  bench.container("c9", left);
  bench.container("c8", { ...left, project: "neighbour", name: "ba9876543210_neighbour_web" });
  bench.set("hook", `[[ "$*" != 'compose up '* ]] || rm -f "$STUB/containers/c8"`);
  expect((await bench.deploy({ release: 200, digest: B })).result.outcome).toBe("deployed");
  expect(bench.calls.filter((call) => call.startsWith("container rm"))).toEqual(["container rm c9"]);
});

test.concurrent("a take-over that was cut after the switch goes on", async () => {
  const bench = new ServerBench();
  benches.push(bench);
  bench.write("docker-compose.yml", "services: {}\n");
  await bench.deploy({ release: 100, digest: A });
  // As if it had died before the links: the old file is back, equal to release 0's.
  rmSync(join(bench.directory, "docker-compose.yml"));
  bench.write("docker-compose.yml", bench.read("current/docker-compose.yml"));
  expect((await bench.deploy({ release: 200, digest: B })).result.outcome).toBe("deployed");
  // But a file that says something else is somebody's work.
  rmSync(join(bench.directory, "docker-compose.yml"));
  bench.write("docker-compose.yml", "services: {mine: {}}\n");
  expect((await bench.deploy({ release: 300, digest: A })).result).toMatchObject({
    outcome: "refused",
    message: expect.stringMatching(/replaced by hand/),
  });
});

// Invariant: the lock is held by whatever still changes something, also when the worker is dead, and by nobody else.
test.concurrent("a killed worker's `compose up` is waited for, and its bundle does not stay", async () => {
  const bench = before.copy();
  benches.push(bench);
  const log = join(bench.stub, "order");
  bench.set(
    "hook",
    `if [[ "$*" == 'compose up '* ]]; then echo start >>${log}; if [[ ! -e $STUB/once ]]; then : >$STUB/once; kill -KILL "$(sed -n s/^pid=//p .tenantry/running)"; /bin/sleep 1.5; fi; echo end >>${log}; fi`,
  );
  const bundle = bench.bundle({ release: 200, digest: B, token: "x" });
  const cut = await bench.deployBundle(bundle);
  expect(cut.result.outcome).toBe("unknown");
  const next = await bench.deploy({ release: 200, digest: B, attempt: 2 });
  expect(next.result.outcome).toMatch(/deployed/);
  expect(next.stderr).toContain("waiting for another deploy");
  expect(readFileSync(log, "utf8")).toBe("start\nend\nstart\nend\n");
  expect(existsSync(bundle)).toBe(false);
});

test.concurrent("the same release attaches, another one waits and then deploys", async () => {
  const bench = before.copy();
  benches.push(bench);
  bench.set("hook", `[[ "$*" != 'pull '* ]] || { : >"$STUB/pulling"; /bin/sleep 1; }`);
  const first = bench.deploy({ release: 200, digest: B });
  while (!existsSync(join(bench.stub, "pulling"))) await wait(20);
  const [same, other] = await Promise.all([
    bench.deploy({ release: 200, digest: B, attempt: 2 }),
    bench.deploy({ release: 300, digest: A }),
  ]);
  expect((await first).result.outcome).toBe("deployed");
  expect(same.stderr).toContain("watching that");
  expect(same.result).toMatchObject({ outcome: "deployed", request: "200-1" });
  expect(other.stderr).toContain("waiting for another deploy");
  expect(other.result).toMatchObject({ outcome: "deployed", from_release: "200" });
});

test.concurrent("the connection's end does not end the worker, and a follower holds no lock", async () => {
  const bench = before.copy();
  benches.push(bench);
  bench.set("hook", `[[ "$*" != 'pull '* ]] || { : >"$STUB/pulling"; /bin/sleep 0.5; }`);
  const bundle = bench.bundle({ release: 200, digest: B });
  const front = spawn("bash", [join(bundle, "server.sh"), "deploy", bundle], { env: bench.env(), stdio: "ignore" });
  while (!existsSync(join(bench.stub, "pulling"))) await wait(20);
  front.kill("SIGKILL");
  const next = await bench.deploy({ release: 200, digest: B, attempt: 2 });
  expect(next.result).toMatchObject({ outcome: "deployed", request: "200-1" });
});

test.concurrent("a lock that stays taken is `locked`, and a stale note does not fool anybody", async () => {
  const bench = before.copy();
  const short = new ServerBench({ seconds: { lock: 1 } });
  benches.push(bench, short);
  Object.assign(bench, { script: short.script });
  const lock = join(bench.directory, ".tenantry/lock");
  const holder = spawn("flock", [lock, "/bin/sleep", "30"], { stdio: "ignore", detached: true });
  await wait(200);
  // A note whose number belongs to another program by now.
  writeFileSync(
    join(bench.directory, ".tenantry/running"),
    `pid=${process.pid}\nrequest=200-1\nrelease=200\ndigest=${B}\nbundle=/dev/shm/tenantry.0123456789\n`,
  );
  const result = await bench.deploy({ release: 200, digest: B });
  process.kill(-(holder.pid as number), "SIGKILL");
  expect(result).toMatchObject({ code: 20, result: { outcome: "locked" } });
});
