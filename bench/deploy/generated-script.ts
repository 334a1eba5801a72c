import { chmodSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openclaw } from "../../servers/openclaw.ts";
import { compile } from "../../src/compile.ts";
import { readComposeFile } from "../../src/compose/read.ts";
import type { Fleet } from "../../src/fleet/installation.ts";
import { build, direct, fleet, server, single } from "../../src/index.ts";
import { SYSTEM_PATH } from "../../test/rehearsal/bench/docker.ts";
import type { ImageRegistry } from "../../test/rehearsal/bench/image-registry.ts";
import { publish } from "../../test/rehearsal/bench/images.ts";
import type { SshHost } from "../../test/rehearsal/bench/ssh-host.ts";
import { checkedFleet } from "../../test/support/checked-fleet.ts";
import { freePort } from "../../test/support/free-port.ts";
import { scratchFolder, writeFiles } from "../../test/support/scratch.ts";
import type { Contender } from "./contender.ts";
import { removeImages, removeProject } from "./remove.ts";
import { runScript } from "./run-script.ts";

const COMPOSE = "servers/openclaw/docker-compose.yml";
const NAME = "openclaw";
const SHA = "0".repeat(40);

/** Tenantry's installation: the shipped app, compiled for the bench's server, deployed by the generated deploy.sh. */
export async function generatedScript(host: SshHost, registry: ImageRegistry): Promise<Contender> {
  const ports = { gateway: await freePort(), bridge: await freePort() };
  const { folder, installation } = writeGenerated(benchFleet(host, registry, ports));
  const { project, deploymentPath } = installation;
  const prepared = await host.exec(`mkdir -p ${deploymentPath} && cat >${deploymentPath}/.env`, {
    input: "OPENCLAW_GATEWAY_TOKEN=a-token\n",
  });
  if (prepared.code !== 0) throw new Error(prepared.stderr);
  let runId = 0;

  return {
    url: `http://127.0.0.1:${ports.gateway}/health`,
    project,
    prepare: async ({ version, startSeconds }) => {
      const { digest } = await publish({ behaviour: "healthy", version, startSeconds }, registry, { name: NAME });
      const result = join(folder, "acme.result");
      // What the workflow's step gives it.
      const environment = {
        PATH: SYSTEM_PATH,
        GITHUB_RUN_ID: String(++runId),
        GITHUB_RUN_ATTEMPT: "1",
        GITHUB_SHA: SHA,
        GITHUB_ACTOR: registry.user,
        SSH_PRIVATE_KEY: host.privateKey,
        SSH_HOST: host.host,
        SSH_USER: host.user,
        SSH_PORT: String(host.port),
        DEPLOYMENT_PATH: deploymentPath,
        PULL_TOKEN: registry.password,
        DIGEST: digest,
        PERSON: "no",
        RESULT_FILE: result,
      };
      return async (verdict) => {
        await runScript([join(folder, "generated/production/scripts/deploy.sh"), "single", "acme"], environment);
        verdict();
        const text = readFileSync(result, "utf8");
        if (!text.includes("outcome=deployed\n")) throw new Error(`not deployed:\n${text}`);
      };
    },
    remove: async () => {
      await removeProject(project);
      await removeImages(`${registry.address}/${NAME}`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function benchFleet(host: SshHost, registry: ImageRegistry, ports: { gateway: number; bridge: number }): Fleet {
  const { user, port } = host;
  const on = server({ host: host.host, user, port, hostKeys: [host.hostKey()], via: direct(), name: "bench" });
  const definition = fleet("production", {
    repository: "nikolasp98/openclaw",
    branch: "PRD",
    app: { ...openclaw, image: build({ repository: `${registry.address}/${NAME}`, pull: "job-token" }) },
    phases: { single: single({ tenant: "acme", deploymentPath: `${host.home}/${user}-tenantry`, prefix: user }) },
    active: "single",
    tenants: { acme: { on, name: "acme-corp", ports } },
  });
  return checkedFleet(definition);
}

function writeGenerated(checked: Fleet) {
  const installation = checked.single;
  if (installation === undefined) throw new Error("the bench's fleet has no single installation");
  const text = readFileSync(join(import.meta.dirname, "../..", COMPOSE), "utf8");
  const { file: compose, problems } = readComposeFile(COMPOSE, text);
  if (compose === undefined) throw new Error(JSON.stringify(problems));
  const artifacts = compile([{ fleet: checked, source: "servers/production.ts", compose, project: "" }]);
  const folder = scratchFolder("generated-script");
  writeFiles(folder, { [COMPOSE]: text, ...Object.fromEntries(artifacts.map(({ path, content }) => [path, content])) });
  for (const { path, executable } of artifacts) if (executable) chmodSync(join(folder, path), 0o755);
  return { folder, installation };
}
