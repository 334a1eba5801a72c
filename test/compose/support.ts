import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "vitest";
import { readComposeFile } from "../../src/compose/read.ts";
import type { ComposeFile } from "../../src/fleet/compose-file.ts";
import { type FleetDefinition, FleetFields } from "../../src/fleet/fleet.ts";
import { type Fleet, type Installation, resolveFleet } from "../../src/fleet/installation.ts";
import { app, build, fleet, server, single } from "../../src/index.ts";
import { run } from "../support/run.ts";
import { inScratch } from "../support/scratch.ts";
import { mustHaveAllTools, needs, tool } from "../support/tools.ts";

/** A definition with its names filled in, its file, and what it deploys. */
export interface Loaded {
  readonly title: string;
  readonly definition: FleetDefinition;
  readonly fleet: Fleet;
  readonly compose: ComposeFile;
  readonly installations: readonly Installation[];
}

const root = join(import.meta.dirname, "../..");

/** The shipped fleet and every golden one. */
export const fleetFiles = [
  "servers/production.ts",
  "test/fleets/minimal/fleet.ts",
  "test/fleets/bastion-arm/fleet.ts",
  "test/fleets/follow/fleet.ts",
  "test/fleets/prebuilt/fleet.ts",
  "test/fleets/second-app/fleet.ts",
  "test/fleets/hand-written/fleet.ts",
  "test/fleets/pnpm/deploy/servers/production.ts",
];

export async function load(title: string): Promise<Loaded> {
  const definition = ((await import(join(root, title))) as { default: FleetDefinition }).default;
  const { app: appFields } = resolved(definition);
  const path = join(dirname(title), appFields.compose);
  return withCompose(title, definition, readFileSync(join(root, path), "utf8"), path);
}

/** A definition beside the text of a compose file, which must be readable. */
export function withCompose(
  title: string,
  definition: FleetDefinition,
  text: string,
  path = "docker-compose.yml",
): Loaded {
  const full = resolved(definition);
  const { file, problems } = readComposeFile(path, text);
  if (!file) throw new Error(`${path}: ${JSON.stringify(problems)}`);
  return {
    title,
    definition,
    fleet: full,
    compose: file,
    installations: [...(full.single ? [full.single] : []), ...full.tenants],
  };
}

export function resolved(definition: FleetDefinition): Fleet {
  return resolveFleet(FleetFields.parse(definition));
}

type AppOptions = Parameters<typeof app>[1];
type TenantOptions = {
  env?: Record<string, string>;
  ports?: { web?: number };
  prefix?: string;
  containers?: Record<string, string>;
  source?: string;
};

/** A fleet with one web port and, on one server, the tenants acme and globex. */
export function webFleet(
  options: Partial<AppOptions> = {},
  acme: TenantOptions = {},
  globex: TenantOptions = {},
): FleetDefinition {
  const east = server({
    host: "east.example.com",
    hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
  });
  return fleet("production", {
    repository: "example/web",
    branch: "PRD",
    app: app("web", {
      compose: "docker-compose.yml",
      image: build({ repository: "ghcr.io/example/web" }),
      ports: { web: 8080 },
      health: { port: "web", path: "/" },
      ...options,
    }),
    phases: { single: single({ tenant: "acme" }) },
    active: "single",
    tenants: { acme: { on: east, ...acme }, globex: { on: east, ...globex, ports: { web: 8081, ...globex.ports } } },
  });
}

/** Skips a test where Compose is not installed, with the reason; in CI it fails. */
export async function needsCompose(context: Pick<TestContext, "skip">): Promise<void> {
  needs(context, "docker");
  const { code } = await run(tool("docker"), ["compose", "version"]);
  if (code === 0) return;
  if (mustHaveAllTools()) throw new Error("docker has no compose plugin on this machine: run .ci/install");
  context.skip("docker has no compose plugin on this machine: run .ci/install");
}

export interface ComposeResult {
  readonly code: number;
  readonly stderr: string;
  /** What Compose would run, `$$` made `$` again and extensions left out. */
  // biome-ignore lint/suspicious/noExplicitAny: Compose's own model, read field by field.
  readonly model: any;
}

/** What Compose makes of a project directory with these files. The machine's own variables stay out. */
export function composeConfig(files: Readonly<Record<string, string>>): Promise<ComposeResult> {
  return inScratch("overlay", files, async (folder) => {
    const env = { PATH: process.env.PATH, HOME: "/home/nobody" };
    // Every profile, so that services which are not started are judged as well.
    const args = ["compose", "--profile", "*", "config", "--format", "json"];
    const { code, stdout, stderr } = await run(tool("docker"), args, { cwd: folder, env });
    // Relative paths come out absolute, in a folder that has another name each time.
    return { code, stderr, model: code === 0 ? plain(JSON.parse(stdout.replaceAll(folder, "/project"))) : undefined };
  });
}

function plain(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$$", "$");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key.startsWith("x-") ? [] : [[key, plain(item)]])),
  );
}

/** A line of `.env` whose value reaches Compose as it is. */
export function envLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");
}
