import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SYSTEM_PATH } from "../../test/rehearsal/bench/docker.ts";
import type { ImageRegistry } from "../../test/rehearsal/bench/image-registry.ts";
import { publish } from "../../test/rehearsal/bench/images.ts";
import type { SshHost } from "../../test/rehearsal/bench/ssh-host.ts";
import { freePort } from "../../test/support/free-port.ts";
import { scratchFolder, writeFiles } from "../../test/support/scratch.ts";
import type { Contender } from "./contender.ts";
import { moveTag } from "./move-tag.ts";
import { removeImages, removeProject } from "./remove.ts";
import { runScript } from "./run-script.ts";

const SCRIPT = join(import.meta.dirname, "hand-written.sh");
const COMPOSE_FILE = join(import.meta.dirname, "../../servers/openclaw/docker-compose.yml");
const NAME = "openclaw-by-hand";

/**
 * The installation of somebody who deploys by a workflow of their own. Prepared by hand: directories, `.env`, and a login
 * to the image registry that stays on the server.
 */
export async function handWritten(host: SshHost, registry: ImageRegistry): Promise<Contender> {
  const [gateway, bridge] = [await freePort(), await freePort()];
  const project = `${host.user}-by-hand`;
  const directory = `${host.home}/${project}`;
  const image = `${registry.address}/${NAME}`;
  const container = `${host.user}_by_hand_gw`;
  const folder = scratchFolder("hand-written");
  const data = `${host.home}/.openclaw-by-hand`;
  const env = {
    OPENCLAW_IMAGE: `${image}:prd`,
    OPENCLAW_GATEWAY_CONTAINER_NAME: container,
    OPENCLAW_CLI_CONTAINER_NAME: `${host.user}_by_hand_cli`,
    OPENCLAW_CONFIG_DIR: data,
    OPENCLAW_WORKSPACE_DIR: `${data}/workspace`,
    OPENCLAW_GOG_CONFIG_DIR: `${data}/gogcli`,
    OPENCLAW_GATEWAY_PORT: gateway,
    OPENCLAW_BRIDGE_PORT: bridge,
    OPENCLAW_GATEWAY_TOKEN: "a-token",
  };
  const lines = Object.entries(env).map(([key, value]) => `${key}=${value}\n`);
  await onServer(host, `mkdir -p ${directory} ${data}/workspace ${data}/gogcli`);
  await onServer(host, `cat >${directory}/.env`, lines.join(""));
  await onServer(
    host,
    `docker login --username ${registry.user} --password-stdin ${registry.address}`,
    registry.password,
  );
  writeFiles(folder, { known_hosts: `server ${host.hostKey()}\n`, config: sshConfig(folder, host) });
  writeFileSync(join(folder, "key"), host.privateKey, { mode: 0o600 });

  return {
    url: `http://127.0.0.1:${gateway}/health`,
    project,
    prepare: async ({ version, startSeconds }) => {
      const pushed = await publish({ behaviour: "healthy", version, startSeconds }, registry, { name: NAME });
      // Not by pushing it under this tag from the server's own engine, where the running image has it.
      await moveTag(registry, NAME, pushed.digest, "prd");
      const environment = {
        PATH: SYSTEM_PATH,
        SSH_CONFIG: join(folder, "config"),
        COMPOSE_FILE,
        DIRECTORY: directory,
        IMAGE: image,
        CONTAINER: container,
        GATEWAY_PORT: String(gateway),
      };
      return async (verdict) => {
        let known = false;
        await runScript([SCRIPT], environment, (output) => {
          if (known || !output.includes("verdict: deployed")) return;
          known = true;
          verdict();
        });
      };
    },
    remove: async () => {
      await removeProject(project);
      await removeImages(image);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function sshConfig(folder: string, host: SshHost): string {
  return `Host server
  HostName ${host.host}
  Port ${host.port}
  User ${host.user}
  HostKeyAlias server
  IdentityFile ${join(folder, "key")}
  IdentitiesOnly yes
  BatchMode yes
  StrictHostKeyChecking yes
  UserKnownHostsFile ${join(folder, "known_hosts")}
  LogLevel ERROR
`;
}

async function onServer(host: SshHost, command: string, input = ""): Promise<void> {
  const { code, stderr } = await host.exec(command, { input });
  if (code !== 0) throw new Error(`${command}: exit code ${code}\n${stderr}`);
}
