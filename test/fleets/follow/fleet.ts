import { app, fleet, follow, server, single } from "../../../src/index.ts";

/** The image comes from a release workflow that the fleet does not own. */
export default fleet("production", {
  repository: "example/shop",
  branch: "release",
  app: app("shop", {
    compose: "docker-compose.yml",
    image: follow({
      repository: "ghcr.io/example/shop",
      workflow: "Docker Release",
      tag: "prd-{sha}",
      waitMinutes: 90,
    }),
    ports: { web: 8080 },
    health: { port: "web", path: "/up", status: 204 },
    optionalSecrets: ["SHOP_MAIL_PASSWORD"],
  }),
  phases: { single: single({ tenant: "north" }) },
  active: "single",
  tenants: {
    north: {
      on: server({
        host: "shop.example.com",
        hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII2QAdMsanA9lZIadxFQUPM92CPT8XML01IV3L7K1twg"],
      }),
      ports: { web: 9080 },
    },
  },
});
