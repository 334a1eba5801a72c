import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openclaw } from "../../servers/openclaw.ts";
import { compile } from "../../src/compile.ts";
import { readComposeFile } from "../../src/compose/read.ts";
import { build, direct, fleet, server, single } from "../../src/index.ts";
import { serverScript } from "../../src/scripts/server-script.ts";
import { checkedFleet } from "../support/checked-fleet.ts";
import { freePort } from "../support/free-port.ts";
import { tool } from "../support/tools.ts";
import { describeWithEngine } from "./bench/describe-with-engine.ts";
import { docker, SYSTEM_PATH, tryDocker } from "./bench/docker.ts";
import { type ImageRegistry, startImageRegistry } from "./bench/image-registry.ts";
import { type PushedImage, publish } from "./bench/images.ts";
import { type SshHost, startSshHost } from "./bench/ssh-host.ts";

// Invariant: wherever the worker and all that it started are killed, the way back is kept, and the next request ends with one healthy
// container of the release that it says. The engine is a real one: what it leaves behind half-done is what this is about.
// If this breaks, a server that lost its power in mid-deploy needs a person.

const COMPOSE = "servers/openclaw/docker-compose.yml";

interface Request {
  readonly release: number;
  readonly attempt?: number;
  readonly image: PushedImage;
}

interface Answer {
  readonly outcome: string;
  readonly log: string;
}

describeWithEngine("a worker that is killed with all that it started", () => {
  let registry: ImageRegistry;
  let host: SshHost;
  let directory: string;
  let project: string;
  let url: string;
  let files: Record<string, string>;
  let good: PushedImage[];
  let sick: PushedImage;
  let release = 100;

  beforeAll(async () => {
    registry = await startImageRegistry();
    host = await startSshHost();
    good = [
      await publish({ behaviour: "healthy", version: "even" }, registry),
      await publish({ behaviour: "healthy", version: "odd" }, registry),
    ];
    sick = await publish({ behaviour: "sick", version: "sick" }, registry);
    const ports = { gateway: await freePort(), bridge: await freePort() };
    ({ files, directory, project } = generated(host, registry, ports));
    url = `http://127.0.0.1:${ports.gateway}/version`;
    const prepared = await host.exec(`mkdir -p ${directory} && umask 077 && cat >${directory}/.env`, {
      input: "OPENCLAW_GATEWAY_TOKEN='a-real-token'\n",
    });
    expect(prepared.code, prepared.stderr).toBe(0);
    const first = await deploy({ release, image: good[0] as PushedImage });
    expect(first.outcome, first.log).toBe("deployed");
  }, 120_000);
  afterAll(async () => {
    const containers = await containersOf(project);
    if (containers.length > 0) await tryDocker(["rm", "--force", "--volumes", ...containers.map(({ id }) => id)]);
    await tryDocker(["network", "rm", `${project}_default`]);
    await host?.remove();
    await registry?.remove();
  }, 60_000);

  /** The request as the connection hands it over, run by the server's account. */
  function start({ release, attempt = 1, image }: Request): { child: ChildProcess; answer: Promise<Answer> } {
    const bundle = mkdtempSync("/dev/shm/tenantry.0000");
    const request = {
      request: `${release}-${attempt}`,
      release,
      digest: image.digest,
      person: "no",
      revision: "a".repeat(40),
    };
    const auth = Buffer.from(`${registry.user}:${registry.password}`).toString("base64");
    const all = {
      ...files,
      "request.conf": Object.entries(request)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(""),
      "login/config.json": JSON.stringify({ auths: { [registry.address]: { auth } } }),
    };
    mkdirSync(join(bundle, "login"));
    for (const [name, text] of Object.entries(all)) writeFileSync(join(bundle, name), text);
    for (const path of ["", "login", ...Object.keys(all)]) chownSync(join(bundle, path), host.uid, host.uid);
    const asUser = ["--reuid", String(host.uid), "--regid", String(host.uid), "--init-groups"];
    const child = spawn("setpriv", [...asUser, "bash", join(bundle, "server.sh"), "deploy", bundle], {
      cwd: "/",
      env: { PATH: SYSTEM_PATH, HOME: host.home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, log] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    const answer = once(child, "close").then(() => ({ outcome: /outcome=([a-z-]+)/.exec(stdout)?.[1] ?? "", log }));
    return { child, answer };
  }

  const deploy = (request: Request) => start(request).answer;

  /** Carries a request out, and kills the worker's whole session at the engine's n-th `event` in this project. */
  async function killedAt(event: string, count: number, request: Request): Promise<Answer> {
    const filters = [`label=com.docker.compose.project=${project}`, `event=${event}`].flatMap((one) => [
      "--filter",
      one,
    ]);
    const events = spawn(tool("docker"), ["events", ...filters, "--format", "{{.Action}}"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let seen = 0;
    events.stdout.on("data", () => {
      seen += 1;
      if (seen === count) killSession(join(directory, ".tenantry/running"));
    });
    const answer = await deploy(request);
    events.kill("SIGKILL");
    expect(seen, `${event} was not seen:\n${answer.log}`).toBeGreaterThanOrEqual(count);
    return answer;
  }

  const current = () => readlinkSync(join(directory, "current"));
  const healthy = () =>
    readdirSync(join(directory, "releases")).filter((name) =>
      readdirSync(join(directory, "releases", name)).includes("healthy"),
    );
  const tags = async () =>
    (await docker(["image", "ls", "--format", "{{.Tag}}", `${registry.address}/openclaw`]))
      .split("\n")
      .filter((tag) => tag.startsWith("tenantry-"))
      .map((tag) => tag.replace(`tenantry-${project}-`, ""))
      .sort();

  /** One container, running, with the name of the definition, and its version answers. */
  async function serves(image: PushedImage): Promise<void> {
    const containers = await containersOf(project);
    expect(containers.map(({ name, status }) => `${name} ${status}`)).toEqual([`${host.user}_PRD_gw running`]);
    expect((await (await fetch(url)).text()).trim()).toBe(image.variant.version);
  }

  test.each(["create", "die", "stop", "destroy", "start"])(
    "at %s of an update",
    async (event) => {
      const before = current();
      const image = good[(release / 10 + 1) % 2] as PushedImage;
      release += 10;
      const cut = await killedAt(event, 1, { release, image });
      expect(cut.outcome).toBe("unknown");
      expect(healthy()).toContain(before.replace("releases/", ""));
      const next = await deploy({ release, attempt: 2, image });
      expect(next.outcome, next.log).toBe("deployed");
      expect(current()).toBe(`releases/${release}`);
      await serves(image);
      expect(await tags()).toEqual(readdirSync(join(directory, "releases")).sort());
    },
    60_000,
  );

  test("in the middle of a rollback", async () => {
    const before = current();
    const image = good[(release / 10) % 2] as PushedImage;
    const sickRelease = release + 5;
    // The second container that is created is the old release's.
    const cut = await killedAt("create", 2, { release: sickRelease, image: sick });
    expect(cut.outcome).toBe("unknown");
    const next = await deploy({ release: sickRelease, attempt: 2, image: sick });
    expect(next.outcome, next.log).toBe("rolled-back");
    expect(current()).toBe(before);
    await serves(image);
  }, 60_000);
});

async function containersOf(project: string): Promise<{ id: string; name: string; status: string }[]> {
  const format = "{{.ID}} {{.Names}} {{.State}}";
  const lines = await docker([
    "ps",
    "--all",
    "--format",
    format,
    "--filter",
    `label=com.docker.compose.project=${project}`,
  ]);
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" "))
    .map(([id = "", name = "", status = ""]) => ({ id, name, status }));
}

/** Kills the worker of a note and all processes of its session: `timeout` makes groups of its own, so the group is not enough. */
function killSession(note: string): void {
  const worker = Number(/^pid=(\d+)$/m.exec(readFileSync(note, "utf8"))?.[1]);
  // Twice: one of them may have started another one meanwhile. The worker goes first, so that it starts no rollback.
  process.kill(worker, "SIGKILL");
  for (const pid of [...sessionOf(worker), ...sessionOf(worker)]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

function sessionOf(leader: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // After the command in brackets: state, parent, group, session.
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]) === leader;
      } catch {
        return false;
      }
    });
}

