import { spawn } from "node:child_process";
import { once } from "node:events";
import { SYSTEM_PATH } from "../../test/rehearsal/bench/docker.ts";
import { tool } from "../../test/support/tools.ts";
import type { EngineEvent } from "./gap.ts";

const ACTIONS = ["create", "kill", "die", "stop", "rename", "start", "destroy"];

interface RawEvent {
  readonly Action: string;
  readonly timeNano: number;
  readonly Actor: { readonly ID: string };
}

/** Notes what the engine does with the containers of a Compose project, until it is called again. */
export function watchEngine(project: string): () => Promise<EngineEvent[]> {
  const filters = [`label=com.docker.compose.project=${project}`, ...ACTIONS.map((action) => `event=${action}`)];
  const args = ["events", "--format", "{{json .}}", ...filters.flatMap((filter) => ["--filter", filter])];
  const env = { PATH: SYSTEM_PATH, HOME: "/nonexistent" };
  const docker = spawn(tool("docker"), args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  docker.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const closed = once(docker, "close");
  return async () => {
    docker.kill();
    await closed;
    return text.split("\n").filter(Boolean).map(read);
  };
}

function read(line: string): EngineEvent {
  const { Action, timeNano, Actor } = JSON.parse(line) as RawEvent;
  return { at: timeNano / 1e6, action: Action, container: Actor.ID.slice(0, 12) };
}
