import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic, FieldRef } from "../diagnostic.ts";
import { canonicalHost, labelOfOccupant, type Machine, type Occupant, type ServerUse, serversOf } from "../machine.ts";
import { own } from "../own.ts";
import { isPrivateHost } from "../private-host.ts";
import type { Server } from "../server.ts";
import { tenantsNamed } from "../words.ts";

function tenantsOf({ occupants }: ServerUse): string {
  return tenantsNamed([...new Set(occupants.map((occupant) => labelOfOccupant(occupant)))]);
}

/** A host that a runner of GitHub's cannot reach, without a word about the way. */
export function wayInMissing(machine: Machine): Diagnostic[] {
  return serversOf(machine.occupants)
    .filter(({ server: { host, via } }) => via === undefined && typeof host === "string" && isPrivateHost(host))
    .map((use) => ({
      code: "WAY_IN_MISSING",
      severity: "error",
      message: `a runner cannot reach ${show(use.server.host)} of ${tenantsOf(use)} over the internet, and its server has no way in.`,
      fix: "add via: tailscale() or via: bastion({…}), or via: direct() when the runner is on that network.",
      field: use.field("host"),
    }));
}

/** Host keys that nobody has looked up: it compiles, and each deploy is refused. */
export function hostKeysUnknown(machine: Machine): Diagnostic[] {
  return serversOf(machine.occupants)
    .filter(({ server }) => !Array.isArray(server.hostKeys))
    .map((use) => ({
      code: "HOST_KEYS_UNKNOWN",
      severity: "warning",
      message: `the host keys of server ${machine.label} are unknown, so every deploy of ${tenantsOf(use)} will be refused.`,
      fix: "look them up on the server itself (cat /etc/ssh/ssh_host_ed25519_key.pub) and write them as hostKeys.",
      field: use.field("hostKeys"),
    }));
}

/** Default paths start at the account's home, and nobody knows the account. */
export function homeUnknown(machine: Machine): Diagnostic[] {
  const lost = machine.occupants.filter((occupant) => {
    const { user, home } = occupant.tenant.on;
    return typeof user === "object" && home === undefined && needsHome(occupant);
  });
  return serversOf(lost).map((use) => ({
    code: "HOME_UNKNOWN",
    severity: "error",
    message: `the account of server ${machine.label} is a secret, so the default directories of ${tenantsOf(use)} are unknown.`,
    fix: 'write the account\'s home: home: "/home/deploy".',
    field: use.field("user"),
  }));
}

function needsHome({ installation, checked, tenant }: Occupant): boolean {
  const form = installation.phase === "single" ? checked.fields.phases.single : tenant;
  if (form?.deploymentPath === undefined) return true;
  const outermost = Object.values(checked.fields.app.data).map(({ directory }) => directory);
  return Object.entries(checked.fields.app.data).some(
    ([name, { directory }]) =>
      own(form.data, name) === undefined && !outermost.some((other) => directory.startsWith(`${other}/`)),
  );
}

/** A public repository would show the host in definition, matrix and logs. */
export function hostPublic(machine: Machine): Diagnostic[] {
  const open = machine.occupants.filter(({ checked }) => checked.fields.public);
  return serversOf(open)
    .filter(({ server }) => typeof server.host === "string")
    .map((use) => ({
      code: "HOST_PUBLIC",
      severity: "error",
      message: `the repository is public, and the host ${show(use.server.host)} of ${tenantsOf(use)} is written in it.`,
      fix: 'write host: secret("SSH_HOST") and keep the address in the environment\'s secret.',
      field: use.field("host"),
    }));
}

/** Two definitions of one machine disagree about its host keys or platform. */
export function serverConflict(machine: Machine): Diagnostic[] {
  const [first, ...others] = serversOf(machine.occupants);
  if (first === undefined) return [];
  return others.flatMap((other): Diagnostic[] => {
    const aspect = (["hostKeys", "platform"] as const).find(
      (name) => said(first.server, name) !== said(other.server, name),
    );
    if (aspect === undefined) return [];
    const what =
      aspect === "hostKeys" ? "host keys" : `platforms (${first.server.platform} and ${other.server.platform})`;
    return [
      {
        code: "SERVER_CONFLICT",
        severity: "error",
        message: `two definitions of server ${machine.label} give different ${what}: one for ${tenantsOf(first)}, one for ${tenantsOf(other)}.`,
        fix: "define the server once and use it for all of them.",
        field: other.field(aspect),
        also: [first.field(aspect)],
      },
    ];
  });
}

function said(server: Server, aspect: "hostKeys" | "platform"): string {
  if (aspect === "platform") return server.platform;
  return Array.isArray(server.hostKeys) ? [...server.hostKeys].sort().join("\n") : "unknown";
}

/** Two machines of a fleet have one name, which stands in messages, host key aliases and environments. */
export function serverNameTaken({ definition, fields }: CheckedFleet): Diagnostic[] {
  const holders = new Map<string, { host: string; field: FieldRef }>();
  return Object.entries(fields.tenants).flatMap(([key, { on }]): Diagnostic[] => {
    if (on.name === undefined) return [];
    const host = typeof on.host === "string" ? canonicalHost(on.host) : `secret ${on.host.name}`;
    const field: FieldRef = { root: definition, path: ["tenants", key, "on", "name"] };
    const holder = holders.get(on.name.toLowerCase());
    if (holder === undefined) holders.set(on.name.toLowerCase(), { host, field });
    if (holder === undefined || holder.host === host) return [];
    return [
      {
        code: "SERVER_NAME_TAKEN",
        severity: "error",
        message: `two servers are called ${show(on.name)}: ${show(holder.host)} and ${show(host)}.`,
        fix: "give each server a name of its own.",
        field,
        also: [holder.field],
      },
    ];
  });
}

/** A server's platform that the image is not made for. One complaint for each image and platform. */
export function platformNotBuilt(checked: CheckedFleet): Diagnostic[] {
  const { definition, fields } = checked;
  const lacking = new Map<string, { image: PropertyKey[]; platform: string; keys: string[] }>();
  for (const [key, tenant] of Object.entries(fields.tenants)) {
    const image = tenant.image ?? fields.app.image;
    const { platform } = tenant.on;
    if (!("platforms" in image) || image.platforms === undefined || image.platforms.includes(platform)) continue;
    const path = tenant.image ? ["tenants", key, "image"] : ["app", "image"];
    const entry = lacking.get(`${path} ${platform}`) ?? { image: path, platform, keys: [] };
    entry.keys.push(key);
    lacking.set(`${path} ${platform}`, entry);
  }
  return [...lacking.values()].map(({ image, platform, keys }) => ({
    code: "PLATFORM_NOT_BUILT",
    severity: "error",
    message: `${tenantsNamed(keys.map((key) => show(key)))} ${keys.length === 1 ? "is" : "are"} on ${platform}, which the image is not made for.`,
    fix: `add ${show(platform)} to platforms.`,
    field: { root: definition, path: [...image, "platforms"] },
    also: [{ root: definition, path: ["tenants", keys[0] as string, "on", "platform"] }],
  }));
}
