import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { forGithubWorkflow } from "./github-workflow.ts";
import { median, timed } from "./measure.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const start = (imports: string) => `${imports}
import { MinimalProject } from "./src/project/minimal-project.ts";
const project = new MinimalProject({ name: "bench" });
`;
const end = "project.synth();\n";

const empty = `${start("")}${end}`;
const shipped = `${start('import { Tenantry } from "./src/project/tenantry.ts";')}
await Tenantry.create(project, { fleets: ["servers/production.ts"] });
${end}`;

/** The same project with the workflow, as it was parsed from our file, written by projen. */
function projenWorkflow(file: string): string {
  const { on, jobs } = forGithubWorkflow(parse(readFileSync(file, "utf8")));
  return `${start('import { GitHub, GithubWorkflow } from "projen/lib/github/index.js";')}
const github = new GitHub(project, { mergify: false, pullRequestLint: false });
const workflow = new GithubWorkflow(github, "deploy-prd");
workflow.on(${JSON.stringify(on)});
workflow.addJobs(${JSON.stringify(jobs)});
${end}`;
}

/** A project in a folder of its own that shares this repository's code and modules, synthesized once. */
function projectWith(projenrc: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-bench-"));
  for (const shared of ["node_modules", "src", "templates"])
    symlinkSync(join(repository, shared), join(folder, shared));
  cpSync(join(repository, "servers"), join(folder, "servers"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(folder, ".projenrc.ts"), projenrc);
  // The first run must not install anything: the modules are this repository's.
  const env = { ...process.env, PROJEN_DISABLE_POST: "true" };
  execFileSync(process.execPath, [".projenrc.ts"], { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
  return folder;
}

export interface WholeRun {
  readonly title: string;
  /** Milliseconds of `npx projen` that changes nothing. */
  readonly npx: number;
  /** Of that, `node .projenrc.ts`. */
  readonly node: number;
}

/** Medians of whole runs of three projects of the same set-up, taken in turns so that a busy moment meets all of them. */
export async function wholeRuns(samples: number): Promise<WholeRun[]> {
  const folders: string[] = [];
  const make = (projenrc: string) => {
    const folder = projectWith(projenrc);
    folders.push(folder);
    return { folder, npx: [] as number[], node: [] as number[] };
  };
  try {
    const ours = make(shipped);
    const projects = [
      { title: "an empty project", ...make(empty) },
      { title: "the shipped fleet", ...ours },
      {
        title: "projen's GithubWorkflow, one workflow",
        ...make(projenWorkflow(join(ours.folder, ".github/workflows/deploy-prd.yml"))),
      },
    ];
    for (let n = -1; n < samples; n++) {
      for (const { folder, npx, node } of projects) {
        const whole = await timed(() => runIn(folder, "npx", ["projen"]));
        const alone = await timed(() => runIn(folder, "node", [".projenrc.ts"]));
        if (n < 0) continue; // fills the compile cache
        npx.push(whole.ms);
        node.push(alone.ms);
      }
    }
    return projects.map(({ title, npx, node }) => ({ title, npx: median(npx), node: median(node) }));
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** As projen's task runs it: the pinned Node first, with its compile cache. */
function runIn(folder: string, program: string, args: readonly string[]): void {
  const PATH = `${join(folder, "node_modules/.bin")}:${process.env.PATH}`;
  const env = { ...process.env, PATH, NODE_COMPILE_CACHE: "node_modules/.cache/node" };
  execFileSync(program, args, { cwd: folder, env, stdio: "ignore" });
}
