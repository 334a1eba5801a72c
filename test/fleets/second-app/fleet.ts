import { app, build, fleet, multi, server, single } from "../../../src/index.ts";

const shared = server({
  name: "shared",
  host: "board.example.com",
  hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIWRabOBhXgNqlSXmD/yDSmUOQBY2KcfKEeseEb5cJce"],
  region: "eu-north",
});

/** An app of another kind: a web service of which two may run at once, beside a database that keeps the state. */
export default fleet("boards", {
  repository: "example/board",
  branch: "production",
  app: app("board", {
    compose: "compose/docker-compose.yml",
    image: build({ repository: "ghcr.io/example/board", dockerfile: "docker/Dockerfile", platforms: ["linux/amd64"] }),
    instances: "many",
    ports: { web: 8000 },
    health: { port: "web", path: "/health/ready", startSeconds: 30 },
    containers: { "board-db": "db" },
    data: { database: { directory: "board/{env}", mount: "/var/lib/postgresql/data" } },
    secrets: ["BOARD_DB_PASSWORD"],
    env: { BOARD_WORKERS: "4" },
  }),
  phases: { single: single({ tenant: "red" }), multi: multi({ maxParallel: 2 }) },
  active: "single",
  rollout: [{ canary: ["red"] }, { rest: { maxParallel: 1, stopAfterFailures: 1 } }],
  tenants: {
    red: { on: shared, name: "Red Ltd" },
    blue: { on: shared, ports: { web: 8001 }, env: { BOARD_WORKERS: "8" } },
  },
});
