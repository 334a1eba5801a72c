import type { Expectation } from "../compose/pins.ts";
import type { Fleet, Installation } from "../fleet/installation.ts";
import { generatedFrom } from "../header.ts";

/** What the settings need to know of the compose file. */
export interface ComposeFacts {
  /** Services that a plain `docker compose up` starts. */
  readonly longRunning: readonly string[];
  /** Those of them that run the fleet's image. */
  readonly fleetServices: readonly string[];
  /** The container names that the overlay sets. */
  readonly containers: readonly string[];
  /** Variables that `.env` must not contradict. */
  readonly expectations: readonly Expectation[];
}

type Line = readonly [key: string, value: string | number];

/** `key=value` lines. A value with a line break would be another setting, so it cannot be written. */
function renderSettings(comment: string, source: string, lines: readonly Line[]): string {
  for (const [key, value] of lines) {
    if (/[\p{Cc}]/u.test(String(value))) throw new RangeError(`${key} holds a control character`);
  }
  const header = [comment, ...generatedFrom(source)].map((line) => `# ${line}`);
  return `${[...header, ...lines.map(([key, value]) => `${key}=${value}`)].join("\n")}\n`;
}

/** What the server is told of a tenant: read strictly there, never sourced. */
export function tenantSettings(
  fleet: Fleet,
  installation: Installation,
  compose: ComposeFacts,
  source: string,
): string {
  const ports = [...new Set(Object.values(installation.ports))];
  const lines: Line[] = [
    ["format", 1],
    ["fleet", fleet.name],
    ["tenant", installation.tenant],
    ["deployment_path", installation.deploymentPath],
    ["project", installation.project],
    ["platform", installation.target.platform],
    ["image", installation.image.repository],
    ["ports", ports.join(" ")],
    ["health_port", installation.ports[fleet.app.health.port] as number],
    ...compose.fleetServices
      .filter((service) => compose.longRunning.includes(service))
      .map((name): Line => ["service", name]),
    ...compose.containers.map((name): Line => ["container", name]),
    ...installation.data.flatMap(({ path, subdirectories }): Line[] => [
      ["directory", path],
      ...subdirectories.map((name): Line => ["directory", `${path}/${name}`]),
    ]),
    ...compose.expectations.map(
      ({ variable, value, as }): Line => [as === "image" ? "expect_image" : "expect", `${variable}=${value}`],
    ),
  ];
  return renderSettings(`What the server is told of ${installation.tenant}.`, source, lines);
}

/** Where a runner finds the tenant. A value that only a secret holds is not in it. */
export function targetSettings(installation: Installation, source: string): string {
  const { target } = installation;
  const { via } = target;
  const literals: readonly (readonly [string, string | number | undefined])[] = [
    ["server", target.server],
    ["if_unreachable", installation.ifUnreachable],
    ["host", target.host.literal],
    ["user", target.user.literal],
    ["port", target.port.literal],
    ["deployment_path", installation.deploymentPath],
    ["image_registry", installation.image.repository.slice(0, installation.image.repository.indexOf("/"))],
    ["bastion_host", via.kind === "bastion" ? via.host : undefined],
    ["bastion_user", via.kind === "bastion" ? via.user : undefined],
    ["bastion_port", via.kind === "bastion" ? via.port : undefined],
  ];
  const lines: Line[] = [
    ...literals.flatMap(([key, value]): Line[] => (value === undefined ? [] : [[key, value]])),
    ...target.hostKeys.map((key): Line => ["host_key", key]),
    ...(via.kind === "bastion" ? via.hostKeys : []).map((key): Line => ["bastion_host_key", key]),
  ];
  return renderSettings(
    `Where a runner finds ${installation.tenant}, and the host keys that it must show.`,
    source,
    lines,
  );
}
