import { join } from "node:path";
import type { Artifact } from "../../src/artifact.ts";
import type { LocatedDiagnostic } from "../../src/fleet/diagnostic.ts";
import { compileDefinitions } from "../../src/project/compile-definitions.ts";
import { prepare } from "../../src/project/prepare.ts";

const REPOSITORY = join(import.meta.dirname, "../..");

/** A definition whose output is committed: the shipped fleet, or one that shows another part of the model. */
export interface GoldenFleet {
  readonly name: string;
  /** Folder of the Tenantry project. */
  readonly project: string;
  readonly fleets: readonly string[];
  /** The repository's root, seen from the project's folder. */
  readonly root?: string;
  /** Where the committed output stands. */
  readonly expected: string;
}

function golden(name: string): GoldenFleet {
  const folder = join(REPOSITORY, "test/fleets", name);
  return { name, project: folder, fleets: ["fleet.ts"], expected: join(folder, "expected") };
}

const pnpm: GoldenFleet = {
  ...golden("pnpm"),
  project: join(REPOSITORY, "test/fleets/pnpm/deploy"),
  fleets: ["servers/production.ts"],
  root: "..",
};

/** Everything under test/fleets. */
export const goldenFleets: readonly GoldenFleet[] = [
  ...["minimal", "bastion-arm", "follow", "prebuilt", "second-app", "hand-written"].map(golden),
  pnpm,
];

/** The fleet that the project ships. `npx projen` writes it, so it has no snapshot of its own. */
export const shippedFleet: GoldenFleet = {
  name: "shipped",
  project: REPOSITORY,
  fleets: ["servers/production.ts"],
  expected: REPOSITORY,
};

export interface CompiledGolden {
  readonly artifacts: readonly Artifact[];
  readonly diagnostics: readonly LocatedDiagnostic[];
}

/** Compiles as a synth does, and writes nothing. */
export async function compileGolden({ project, fleets, root }: GoldenFleet): Promise<CompiledGolden> {
  let artifacts: readonly Artifact[] = [];
  const { diagnostics } = await prepare(project, {
    fleets,
    ...(root === undefined ? {} : { repositoryRoot: root }),
    compile: async (...parameters) => {
      const compiled = await compileDefinitions(...parameters);
      artifacts = compiled.artifacts;
      return { ...compiled, artifacts: [] };
    },
  });
  return { artifacts, diagnostics };
}
