import { chmodSync, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { foldersOf } from "./artifact-path.ts";
import { formatManifest, MANIFEST } from "./manifest.ts";
import { inFolder, modeOf, type WritePlan } from "./write-plan.ts";

/** New content is written here, in the project's folder, and renamed into its place; what a killed run left goes next time. */
const STAGING = ".projen/tenantry.partial";

/**
 * Carries out a plan. Whenever it is interrupted, every file is whole, the old one or the new one, and the manifest names every
 * generated file: it grows before the first file is written and shrinks after the last orphan is gone.
 */
export function applyPlan(plan: WritePlan): void {
  if (plan.problems.length > 0) throw new Error(`nothing was written: ${plan.problems.join("; ")}`);
  const writer = new Writer(plan.place.root, inFolder(plan.place.directory, STAGING));
  const manifest = inFolder(plan.place.directory, MANIFEST);
  let current = plan.manifest.before;
  const record = (content: string) => {
    if (content !== current) writer.write(manifest, content, 0o444);
    current = content;
  };
  try {
    if (plan.writes.length > 0)
      record(formatManifest([...plan.manifest.paths, ...plan.writes.map(({ path }) => path)]));
    for (const path of plan.removals) writer.remove(path);
    for (const path of [...plan.removals, ...plan.gone]) writer.removeEmptyFolders(path);
    for (const folder of plan.emptied) writer.removeFolder(folder);
    for (const artifact of plan.writes) writer.write(artifact.path, artifact.content, modeOf(artifact));
    for (const { path, mode } of plan.protect) chmodSync(join(plan.place.root, path), mode);
    record(plan.manifest.after);
  } finally {
    writer.close();
  }
}

class Writer {
  readonly #root: string;
  readonly #staging: string;
  readonly #folders = new Set<string>();
  #count = 0;

  constructor(root: string, staging: string) {
    this.#root = root;
    this.#staging = join(root, staging);
    this.close();
  }

  write(path: string, content: string, mode: number): void {
    const target = join(this.#root, path);
    this.#makeFolder(dirname(target));
    this.#makeFolder(this.#staging);
    const partial = join(this.#staging, String(this.#count++));
    writeFileSync(partial, content, { flag: "wx" });
    // Not as an option of writeFileSync: there the umask takes bits away.
    chmodSync(partial, mode);
    renameSync(partial, target);
  }

  remove(path: string): void {
    unlinkSync(join(this.#root, path));
  }

  /** Removes the folders of a path that hold nothing. */
  removeEmptyFolders(path: string): void {
    for (const folder of foldersOf(path).reverse()) {
      if (!this.removeFolder(folder)) return;
    }
  }

  /** Removes an empty folder, and says whether it is gone. */
  removeFolder(folder: string): boolean {
    try {
      rmdirSync(join(this.#root, folder));
      this.#folders.clear();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return true;
      if (code === "ENOTEMPTY" || code === "EEXIST") return false;
      throw error;
    }
    return true;
  }

  close(): void {
    if (existsSync(this.#staging)) rmSync(this.#staging, { recursive: true, force: true });
    this.#folders.clear();
  }

  #makeFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    this.#folders.add(folder);
  }
}
