import { app, build, direct, fleet, multi, server, single } from "../../../src/index.ts";

/** An installation that was set up by hand before: its directories, container names and .env stay as they are. */
export default fleet("production", {
  repository: "example/minion",
  branch: "main",
  app: app("minion", {
    compose: "docker-compose.yml",
    image: build({ repository: "ghcr.io/example/minion" }),
    ports: { gateway: 18789, bridge: 18790 },
    health: { port: "gateway", path: "/health" },
    containers: { "minion-gateway": "gw", "minion-cli": "cli" },
    data: {
      config: { directory: ".minion", mount: "/home/node/.minion" },
      workspace: { directory: ".minion/workspace", mount: "/home/node/.minion/workspace" },
    },
    secrets: ["MINION_GATEWAY_TOKEN"],
    optionalSecrets: ["OPENROUTER_API_KEY"],
  }),
  phases: {
    single: single({
      tenant: "bernibites",
      deploymentPath: "/home/bot-prd/minion",
      data: { config: "/home/bot-prd/.minion", workspace: "/home/bot-prd/.minion/workspace" },
    }),
    multi: multi(),
  },
  active: "single",
  tenants: {
    bernibites: {
      on: server({
        host: "bernibites",
        user: "bot-prd",
        hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIErH8hDWlEV3vCe5b4CvmLdlQUAXtPeak5kkFHdBjCYF"],
        region: "us-east",
        // A self-hosted runner in the same network.
        via: direct(),
      }),
      id: "prd-tenant-bernibites",
      containers: { "minion-gateway": "minion_prd_bernibites_gw", "minion-cli": "minion_prd_bernibites_cli" },
      deploymentPath: "/home/bot-prd/minion",
      data: { config: "/home/bot-prd/.minion", workspace: "/home/bot-prd/.minion/workspace" },
    },
  },
});
