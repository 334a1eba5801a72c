import { app, build } from "../src/index.ts";

/** OpenClaw: one gateway a tenant, with its state in the account's home. */
export const openclaw = app("openclaw", {
  compose: "openclaw/docker-compose.yml",
  image: build({
    repository: "ghcr.io/nikolasp98/openclaw",
    // A browser for the gateway. Part of the image, so it is said here and not in a server's .env.
    args: { OPENCLAW_DOCKER_APT_PACKAGES: "chromium fonts-liberation fonts-noto-color-emoji" },
  }),
  // The gateway locks its state directory: a second one on the same state ends at once.
  instances: "one",
  ports: { gateway: 18789, bridge: 18790 },
  health: { port: "gateway", path: "/health" },
  containers: { "openclaw-gateway": "gw", "openclaw-cli": "cli" },
  data: {
    config: {
      directory: ".openclaw-{env}",
      mount: "/home/node/.openclaw",
      subdirectories: ["agents", "canvas", "credentials", "devices", "identity", "media", "memory", "cron", "sessions"],
    },
    workspace: { directory: ".openclaw-{env}/workspace", mount: "/home/node/.openclaw/workspace" },
    gog: { directory: ".config/gogcli", mount: "/home/node/.config/gogcli" },
  },
  secrets: ["OPENCLAW_GATEWAY_TOKEN"],
  optionalSecrets: ["CLAUDE_AI_SESSION_KEY", "CLAUDE_WEB_SESSION_KEY", "CLAUDE_WEB_COOKIE", "OPENROUTER_API_KEY"],
  env: { OPENCLAW_ENV: "PRD" },
  // The gateway lets conversations end before it stops.
  drainSeconds: 300,
});
