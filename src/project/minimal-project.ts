import { NodePackage, NodePackageManager } from "projen/lib/javascript/node-package.js";
import { Project } from "projen/lib/project.js";
import { ProjenrcFile } from "projen/lib/projenrc.js";

export interface MinimalProjectOptions {
  readonly name: string;
  readonly description?: string;
  /** `name@version`, versions exact: a synth must give the same files everywhere. */
  readonly deps?: readonly string[];
  readonly devDeps?: readonly string[];
  /** An SPDX licence, or none for a package that is not published. */
  readonly license?: string;
  readonly author?: string;
  /** Scripts of package.json, by name. They run what the lockfile pins, the runtime included. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** Packages whose install scripts npm may run. The pinned runtime needs its own: default `node`. */
  readonly allowScripts?: readonly string[];
}

/** The parts of `Project`'s build pipeline that have nothing to do here, in an order that projen lets them go in. */
const UNUSED_TASKS = ["build", "pre-compile", "compile", "post-compile", "test", "package"];

/**
 * The least projen project that owns its package.json and runs `.projenrc.ts` natively on the Node of its devDependency `node`,
 * whatever Node is installed. For a repository without a projen project of its own; `Tenantry` works in every other one too.
 */
export class MinimalProject extends Project {
  readonly package: NodePackage;
  readonly #scripts: ReadonlySet<string>;

  constructor(options: MinimalProjectOptions) {
    super({ name: options.name });
    for (const task of UNUSED_TASKS) this.removeTask(task);
    // First on the PATH are the project's own programs, `node` above all.
    this.tasks.addEnvironment("PATH", '$(echo "$PWD/node_modules/.bin:$PATH")');
    // Saves a tenth of a second a synth.
    this.tasks.addEnvironment("NODE_COMPILE_CACHE", "node_modules/.cache/node");
    this.package = new NodePackage(this, {
      packageManager: NodePackageManager.NPM,
      // Which npm comes with a machine's Node does not matter here.
      addPackageManagerToDevEngines: false,
      entrypoint: "",
      autoDetectBin: false,
      minNodeVersion: "20.0.0",
      allowScripts: [...(options.allowScripts ?? ["node"])],
      deps: [...(options.deps ?? [])],
      devDeps: [...(options.devDeps ?? [])],
      licensed: options.license !== undefined,
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.license === undefined ? {} : { license: options.license }),
    });
    if (options.author !== undefined) this.package.addField("author", options.author);
    this.package.addField("type", "module");
    this.package.addField("private", true);
    new NativeProjenrc(this);
    this.#scripts = new Set(Object.keys(options.scripts ?? {}));
    for (const [name, command] of Object.entries(options.scripts ?? {})) this.package.setScript(name, command);
  }

  override preSynthesize(): void {
    super.preSynthesize();
    // projen gives each of its tasks a script of the same name; `npx projen <task>` is shorter, and one list is easier to read.
    for (const { name } of this.tasks.all) if (!this.#scripts.has(name)) this.package.removeScript(name);
  }
}

/** `.projenrc.ts`, run by the pinned Node, which strips its types. */
class NativeProjenrc extends ProjenrcFile {
  readonly filePath = ".projenrc.ts";

  constructor(project: Project) {
    super(project);
    project.defaultTask?.addSteps({ execArgs: ["node", this.filePath] });
  }
}
