import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { describeWithEngine } from "./bench/describe-with-engine.ts";
import { docker, tryDocker } from "./bench/docker.ts";
import { type ImageRegistry, startImageRegistry } from "./bench/image-registry.ts";
import { type Behaviour, buildImage, type ImageVariant, publish } from "./bench/images.ts";
import { until } from "./bench/processes.ts";
import { countConnections, type SshHost, startSshHost } from "./bench/ssh-host.ts";

// Invariant: each part of the bench behaves as the real thing would.
// If this breaks, a rehearsal is green because its server, its image or its registry was none.

describeWithEngine("the bench", () => {
  describe("image registry", () => {
    let registry: ImageRegistry;
    beforeAll(async () => {
      registry = await startImageRegistry();
    });
    afterAll(() => registry.remove());

    test("takes and gives images with a login, and refuses both without", async () => {
      const image = await publish({ behaviour: "healthy", version: "1" }, registry);
      const reference = `${image.repository}@${image.digest}`;
      expect((await tryDocker(["pull", reference])).stderr).toMatch(/no basic auth credentials|unauthorized/);
      await docker(["pull", reference], { config: await registry.login() });
      expect((await docker(["inspect", "--format", "{{.Id}}", reference])).trim()).toBe(image.id);
      await docker(["tag", reference, `${registry.address}/other:1`]);
      expect((await tryDocker(["push", `${registry.address}/other:1`])).code).not.toBe(0);
    });

    test("refuses a wrong password", async () => {
      const args = ["login", "--username", registry.user, "--password-stdin", registry.address];
      const config = mkdtempSync(join(tmpdir(), "tenantry-login-"));
      const result = await tryDocker(args, { config, input: "wrong" });
      rmSync(config, { recursive: true });
      expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining("401") });
    });

    test("can be taken away, and has what it had when it is back", async () => {
      const image = await publish({ behaviour: "healthy", version: "2" }, registry);
      const pull = async () => tryDocker(["pull", `${image.repository}@${image.digest}`], { config: await config });
      const config = registry.login();
      await config;
      await registry.stop();
      expect((await pull()).stderr).toMatch(/connection refused/);
      await registry.start();
      expect(await pull()).toMatchObject({ code: 0 });
    });

    test("a version and a revision are part of an image's digest", async () => {
      const variants: ImageVariant[] = [
        { behaviour: "healthy", version: "3" },
        { behaviour: "healthy", version: "4" },
        { behaviour: "healthy", version: "4", revision: "a".repeat(40) },
      ];
      const digests: string[] = [];
      for (const variant of variants) digests.push((await publish(variant, registry)).digest);
      expect(new Set(digests).size).toBe(3);
      expect(digests).toEqual(digests.map(() => expect.stringMatching(/^sha256:[0-9a-f]{64}$/)));
    });
  });

  describe("images", () => {
    const started: string[] = [];
    const folders: string[] = [];
    afterEach(async () => {
      if (started.length > 0) await docker(["rm", "--force", "--volumes", ...started.splice(0)]);
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    });

    /** As the app's compose file runs it. */
    async function start(variant: ImageVariant, options: readonly string[] = []) {
      const image = await buildImage(variant);
      const port = await freePort();
      const publishPort = ["--publish", `127.0.0.1:${port}:18789`];
      const command = ["node", "openclaw.mjs", "gateway", "--bind", "lan", "--port", "18789"];
      const id = (await docker(["run", "--detach", ...publishPort, ...options, image.id, ...command])).trim();
      started.push(id);
      return { id, get: (path: string) => get(`http://127.0.0.1:${port}${path}`) };
    }

    async function get(url: string): Promise<{ status: number; text: string } | undefined> {
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
        return { status: response.status, text: await response.text() };
      } catch {
        return undefined; // docker's proxy accepts before the app listens, and cuts the connection
      }
    }

    const stateOf = async (id: string) =>
      (await docker(["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", id])).trim();

    test.for<{ behaviour: Behaviour; health: number }>([
      { behaviour: "healthy", health: 200 },
      { behaviour: "sick", health: 404 },
      { behaviour: "ignores-term", health: 200 },
    ])("$behaviour serves its version, and /health answers $health", async ({ behaviour, health }) => {
      const app = await start({ behaviour, version: "1.2" });
      expect(await until(async () => (await app.get("/version")) !== undefined, 10)).toBe(true);
      expect(await app.get("/version")).toEqual({ status: 200, text: "1.2" });
      expect((await app.get("/health"))?.status).toBe(health);
      expect(await stateOf(app.id)).toBe("running 0");
    });

    test("crash ends with code 1", async () => {
      const app = await start({ behaviour: "crash", version: "1" });
      expect(await until(async () => (await stateOf(app.id)) === "exited 1", 10)).toBe(true);
    });

    test("slow answers nothing before its time", async () => {
      const from = Date.now();
      const app = await start({ behaviour: "slow", version: "1", startSeconds: 2 });
      expect(await until(async () => (await app.get("/health"))?.status === 200, 10)).toBe(true);
      expect(Date.now() - from).toBeGreaterThan(2000);
    });

    test.for<{ title: string; variant: ImageVariant; options: string[]; atLeast: number; atMost: number }>([
      { title: "ends at once", variant: { behaviour: "healthy", version: "1" }, options: [], atLeast: 0, atMost: 2 },
      {
        title: "ends at once below docker's init",
        variant: { behaviour: "healthy", version: "1" },
        options: ["--init"],
        atLeast: 0,
        atMost: 2,
      },
      {
        title: "ends at once while it still boots",
        variant: { behaviour: "slow", version: "1", startSeconds: 30 },
        options: [],
        atLeast: 0,
        atMost: 2,
      },
      {
        title: "has to be killed",
        variant: { behaviour: "ignores-term", version: "1" },
        options: [],
        atLeast: 3,
        atMost: 6,
      },
      {
        title: "has to be killed below docker's init",
        variant: { behaviour: "ignores-term", version: "1" },
        options: ["--init"],
        atLeast: 3,
        atMost: 6,
      },
    ])("$variant.behaviour $title when it is asked to end", async ({ variant, options, atLeast, atMost }) => {
      const app = await start(variant, options);
      await until(async () => (await docker(["logs", app.id])).includes("starts as 1000"), 10);
      const from = Date.now();
      await docker(["stop", "--time", "3", app.id]);
      const seconds = (Date.now() - from) / 1000;
      expect(seconds).toBeGreaterThanOrEqual(atLeast);
      expect(seconds).toBeLessThan(atMost);
    });

    test("the app leaves root with the capabilities it needs, and fails without one of them", async () => {
      const needed = ["CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER"];
      const give = (names: string[]) => ["--cap-drop", "ALL", ...names.flatMap((name) => ["--cap-add", name])];
      const app = await start({ behaviour: "healthy", version: "1" }, give(needed));
      expect(await until(async () => (await app.get("/health"))?.status === 200, 10)).toBe(true);
      const other = await start(
        { behaviour: "healthy", version: "1" },
        give(needed.filter((name) => name !== "SETUID")),
      );
      expect(await until(async () => (await stateOf(other.id)).startsWith("exited"), 10)).toBe(true);
    });

    test("state goes forward only", async () => {
      const folder = mkdtempSync(join(tmpdir(), "tenantry-state-"));
      folders.push(folder);
      const outcomes: string[] = [];
      for (const [version, stateFormat] of [
        ["1", 1],
        ["2", 2],
        ["1", 1],
      ] as const) {
        const app = await start({ behaviour: "healthy", version, stateFormat }, [
          "--volume",
          `${folder}:/home/node/.openclaw`,
        ]);
        await until(
          async () => (await app.get("/health")) !== undefined || (await stateOf(app.id)).startsWith("exited"),
          10,
        );
        outcomes.push(await stateOf(app.id));
        await docker(["rm", "--force", app.id]);
      }
      expect(outcomes).toEqual(["running 0", "running 0", "exited 1"]);
    });

    test("a health check written for node works inside the container", async () => {
      const app = await start({ behaviour: "sick", version: "1" });
      const probe = (path: string) =>
        tryDocker([
          "exec",
          app.id,
          "node",
          "-e",
          `fetch("http://127.0.0.1:18789${path}").then((r) => process.exit(r.ok ? 0 : 1))`,
        ]);
      expect(await until(async () => (await probe("/version")).code === 0, 10)).toBe(true);
      expect((await probe("/health")).code).toBe(1);
    });

    test("the bridge port serves too", async () => {
      const app = await start({ behaviour: "healthy", version: "7" });
      const bridge = () => tryDocker(["exec", app.id, "wget", "-q", "-O", "-", "http://127.0.0.1:18790/version"]);
      expect(await until(async () => (await bridge()).stdout === "7", 10)).toBe(true);
    });
  });

  describe("SSH host", () => {
    let host: SshHost;
    beforeAll(async () => {
      host = await startSshHost();
    });
    afterAll(() => host.remove());

    test("runs commands as its user, with the system's docker and its Compose", async () => {
      expect(await host.exec("id -un; pwd; command -v docker")).toEqual({
        code: 0,
        stdout: `${host.user}\n${host.home}\n/usr/bin/docker\n`,
        stderr: "",
      });
      const server = await docker(["version", "--format", "{{.Server.Version}}"]);
      expect(await host.exec("docker version --format '{{.Server.Version}}'")).toMatchObject({
        code: 0,
        stdout: server,
      });
      expect((await host.exec("docker compose version --short")).stdout).toMatch(/^2\.(2[4-9]|[3-9]\d)\./);
    });

    test("passes on exit codes and input", async () => {
      expect(await host.exec("cat; exit 7", { input: "text" })).toEqual({ code: 7, stdout: "text", stderr: "" });
    });

    test("counts connections, and those that did not log in apart", async () => {
      const before = host.connections();
      await host.exec("true");
      await fetch(`http://${host.host}:${host.port}/`).catch(() => {});
      await until(() => host.connections().opened === before.opened + 2, 5);
      expect(host.connections()).toEqual({ opened: before.opened + 2, accepted: before.accepted + 1 });
    });

    test("with another host key a client that has pinned the old one is refused", async () => {
      const old = host.hostKey();
      const rotated = await host.rotateHostKey();
      expect(rotated).toMatch(/^ssh-ed25519 AAAA\S+$/);
      expect(rotated).not.toBe(old);
      expect(await host.exec("true")).toMatchObject({ code: 0 }); // pins the new one
      expect(await host.exec("true", { hostKey: old })).toMatchObject({
        code: 255,
        stderr: expect.stringContaining("Host key verification failed"),
      });
    });

    test("a dropped connection ends the client, and a detached process lives on", async () => {
      const running = host.exec("setsid sleep 300 >/dev/null 2>&1 </dev/null & echo started; sleep 300");
      expect(await until(() => host.processes().filter((command) => command === "sleep 300").length === 2, 10)).toBe(
        true,
      );
      host.dropConnections();
      expect(await running).toMatchObject({ code: 255, stdout: "started\n" });
      expect(host.processes()).toContain("sleep 300");
      expect(await host.exec("true")).toMatchObject({ code: 0 });
    });

    test("frozen it neither refuses nor answers; away it refuses", async () => {
      host.freeze();
      await expect(host.exec("true", { timeoutSeconds: 1 })).rejects.toThrow(/longer than 1 s/);
      host.thaw();
      expect(await host.exec("true")).toMatchObject({ code: 0 });
      await host.stopSshd();
      expect(await host.exec("true")).toMatchObject({ code: 255, stderr: expect.stringContaining("refused") });
      await host.startSshd();
      expect(await host.exec("true")).toMatchObject({ code: 0 });
    });

    test("takes user, processes and files with it", async () => {
      const other = await startSshHost({ docker: false });
      expect((await other.exec("docker version")).stderr).toMatch(/permission denied/);
      await other.exec("setsid sleep 300 >/dev/null 2>&1 </dev/null &");
      await other.remove();
      expect(other.processes()).toEqual([]);
      expect(existsSync(other.home)).toBe(false);
      expect(readFileSync("/etc/passwd", "utf8")).not.toContain(other.user);
    });
  });
});

test("connections are counted in what sshd logs", () => {
  const log = [
    "Server listening on 127.0.0.1 port 1.",
    'Connection from 127.0.0.1 port 5 on 127.0.0.1 port 1 rdomain ""',
    "Accepted key ED25519 SHA256:x found at /home/deploy/.ssh/authorized_keys:1",
    "Accepted publickey for deploy from 127.0.0.1 port 5 ssh2: ED25519 SHA256:x",
    'Connection from 127.0.0.1 port 6 on 127.0.0.1 port 1 rdomain ""',
    "Connection closed by 127.0.0.1 port 6 [preauth]",
  ];
  expect(countConnections(log.join("\n"))).toEqual({ opened: 2, accepted: 1 });
});
