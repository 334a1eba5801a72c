import { readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DeployBench, startDeployBench } from "./bench/deploy-bench.ts";
import { describeWithEngine } from "./bench/describe-with-engine.ts";
import { docker, tryDocker } from "./bench/docker.ts";
import { type ImageRegistry, startImageRegistry } from "./bench/image-registry.ts";
import { publish } from "./bench/images.ts";

// Invariant: a server that was prepared by hand is taken over without losing what runs there: it is the way back.
// If this breaks, the first automatic deploy leaves an owner with nothing to return to.

describeWithEngine("a server that was prepared by hand, with the owner's names", () => {
  let registry: ImageRegistry;
  let bench: DeployBench;
  const moved = "";
  beforeAll(async () => {
    registry = await startImageRegistry();
    bench = await startDeployBench({ registry, ownersNames: true });
    await publish({ behaviour: "healthy", version: "by-hand" }, registry, { tag: "prd" });
  }, 120_000);
  afterAll(async () => {
    await bench?.remove();
    if (moved !== "") await tryDocker(["rmi", moved]);
    await registry?.remove();
  }, 60_000);

  /** Steps 3 to 6 of the owner's server preparation, as written there, with this bench's registry and user. */
  async function prepareByHand(): Promise<void> {
    const { home } = bench.host;
    const script = `set -e
mkdir -p ~/openclaw-prd
cd ~/openclaw-prd
mkdir -p ~/.openclaw-prd/{workspace,agents,canvas,credentials,devices,identity,media,memory,cron,sessions}
mkdir -p ~/.config/gogcli
cat > ~/openclaw-prd/.env <<'EOF'
# Docker Configuration
OPENCLAW_IMAGE=${registry.address}/openclaw:prd
OPENCLAW_GATEWAY_CONTAINER_NAME=openclaw_PRD_gw
OPENCLAW_CLI_CONTAINER_NAME=openclaw_PRD_cli
OPENCLAW_ENV=PRD

# Paths (using deploy user's home)
OPENCLAW_CONFIG_DIR=${home}/.openclaw-prd
OPENCLAW_WORKSPACE_DIR=${home}/.openclaw-prd/workspace
OPENCLAW_GOG_CONFIG_DIR=${home}/.config/gogcli

# Network Configuration
OPENCLAW_GATEWAY_PORT=18789
OPENCLAW_BRIDGE_PORT=18790
OPENCLAW_GATEWAY_BIND=lan

# Authentication (REPLACE WITH SECURE VALUES)
OPENCLAW_GATEWAY_TOKEN=c2VjdXJlLXRva2Vu
CLAUDE_AI_SESSION_KEY=REPLACE_WITH_YOUR_KEY
CLAUDE_WEB_SESSION_KEY=REPLACE_WITH_YOUR_KEY
CLAUDE_WEB_COOKIE=REPLACE_WITH_YOUR_COOKIE

# Optional: Browser support
OPENCLAW_DOCKER_APT_PACKAGES=chromium fonts-liberation fonts-noto-color-emoji
EOF
docker login --username ${registry.user} --password-stdin ${registry.address}
cat > docker-compose.yml
docker compose pull
docker compose up -d
docker compose ps`;
    const compose = await import("node:fs").then(({ readFileSync }) =>
      readFileSync(join(import.meta.dirname, "../../servers/openclaw/docker-compose.yml"), "utf8"),
    );
    // The login reads the password, then the file follows on the same input: first line, rest.
    const command = script
      .replace("--password-stdin", '--password "$password"')
      .replace("set -e\n", "set -e\nread -r password\n");
    const result = await bench.host.exec(command, { input: `${registry.password}\n${compose}` });
    expect(result.code, result.stderr).toBe(0);
    await expect.poll(() => bench.ask("/version"), { timeout: 20_000 }).toBe("by-hand");
  }

  test("steps 3 to 6 of the owner's preparation end with a gateway that serves", async () => {
    await prepareByHand();
    expect(await bench.ask("/health")).toBe("ok");
  }, 120_000);

  test("the first deploy, of a sick image, goes back to what was made by hand, even after its tag has moved", async () => {
    await bench.commit({ behaviour: "sick", version: "sick" });
    // Somebody pushes and pulls another image under the same tag; the container that runs is the truth.
    await publish({ behaviour: "sick", version: "moved" }, registry, { tag: "prd" });
    await bench.host.exec(`cd ~/openclaw-prd && docker compose pull`);
    const { outcome, run } = await bench.deploy({ runId: 2001 });
    expect(outcome, run.log).toBe("rolled-back");
    expect(await bench.ask("/version")).toBe("by-hand");
    expect(readlinkSync(join(bench.directory, "current"))).toBe("releases/0");
    expect(run.log).toContain("CLAUDE_AI_SESSION_KEY in .env is still a placeholder");
  }, 120_000);

  test("a good image is deployed over it, under the owner's names", async () => {
    await bench.commit({ behaviour: "healthy", version: "1" });
    const { outcome, run } = await bench.deploy({ runId: 2010 });
    expect(outcome, run.log).toBe("deployed");
    expect(await bench.ask("/version")).toBe("1");
    const names = await docker([
      "ps",
      "--format",
      "{{.Names}}",
      "--filter",
      `label=com.docker.compose.project=openclaw-prd`,
    ]);
    expect(names.trim()).toBe("openclaw_PRD_gw");
    expect(bench.directory).toBe(`${bench.host.home}/openclaw-prd`);
  }, 120_000);

  test("the owner's commands act on the current release", async () => {
    const inDirectory = async (command: string) => {
      const result = await bench.host.exec(`cd ~/openclaw-prd && ${command}`, { timeoutSeconds: 60 });
      expect(result.code, `${command}: ${result.stderr}`).toBe(0);
      return result.stdout;
    };
    const running = () =>
      docker(["container", "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "openclaw_PRD_gw"]);
    expect(await inDirectory("docker compose ps --format '{{.Name}} {{.State}}'")).toBe("openclaw_PRD_gw running\n");
    expect(await inDirectory("docker compose logs --tail=50 openclaw-gateway")).toContain("stand-in 1 (healthy)");
    const before = await running();
    await inDirectory("docker compose up -d");
    expect(await running(), "up -d restarts nothing").toBe(before);
    await inDirectory("docker compose down");
    expect(await bench.ask("/health")).toBe("");
    await inDirectory("docker compose up -d");
    await expect.poll(() => bench.ask("/version"), { timeout: 20_000 }).toBe("1");
    expect(await inDirectory("docker ps --format '{{.Names}}' | grep openclaw_PRD")).toBe("openclaw_PRD_gw\n");
    expect(await inDirectory("curl -fsS http://localhost:18789/health")).toBe("ok\n");
  }, 120_000);

  test("after a restart by hand the same run is still unchanged", async () => {
    const { outcome, run } = await bench.deploy({ runId: 2020 });
    expect(outcome, run.log).toBe("unchanged");
  }, 120_000);
});
