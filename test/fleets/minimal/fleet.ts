import { app, build, fleet, server, single } from "../../../src/index.ts";

/** The smallest fleet: one app, one server, one tenant. */
export default fleet("minimal", {
  repository: "example/hello",
  branch: "main",
  app: app("hello", {
    compose: "docker-compose.yml",
    image: build({ repository: "ghcr.io/example/hello" }),
    ports: { web: 8080 },
    health: { port: "web", path: "/" },
  }),
  phases: { single: single({ tenant: "demo" }) },
  tenants: {
    demo: {
      on: server({
        host: "hello.example.com",
        hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKcDeI+DIFZibXG3202AVSQ86v5BbReYzWNLkUPJB0tU"],
      }),
    },
  },
});