/** What the compiler makes of the shipped app for this server, with shorter waits. */
function generated(host: SshHost, registry: ImageRegistry, ports: { gateway: number; bridge: number }) {
  const on = server({ host: host.host, user: host.user, port: host.port, hostKeys: [host.hostKey()], via: direct() });
  const definition = fleet("production", {
    repository: "nikolasp98/openclaw",
    branch: "PRD",
    app: {
      ...openclaw,
      image: build({ repository: `${registry.address}/openclaw`, pull: "job-token" }),
      health: { ...openclaw.health, startSeconds: 5 },
      drainSeconds: 2,
    },
    phases: { single: single({ tenant: "acme", deploymentPath: `${host.home}/${host.user}-prd`, prefix: host.user }) },
    active: "single",
    tenants: { acme: { on, name: "acme-corp", ports } },
  });
  const checked = checkedFleet(definition);
  const text = readFileSync(join(import.meta.dirname, "../..", COMPOSE), "utf8");
  const { file: compose, problems } = readComposeFile(COMPOSE, text);
  if (compose === undefined || checked.single === undefined) throw new Error(JSON.stringify(problems));
  const artifacts = compile([{ fleet: checked, source: "servers/production.ts", compose, project: "" }]);
  const { app } = checked;
  const content = (end: string) => artifacts.find(({ path }) => path.endsWith(end))?.content ?? "";
  return {
    directory: checked.single.deploymentPath,
    project: checked.single.project,
    files: {
      "tenant.conf": content("single/acme/tenant.conf"),
      "docker-compose.override.yml": content("single/acme/docker-compose.override.yml"),
      "docker-compose.yml": text,
      "server.sh": serverScript(
        { ...checked, app: { ...app, health: { ...app.health, startSeconds: 1 } } },
        "servers/production.ts",
      ),
    } as Record<string, string>,
  };
}
