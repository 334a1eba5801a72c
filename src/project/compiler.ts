import type { Artifact } from "../artifact.ts";
import type { LocatedDiagnostic } from "../fleet/diagnostic.ts";
import type { FleetDefinition } from "../fleet/fleet.ts";

/** Text of a file that a definition names, relative to the definition's own folder; undefined when it cannot be read. */
export type ReadBeside = (definition: FleetDefinition, path: string) => string | undefined;

/** What a compiler may know of the repository around the definitions. */
export interface Surroundings {
  /** Absolute path of the project's folder: positions in messages are relative to it. */
  readonly projectDirectory: string;
  /** The project's folder as the repository's root sees it, such as `deploy`; `""` when it is the root itself. */
  readonly directory: string;
  /** The file of a definition, relative to the project's folder, for headers and messages. */
  readonly fileOf: (definition: FleetDefinition) => string;
}

export interface Compiled {
  /** Ignored when a diagnostic is an error. */
  readonly artifacts: readonly Artifact[];
  readonly diagnostics: readonly LocatedDiagnostic[];
}

/** From all definitions of a repository to the files that they become. */
export type Compile = (
  definitions: readonly FleetDefinition[],
  read: ReadBeside,
  surroundings: Surroundings,
) => Promise<Compiled>;
