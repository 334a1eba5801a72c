import { app, build, fleet, server, single } from "../../../../../src/index.ts";

/** The app has its own package manager; Tenantry keeps to deploy/, and to .github/ at the repository's root. */
export default fleet("production", {
  repository: "example/guestbook",
  branch: "PRD",
  app: app("guestbook", {
    compose: "guestbook/docker-compose.yml",
    image: build({ repository: "ghcr.io/example/guestbook" }),
    instances: "many",
    ports: { web: 8080 },
    health: { port: "web", path: "/" },
  }),
  phases: { single: single({ tenant: "hotel" }) },
  active: "single",
  tenants: {
    hotel: {
      on: server({
        host: "guestbook.example.com",
        hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG/RvlHMHXF4VhkxCgKpRM928o46sACiSbCxmHfv4fKI"],
      }),
    },
  },
});
