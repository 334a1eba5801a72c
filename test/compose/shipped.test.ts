import { expect, test } from "vitest";
import { expectations } from "../../src/compose/pins.ts";
import { allFields } from "../../src/compose/read.ts";
import { textsOf } from "../../src/compose/values.ts";
import { parseTemplate, referencesOf } from "../../src/compose/variables.ts";
import type { Installation } from "../../src/fleet/installation.ts";
import { composeConfig, envLines, load, needsCompose } from "./support.ts";

// Invariant: the app's compose file serves an operator who has nothing but it and a .env, with the names that installations have today.
// If this breaks, a first start by hand is impossible, or adopting an existing installation moves its data.

const operatorsEnv = {
  OPENCLAW_IMAGE: "ghcr.io/nikolasp98/openclaw:prd",
  OPENCLAW_GATEWAY_CONTAINER_NAME: "openclaw_PRD_gw",
  OPENCLAW_CLI_CONTAINER_NAME: "openclaw_PRD_cli",
  OPENCLAW_ENV: "PRD",
  OPENCLAW_CONFIG_DIR: "/home/deploy/.openclaw-prd",
  OPENCLAW_WORKSPACE_DIR: "/home/deploy/.openclaw-prd/workspace",
  OPENCLAW_GOG_CONFIG_DIR: "/home/deploy/.config/gogcli",
  OPENCLAW_GATEWAY_PORT: "18789",
  OPENCLAW_BRIDGE_PORT: "18790",
  OPENCLAW_GATEWAY_BIND: "lan",
  OPENCLAW_GATEWAY_TOKEN: "t",
  CLAUDE_AI_SESSION_KEY: "a",
  CLAUDE_WEB_SESSION_KEY: "b",
  CLAUDE_WEB_COOKIE: "c",
  OPENCLAW_DOCKER_APT_PACKAGES: "chromium fonts-liberation fonts-noto-color-emoji",
  TAILSCALE_SOCKET: "/var/run/tailscale/tailscaled.sock",
  TAILSCALE_BINARY: "/usr/bin/tailscale",
};

test("every line of the operator's .env is read", async () => {
  const { compose } = await load("servers/production.ts");
  const read = new Set(
    textsOf(allFields(compose)).flatMap((text) => referencesOf(parseTemplate(text)).map(({ name }) => name)),
  );
  expect(Object.keys(operatorsEnv).filter((name) => !read.has(name))).toEqual([]);
});

test("the operator's .env agrees with the definition", async () => {
  const { fleet, compose, installations } = await load("servers/production.ts");
  const found = expectations(fleet, installations[0] as Installation, compose);
  const env: Record<string, string> = operatorsEnv;
  const disagreeing = found.filter(({ variable, value, as }) =>
    as === "image" ? !env[variable]?.startsWith(`${value}:`) : env[variable] !== undefined && env[variable] !== value,
  );
  expect(disagreeing).toEqual([]);
  // All that the overlay pins is in that .env, but for the platform, which the file has a default for.
  expect(found.map(({ variable }) => variable).filter((name) => !(name in env))).toEqual(["OPENCLAW_DOCKER_PLATFORM"]);
});

test("it starts by itself, beside the operator's .env", async (context) => {
  await needsCompose(context);
  const { compose } = await load("servers/production.ts");
  const { stderr, model } = await composeConfig({ "docker-compose.yml": compose.text, ".env": envLines(operatorsEnv) });
  expect(stderr).toBe("");
  const gateway = model.services["openclaw-gateway"];
  expect(gateway).toMatchObject({
    image: "ghcr.io/nikolasp98/openclaw:prd",
    container_name: "openclaw_PRD_gw",
    command: ["node", "openclaw.mjs", "gateway", "--bind", "lan", "--port", "18789"],
    init: true,
    restart: "unless-stopped",
  });
  expect(
    gateway.ports.map(({ published, target }: { published: string; target: number }) => [published, target]),
  ).toEqual([
    ["18789", 18789],
    ["18790", 18790],
  ]);
  expect(gateway.environment).toMatchObject({
    OPENCLAW_ENV: "PRD",
    OPENCLAW_GATEWAY_TOKEN: "t",
    OPENROUTER_API_KEY: "",
  });
  expect(model.services["openclaw-cli"]).toMatchObject({
    container_name: "openclaw_PRD_cli",
    profiles: ["cli"],
    tty: true,
    stdin_open: true,
  });
});

test("without Tailscale and every other optional line it needs the token alone", async (context) => {
  await needsCompose(context);
  const { compose } = await load("servers/production.ts");
  const bare = await composeConfig({
    "docker-compose.yml": compose.text,
    ".env": envLines({ OPENCLAW_GATEWAY_TOKEN: "t" }),
  });
  expect(bare.stderr).toBe("");
  const sources = bare.model.services["openclaw-gateway"].volumes.map(({ source }: { source: string }) => source);
  expect(sources.slice(3)).toEqual(["/dev/null", "/dev/null"]);
  const none = await composeConfig({ "docker-compose.yml": compose.text, ".env": "" });
  expect(none.code).not.toBe(0);
  expect(none.stderr).toMatch(/OPENCLAW_GATEWAY_TOKEN/);
});
