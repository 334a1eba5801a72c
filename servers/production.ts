import { fleet, server, single, tailscale, unknown } from "../src/index.ts";
import { openclaw } from "./openclaw.ts";

// Host keys are pinned here, and until they are, every deploy to the server is refused. On the server, print
//   cat /etc/ssh/ssh_host_ed25519_key.pub
// and write the line in place of unknown(): hostKeys: ["ssh-ed25519 AAAA…"]. Not from ssh-keyscan: what comes over the network
// could be anybody's.
const usEast = server({
  name: "us-east",
  host: "100.105.147.99",
  user: "deploy",
  hostKeys: unknown(),
  region: "us-east",
  // The address is one of a tailnet: the runner joins it for the time of the job.
  via: tailscale(),
});

const usCentral = server({
  name: "us-central",
  host: "203.0.113.20",
  user: "deploy",
  hostKeys: unknown(),
  region: "us-central",
});

/** Whoever pushes to PRD deploys this. */
export default fleet("production", {
  repository: "nikolasp98/openclaw",
  branch: "PRD",
  app: openclaw,
  phases: { single: single({ tenant: "acme" }) },
  active: "single",
  tenants: {
    acme: {
      on: usEast,
      name: "acme-corp",
      // The gateway may use the server's Tailscale.
      env: { TAILSCALE_SOCKET: "/var/run/tailscale/tailscaled.sock", TAILSCALE_BINARY: "/usr/bin/tailscale" },
    },
    newtenant: { on: usCentral, name: "newtenant-corp" },
  },
});
