import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, posix, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { reviewedText } from "../golden/reviewed-text.ts";
import { type RunResult, run } from "../support/run.ts";
import { inScratch, writeFiles } from "../support/scratch.ts";
import { treeOf } from "./tree.ts";

const repository = resolve(".");
const golden = join(repository, "test/fleets/pnpm");
const readme = readFileSync(join(repository, "README.md"), "utf8");

const fleets = `await Tenantry.create(project, { fleets: ["servers/production.ts"], repositoryRoot: ".." });
project.synth();
`;

/** `.projenrc.ts` as a user writes it: on a projen project of any kind, or on ours. */
const projenrcs = {
  "a plain projen project": `import { Project } from "projen";
import { Tenantry } from "tenantry/project";

const project = new Project({ name: "guestbook-deploy" });
project.defaultTask?.exec("node .projenrc.ts");
${fleets}`,
  "the README's project": /^```ts\n(import \{ MinimalProject[\s\S]*?)^```$/m.exec(readme)?.[1] ?? "",
};

/** What an install would have put there; npm asks nobody in a test. */
function linkModules(project: string): void {
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  symlinkSync(repository, join(modules, "tenantry"));
  for (const name of ["projen", "constructs", "node"]) {
    symlinkSync(join(repository, "node_modules", name), join(modules, name));
  }
  for (const program of ["projen", "node"]) {
    symlinkSync(realpathSync(join(repository, "node_modules/.bin", program)), join(modules, ".bin", program));
  }
}

/** The app's repository as its developers have it, with Tenantry in deploy/ and nothing generated yet. */
function inApplication(projenrc: string, use: (root: string, project: string) => Promise<void>): Promise<void> {
  return inScratch("pnpm", { "deploy/.projenrc.ts": projenrc }, async (folder) => {
    const root = realpathSync(folder);
    const project = join(root, "deploy");
    cpSync(golden, root, { recursive: true, filter: (path) => path !== join(golden, "expected") });
    const definition = join(project, "servers/production.ts");
    const written = readFileSync(definition, "utf8");
    expect(written).toContain('"../../../../../src/index.ts"');
    writeFileSync(definition, written.replace('"../../../../../src/index.ts"', '"tenantry"'));
    linkModules(project);
    await use(root, project);
  });
}

const env = {
  ...process.env,
  // Neither npm install after a synth nor npx asks the network here.
  PROJEN_DISABLE_POST: "true",
  npm_config_offline: "true",
  NODE_ENV: "production",
};

/** The very first synth: projen knows no task yet. */
function bootstrap(project: string): Promise<RunResult> {
  return run("npx", ["node", ".projenrc.ts"], { cwd: project, env });
}

/** `--no-post` since projen's own program overrules the environment. */
function projen(project: string, ...args: string[]): Promise<RunResult> {
  return run("npx", ["projen", ...(args.length > 0 ? args : ["--no-post"])], { cwd: project, env });
}

/** Everything but node_modules. */
function filesIn(root: string): Record<string, string> {
  return Object.fromEntries(Object.entries(treeOf(root)).filter(([path]) => !path.includes("node_modules/")));
}

/** The committed output, by path from the repository's root. */
function expected(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(treeOf(join(golden, "expected"))).map(([path, file]) => [path, file.slice(file.indexOf(" ") + 1)]),
  );
}

// Invariant: an application's repository keeps every file of its own; Tenantry writes deploy/ and .github, what the golden output says.
describe.each(Object.entries(projenrcs))("an application with its own pnpm, on %s", (_, projenrc) => {
  test("gets the committed files and keeps its own, byte for byte", () =>
    inApplication(projenrc, async (root, project) => {
      const before = filesIn(root);
      expect(await bootstrap(project)).toMatchObject({ code: 0 });
      const after = filesIn(root);
      const own = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "Dockerfile", "src/server.js"];
      for (const path of [...own, "deploy/servers/production.ts"]) expect(after[path], path).toBe(before[path]);

      const generated = expected();
      for (const [path, content] of Object.entries(generated)) {
        const [, mode, text = ""] = /^(\d+) ([\s\S]*)$/.exec(after[path] ?? "") ?? [];
        expect(mode, path).toBe(path.endsWith(".sh") ? "555" : "444");
        expect(reviewedText(path, text), path).toBe(content);
      }
      const outside = Object.keys(after).filter((path) => !path.startsWith("deploy/") && !(path in before));
      expect(outside.sort()).toEqual(
        Object.keys(generated)
          .filter((path) => path.startsWith(".github/"))
          .sort(),
      );
      expect(outside).toEqual(
        expect.arrayContaining([".github/workflows/deploy-prd.yml", ".github/servers/production.json"]),
      );
      const inGenerated = Object.keys(after).filter((path) => path.startsWith("deploy/generated/"));
      expect(inGenerated.sort()).toEqual(
        Object.keys(generated)
          .filter((path) => path.startsWith("deploy/"))
          .sort(),
      );
    }));

  test("a second run, by npx projen, changes nothing, and check agrees", () =>
    inApplication(projenrc, async (root, project) => {
      await bootstrap(project);
      const before = filesIn(root);
      const second = await projen(project);
      expect(second.code).toBe(0);
      expect(second.stdout).toMatch(/tenantry: \d+ files, 0 written, 0 removed/);
      expect(filesIn(root)).toEqual(before);
      expect(await projen(project, "check")).toMatchObject({ code: 0 });
      chmodSync(join(root, ".github/servers/production.json"), 0o644);
      writeFileSync(join(root, ".github/servers/production.json"), "{}\n");
      const drifted = await projen(project, "check");
      expect(drifted.code).toBe(1);
      expect(drifted.stderr).toContain(".github/servers/production.json differs");
    }));

  test("every path in the workflow, and the script's path to the compose file, is there", () =>
    inApplication(projenrc, async (root, project) => {
      await bootstrap(project);
      const files = filesIn(root);
      const workflow = parse(readFileSync(join(root, ".github/workflows/deploy-prd.yml"), "utf8"));
      const steps = Object.values<{ steps: { run?: string }[] }>(workflow.jobs).flatMap((job) => job.steps);
      const lines = steps.flatMap(({ run: line = "" }) => line.split("\n"));
      const programs = lines.flatMap((line) => line.match(/\S*\.sh\b/g) ?? []);
      expect(new Set(programs.map((program) => posix.dirname(program)))).toEqual(
        new Set(["deploy/generated/production/scripts"]),
      );
      expect(programs.length).toBeGreaterThanOrEqual(3);
      for (const program of programs) expect(files[program], program).toMatch(/^555 /);
      const script = files["deploy/generated/production/scripts/deploy.sh"] ?? "";
      const compose = /^readonly COMPOSE_FILE=(\S+)$/m.exec(script)?.[1] ?? "";
      expect(posix.join("deploy/generated/production/scripts", compose)).toBe(
        "deploy/servers/guestbook/docker-compose.yml",
      );
      // The app's sources decide what is built; Tenantry's own folder and the workflows do not.
      expect(files["deploy/generated/production/scripts/image.sh"]).toContain(
        "readonly NOT_CONTEXT=(deploy/ .github/)",
      );
    }));
});

