import { posix } from "node:path";
import type { Artifact } from "./artifact.ts";
import { containerNames } from "./compose/container-names.ts";
import { overlay } from "./compose/overlay.ts";
import { expectations } from "./compose/pins.ts";
import { envResolver, fleetServices, longRunning } from "./compose/services.ts";
import { runbook } from "./docs/runbook.ts";
import type { ComposeFile } from "./fleet/compose-file.ts";
import type { Fleet, Installation } from "./fleet/installation.ts";
import { generatedFrom } from "./header.ts";
import { registry, registrySchema, SCHEMA_FILE } from "./registry/registry.ts";
import { deployScript, imageScript, reportScript } from "./scripts/runner-scripts.ts";
import { serverScript } from "./scripts/server-script.ts";
import { targetSettings, tenantSettings } from "./scripts/settings.ts";
import { deploySingle, imagePlatforms } from "./workflows/deploy-single.ts";
import { renderWorkflow } from "./workflows/render-workflow.ts";

/** A checked fleet with all that its files are made of. */
export interface CompileInput {
  readonly fleet: Fleet;
  /** The definition's path from the repository's root, for the files' headers. */
  readonly source: string;
  readonly compose: ComposeFile;
  /** Tenantry's folder from the repository's root: `` or, say, `deploy`. */
  readonly project: string;
}

/** Everything that is generated for the fleets of a repository. Pure: equal input gives equal bytes. */
export function compile(inputs: readonly CompileInput[]): Artifact[] {
  const schema = file(`.github/servers/${SCHEMA_FILE}`, registrySchema());
  const artifacts = inputs.flatMap(compileFleet);
  return inputs.length === 0 ? [] : [...artifacts, schema].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function compileFleet(input: CompileInput): Artifact[] {
  const { fleet, source, compose } = input;
  const folder = posix.join(input.project, "generated", fleet.name);
  return [
    file(`.github/servers/${fleet.name}.json`, registry(fleet, source)),
    file(`${folder}/RUNBOOK.md`, runbook(fleet, source, compose)),
    ...scripts(input, `${folder}/scripts`),
    ...(fleet.single ? singlePhase(input, fleet.single, folder) : []),
  ];
}

function scripts({ fleet, source, compose, project }: CompileInput, folder: string): Artifact[] {
  const used = fleet.single?.image ?? fleet.app.image;
  const image = imageScript(used, source, imagePlatforms(fleet, used), notContext(project));
  return [
    program(`${folder}/deploy.sh`, deployScript(fleet, source, posix.relative(folder, compose.path))),
    ...(image === undefined ? [] : [program(`${folder}/image.sh`, image)]),
    program(`${folder}/report.sh`, reportScript(fleet, source)),
    program(`${folder}/server.sh`, serverScript(fleet, source)),
  ];
}

/** What the image cannot depend on: Tenantry's own folder, and the workflows. */
function notContext(project: string): string[] {
  const own = project === "" ? ["servers/", "generated/"] : [`${project}/`];
  return [...own, ".github/"];
}

/** The active phase's workflow stands where GitHub looks for it; a declared one beside its data. Nothing is written twice. */
function singlePhase(input: CompileInput, installation: Installation, folder: string): Artifact[] {
  const { fleet, source } = input;
  const workflow = renderWorkflow(deploySingle(fleet, installation, `${folder}/scripts`), {
    header: generatedFrom(source),
  });
  const active = `.github/workflows/deploy-${fleet.env}.yml`;
  return [
    file(fleet.active === "single" ? active : `${folder}/single/deploy-${fleet.env}.yml`, workflow),
    ...installationFiles(input, installation, `${folder}/single/${installation.tenant}`),
  ];
}

function installationFiles(
  { fleet, source, compose }: CompileInput,
  installation: Installation,
  folder: string,
): Artifact[] {
  const facts = {
    longRunning: longRunning(compose, envResolver(fleet, installation.env)),
    fleetServices: fleetServices(fleet, compose),
    containers: [...containerNames(fleet, installation, compose).values()],
    expectations: expectations(fleet, installation, compose),
  };
  return [
    file(`${folder}/docker-compose.override.yml`, overlay(fleet, installation, compose, source)),
    file(`${folder}/target.conf`, targetSettings(installation, source)),
    file(`${folder}/tenant.conf`, tenantSettings(fleet, installation, facts, source)),
  ];
}

function file(path: string, content: string): Artifact {
  return { path, content, executable: false };
}

function program(path: string, content: string): Artifact {
  return { path, content, executable: true };
}
