import { mountEntries } from "./mounts.ts";
import { allFields } from "./read.ts";
import { type Rule, type RuleContext, report } from "./rule.ts";
import { appResolver, fleetServices, guessedServices, runsFleetImage, type Service } from "./services.ts";
import { finalText, isMapping, listOf, type Value } from "./values.ts";

/** Rules about what the compose file is made of. */
export const fileRules: readonly Rule[] = [
  imageNotInCompose,
  imageAmbiguous,
  needsOtherFiles,
  envFileOutside,
  envFileWhole,
  dataNotInCompose,
  drainDiffers,
];

function imageNotInCompose({ definition, fleet, compose }: RuleContext) {
  if (fleetServices(fleet, compose).length > 0) return [];
  const { repository } = fleet.app.image;
  return [
    report(definition, "IMAGE_NOT_IN_COMPOSE", ["app", "image", "repository"])(
      `no service of ${compose.path} runs ${repository}`,
      `write image: \${IMAGE:-${repository}} in the service that runs it`,
    ),
  ];
}

/** A database whose image nobody names must not become the app. */
function imageAmbiguous({ definition, fleet, compose }: RuleContext) {
  const { repository } = fleet.app.image;
  return guessedServices(fleet, compose).map((name) =>
    report(definition, "IMAGE_AMBIGUOUS", ["app", "compose"])(
      `service "${name}" of ${compose.path} has the image ${compose.services[name]?.image}, which may or may not be ${repository}, as another service's is`,
      `write its image as the default: ${repository} for the fleet's, or the one that it is`,
    ),
  );
}

/** Only the compose file itself is carried to the server. */
function needsOtherFiles({ definition, fleet, compose }: RuleContext) {
  const say = report(definition, "COMPOSE_NEEDS_FILES", ["app", "compose"]);
  const needs = [
    ...(allFields(compose).include === undefined ? [] : ["include"]),
    ...Object.entries(compose.services).flatMap(([name, service]) => [
      ...(service.extends === undefined ? [] : [`services.${name}.extends`]),
      ...(service.build === undefined || runsFleetImage(fleet, service) ? [] : [`services.${name}.build`]),
    ]),
    ...["configs", "secrets"].flatMap((kind) => fileBacked(compose, kind)),
  ];
  return needs.map((field) =>
    say(
      `${field} of ${compose.path} needs something that is not on the server: the compose file alone is carried there`,
      "say it in this file: YAML anchors share fields between services, an image stands in place of a build",
    ),
  );
}

function fileBacked(compose: RuleContext["compose"], kind: string): string[] {
  const entries = allFields(compose)[kind];
  if (!isMapping(entries)) return [];
  return Object.entries(entries).flatMap(([name, entry]) => (isRelativeFile(entry) ? [`${kind}.${name}.file`] : []));
}

function isRelativeFile(entry: Value): boolean {
  return isMapping(entry) && typeof entry.file === "string" && !/^[/~$]/.test(entry.file);
}

function envFileOutside({ definition, fleet, compose }: RuleContext) {
  const outside = envFiles({ definition, fleet, compose }).filter(({ path }) =>
    /^[/~]|(?:^|\/)\.\.(?:\/|$)/.test(path),
  );
  return outside.map(({ service, path }) =>
    report(definition, "ENV_FILE_OUTSIDE", ["app", "compose"])(
      `env_file "${path}" of service "${service}" lies outside the deployment directory, where tenants could share it`,
      "name the variables under environment: and declare the secret ones in app.secrets",
    ),
  );
}

/** With `env_file: .env` a container gets lines that nobody declared. */
function envFileWhole({ definition, fleet, compose }: RuleContext) {
  const whole = envFiles({ definition, fleet, compose }).filter(({ path }) => /^(?:\.\/)?\.env$/.test(path));
  return whole.map(({ service, path }) =>
    report(
      definition,
      "ENV_FILE_WHOLE",
      ["app", "compose"],
      "warning",
    )(
      `env_file "${path}" hands every line of the server's .env to service "${service}", declared or not`,
      "name the variables under environment: instead",
    ),
  );
}

function envFiles({ fleet, compose }: RuleContext): { service: string; path: string }[] {
  const resolver = appResolver(fleet);
  return Object.entries(compose.services).flatMap(([service, fields]) =>
    entriesOf(fields.env_file).flatMap((entry) => {
      const path = finalText(isMapping(entry) ? entry.path : entry, resolver);
      return path === undefined ? [] : [{ service, path }];
    }),
  );
}

function entriesOf(value: Value): readonly Value[] {
  return typeof value === "string" ? [value] : listOf(value);
}

function dataNotInCompose({ definition, fleet, compose }: RuleContext) {
  const mounted = new Set(
    Object.values(compose.services).flatMap((service) => mountTargets(service, { definition, fleet, compose })),
  );
  const missing = Object.entries(fleet.app.data).filter(([, { mount }]) => !mounted.has(mount));
  return missing.map(([name, { mount }]) =>
    report(definition, "DATA_NOT_IN_COMPOSE", ["app", "data", name, "mount"])(
      `no service of ${compose.path} mounts "${mount}" (data "${name}"): what is written there would be lost at the next deploy`,
      `add a volume that ends in :${mount} to the service that writes it`,
    ),
  );
}

function mountTargets(service: Service, { fleet }: RuleContext): string[] {
  return mountEntries(service, appResolver(fleet)).flatMap(({ target }) => (target === undefined ? [] : [target]));
}

/** The definition's `drainSeconds` is what counts; a file that says otherwise misleads its reader. */
function drainDiffers({ definition, fleet, compose }: RuleContext) {
  const { drainSeconds } = fleet.app;
  const others = fleetServices(fleet, compose).filter((name) => {
    const written = compose.services[name]?.stop_grace_period;
    return written !== undefined && secondsOf(String(written)) !== drainSeconds;
  });
  return others.map((name) =>
    report(
      definition,
      "DRAIN_DIFFERS",
      ["app", "drainSeconds"],
      "warning",
    )(
      `drainSeconds is ${drainSeconds}, and service "${name}" of ${compose.path} has stop_grace_period ${compose.services[name]?.stop_grace_period}`,
      "say the same in both; the definition's number is deployed",
    ),
  );
}

/** Seconds of a duration such as 1m30s; NaN for one that is not of whole hours, minutes and seconds. */
function secondsOf(duration: string): number {
  const match = duration.match(/^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/);
  if (!match) return Number.NaN;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((digits) => Number(digits ?? 0));
  return hours * 3600 + minutes * 60 + seconds;
}
