import { app, bastion, build, fleet, secret, server, single } from "../../../src/index.ts";

/** An arm64 server in a private network: behind a jump host, its address held by a secret, its image built for two
 * platforms, each on a native runner. */
export default fleet("edge", {
  repository: "example/sensors",
  branch: "edge",
  app: app("sensors", {
    compose: "docker-compose.yml",
    image: build({
      repository: "ghcr.io/example/sensors",
      context: "services/sensors",
      // Developers run the same image on their own machines.
      platforms: ["linux/amd64", "linux/arm64"],
      nativeRunners: { "linux/arm64": "ubuntu-24.04-arm" },
    }),
    ports: { web: 8080 },
    health: { port: "web", path: "/healthz", startSeconds: 120 },
    data: { readings: { directory: "readings", mount: "/var/lib/sensors" } },
    secrets: ["SENSORS_TOKEN"],
    env: { SENSORS_INTERVAL: "30s" },
  }),
  phases: { single: single({ tenant: "barn" }) },
  active: "single",
  public: true,
  tenants: {
    barn: {
      on: server({
        name: "barn",
        host: secret("SSH_HOST"),
        user: "deploy",
        port: secret("SSH_PORT"),
        hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQ6fs46NivkSp6t3dZvySe41ZLCIGBZW1stLiDL0ivp"],
        platform: "linux/arm64",
        region: "on-premises",
        via: bastion({
          host: "jump.example.com",
          user: "jump",
          port: 2222,
          hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGva9VTkICm9Db7pRx60il82JiE8mFmlgSCmHGKs5Mlo"],
        }),
      }),
    },
  },
});