const key = '"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG/RvlHMHXF4VhkxCgKpRM928o46sACiSbCxmHfv4fKI"';

/** `«CODE»` stands in front of the place that the message must name. */
const tenMistakes = `import { app, build, fleet, server, single } from "tenantry";

const shop = app("guestbook", {
  compose: "guestbook/docker-compose.yml",
  image: build({
    repository: «IMAGE_NAME_INVALID»"ghcr.io/Example/Guestbook",
    «PLATFORM_NOT_BUILT»platforms: ["linux/amd64"],
  }),
  ports: { web: 8080 },
  health: { port: «HEALTH_PORT_UNKNOWN»"http", path: "/" },
  secrets: [«SECRET_NAME_INVALID»"GITHUB_X"],
});

const east = server({ host: "203.0.113.10", user: «USER_INVALID»"root;reboot", hostKeys: [${key}] });
const west = server({ host: "203.0.113.11", hostKeys: [«HOST_KEY_INVALID»"ssh-ed25519 AAAAoops"] });
const home = server({ host: «WAY_IN_MISSING»"192.168.1.20", platform: "linux/arm64", hostKeys: [${key}] });

export default fleet("production", {
  repository: "example/guestbook",
  branch: "PRD",
  app: shop,
  phases: { single: single({ tenant: "hotel" }) },
  active: "single",
  tenants: {
    hotel: { on: east, deploymentPath: "/srv/hotel" },
    motel: { on: east, ports: { web: «PORT_TAKEN»8080 }, deploymentPath: «PATH_INSIDE»"/srv/hotel/motel" },
    hostel: { on: west, id: «NAME_INVALID»"a123456789-123456789-123456789-123456789-123456789-123456789-123" },
    inn: { on: home },
  },
});
`;

function marksOf(text: string, file: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const places: string[] = [];
    for (let rest = line, mark = /«(\w+)»/.exec(rest); mark; mark = /«(\w+)»/.exec(rest)) {
      places.push(`${file}:${index + 1}:${mark.index + 1} ${mark[1]}:`);
      rest = rest.replace(mark[0], "");
    }
    return places;
  });
}

// Invariant: every mistake is named at its field in one run of `npx projen`, which ends with 1 and leaves the tree as it was.
describe("ten mistakes", () => {
  const wrong = (project: string) => {
    writeFileSync(join(project, "servers/production.ts"), tenMistakes.replaceAll(/«\w+»/g, ""));
    // A variable without default for GITHUB_X, so that the mistakes are exactly the ten.
    writeFiles(project, {
      "servers/guestbook/docker-compose.yml": `services:
  guestbook:
    image: \${GUESTBOOK_IMAGE:-ghcr.io/Example/Guestbook:latest}
    environment: { TOKEN: "\${GITHUB_X:-}" }
    ports: ["\${GUESTBOOK_PORT:-8080}:8080"]
`,
    });
  };
  const places = (stderr: string) =>
    stderr.split("\n").flatMap((line) => /^(servers\/\S+:\d+:\d+ [A-Z_]+:)/.exec(line)?.[1] ?? []);

  test.each(Object.entries(projenrcs))("on %s, where files were generated before", (_, projenrc) =>
    inApplication(projenrc, async (root, project) => {
      await bootstrap(project);
      wrong(project);
      const before = filesIn(root);
      const result = await projen(project);
      expect(result.code).toBe(1);
      expect(places(result.stderr)).toEqual(marksOf(tenMistakes, "servers/production.ts"));
      expect(places(result.stderr)).toHaveLength(10);
      expect(result.stderr).toContain("10 errors. Nothing was written.");
      expect(filesIn(root)).toEqual(before);
    }),
  );

  test.each(Object.entries(projenrcs))("on %s, in the very first run", (_, projenrc) =>
    inApplication(projenrc, async (root, project) => {
      wrong(project);
      const before = filesIn(root);
      const result = await bootstrap(project);
      expect(result.code).toBe(1);
      expect(places(result.stderr)).toHaveLength(10);
      expect(filesIn(root)).toEqual(before);
      expect(readdirSync(project)).not.toContain(".projen");
    }),
  );
});
