import { app, fleet, prebuilt, server, single } from "../../../src/index.ts";

/** Somebody else's image by its digest, from a registry that the server is logged in to. A new digest is a deploy. */
export default fleet("tools", {
  repository: "example/tools",
  branch: "main",
  app: app("wiki", {
    compose: "docker-compose.yml",
    image: prebuilt({
      repository: "registry.example.com/tools/wiki",
      digest: "sha256:12a435ec8454c6d1c90a1d92812b09af11bee711fbe524d56a8f26ea7c5ccee8",
      platforms: ["linux/amd64", "linux/arm64"],
    }),
    ports: { web: 3000 },
    health: { port: "web", path: "/ready" },
    data: { pages: { directory: "wiki/pages", mount: "/pages", subdirectories: ["attachments"] } },
  }),
  phases: {
    single: single({
      tenant: "team",
      prefix: "team-wiki",
      deploymentPath: "/srv/wiki",
      data: { pages: "/srv/wiki-pages" },
    }),
  },
  active: "single",
  keepReleases: 1,
  tenants: {
    team: {
      on: server({
        host: "tools.example.com",
        user: "ops",
        port: 2022,
        hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPnTXUN3DTkJKmY+Zl6Crh2EqeDaPQ0QxAesraakDNKB"],
      }),
      env: { WIKI_TITLE: 'Who\'s "on call"? $5 & more' },
    },
  },
});
