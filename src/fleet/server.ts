import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { noteCallSite } from "./call-site.ts";
import { complain, show, text, wholeNumber } from "./checks.ts";
import { SecretName, Words } from "./names.ts";
import { AbsolutePath } from "./paths.ts";

/** A value that the definition must not show: the name of a secret of the deploy environment, and not of the deploy key. */
export const Secret = z.strictObject({
  kind: z.literal("secret"),
  name: SecretName.check((context) => {
    if (context.value.toUpperCase() !== "SSH_PRIVATE_KEY") return;
    complain(context, {
      code: "SECRET_NAME_INVALID",
      message: `${show(context.value)} is the secret that holds the deploy key`,
      fix: "name the secret that holds this value, and keep the key out of it",
    });
  }),
});
export type Secret = z.output<typeof Secret>;

/** Reads a value from the secret `name` of the fleet's deploy environment when the workflow runs. Else SECRET_NAME_INVALID. */
export function secret(name: string): Secret {
  return noteCallSite({ kind: "secret", name }, secret);
}

/** A DNS name, an IPv4 or an IPv6 address. Else HOST_INVALID. */
const Host = text(
  (value) => isHostName(value) || isIPv4(value) || (isIPv6(value) && !value.includes("%")),
  (value) => ({
    code: "HOST_INVALID",
    message: `${show(value)} is not a host name or an address`,
    fix: "use a DNS name, an IPv4 or an IPv6 address, without a scheme, user or port",
  }),
);

function isHostName(value: string): boolean {
  const labels = value.split(".");
  // A name that ends in digits is a mistyped address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
  if (value.length > 253 || /^\d+$/.test(labels.at(-1) ?? "")) return false;
  return labels.every((label) => /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(label));
}

/** A Linux account as useradd takes it (https://manpages.debian.org/bookworm/passwd/useradd.8.en.html#CAVEATS). Else USER_INVALID. */
const User = text(
  (value) => /^[a-z_][a-z0-9_-]{0,31}$/.test(value),
  (value) => ({
    code: "USER_INVALID",
    message: `${show(value)} is not a Linux account`,
    fix: "use 1 to 32 of a-z, 0-9, '_' and '-', starting with a letter or '_'",
  }),
);

const SshPort = wholeNumber(1, 65535, "PORT_INVALID", "a TCP port");

/** One line of /etc/ssh/ssh_host_*_key.pub, `<type> <base64>`; a comment behind the key is dropped. Else HOST_KEY_INVALID. */
const HostKey = z
  .string()
  .overwrite((value) => value.trim().replace(/^(\S+)[ \t]+(\S+)(?:[ \t].*)?$/, "$1 $2"))
  .check((context) => {
    if (isHostKey(context.value)) return;
    complain(context, {
      code: "HOST_KEY_INVALID",
      message: `${show(context.value)} is not a host key`,
      fix: "copy the line of /etc/ssh/ssh_host_ed25519_key.pub on the server: ssh-ed25519 AAAA…",
    });
  });

const hostKeyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "ssh-rsa",
];

/** The blob of a key starts with its own type's length and name (https://www.rfc-editor.org/rfc/rfc4253#section-6.6). */
function isHostKey(value: string): boolean {
  const [type, blob, ...rest] = value.split(" ");
  if (!type || !blob || rest.length > 0 || !hostKeyTypes.includes(type)) return false;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(blob) || blob.length % 4 !== 0) return false;
  const bytes = Buffer.from(blob, "base64");
  const length = bytes.length > 4 ? bytes.readUInt32BE(0) : 0;
  if (bytes.subarray(4, 4 + length).toString("latin1") !== type) return false;
  return type !== "ssh-ed25519" || bytes.length === 51;
}

const UnknownHostKeys = z.strictObject({ kind: z.literal("unknown-host-keys") });

/**
 * Host keys that nobody has looked up yet. Compiles with the warning HOST_KEYS_UNKNOWN, and every deploy to
 * the server is `refused` until the keys are written down: a key taken over the network at deploy time proves nothing.
 */
export function unknown(): z.output<typeof UnknownHostKeys> {
  return noteCallSite({ kind: "unknown-host-keys" }, unknown);
}

const HostKeys = z.union([z.array(HostKey).min(1), UnknownHostKeys]);

const Direct = z.strictObject({ kind: z.literal("direct") });
const Bastion = z.strictObject({
  kind: z.literal("bastion"),
  /** Address of the jump host. Else HOST_INVALID. */
  host: Host,
  /** Account on the jump host, default the server's. Else USER_INVALID. */
  user: User.optional(),
  /** SSH port of the jump host, 1-65535, default 22. Else PORT_INVALID. */
  port: SshPort.default(22),
  /** Its pinned host keys. Else HOST_KEY_INVALID. */
  hostKeys: z.array(HostKey).min(1),
});
const Tailscale = z.strictObject({
  kind: z.literal("tailscale"),
  /** Tags that the runner's node joins the tailnet with, default `["tag:ci"]`. Else TAG_INVALID. */
  tags: z
    .array(
      text(
        (value) => /^tag:[a-zA-Z][a-zA-Z0-9-]*$/.test(value),
        (value) => ({
          code: "TAG_INVALID",
          message: `${show(value)} is not a Tailscale tag`,
          fix: 'write it as "tag:ci"',
        }),
      ),
    )
    .min(1)
    .default(["tag:ci"]),
  /** Secret that holds the OAuth client's id, default TS_OAUTH_CLIENT_ID. */
  clientId: Secret.default({ kind: "secret", name: "TS_OAUTH_CLIENT_ID" }),
  /** Secret that holds the OAuth client's secret, default TS_OAUTH_SECRET. */
  clientSecret: Secret.default({ kind: "secret", name: "TS_OAUTH_SECRET" }),
});
const WayIn = z.discriminatedUnion("kind", [Direct, Bastion, Tailscale]);
export type WayIn = z.output<typeof WayIn>;
export type BastionInput = Omit<z.input<typeof Bastion>, "kind">;
export type TailscaleInput = Omit<z.input<typeof Tailscale>, "kind">;

/** The runner reaches the server by itself. Say so for a private address that a self-hosted runner can reach. */
export function direct(): z.input<typeof Direct> {
  return noteCallSite({ kind: "direct" }, direct);
}

/** Through a jump host, whose keys are pinned like the server's own. */
export function bastion(options: BastionInput): z.input<typeof Bastion> {
  return noteCallSite({ ...options, kind: "bastion" }, bastion);
}

/** The runner joins the tailnet for the time of the job. */
export function tailscale(options: TailscaleInput = {}): z.input<typeof Tailscale> {
  return noteCallSite({ ...options, kind: "tailscale" }, tailscale);
}

/** A host that is reached over SSH. */
export const Server = z.strictObject({
  kind: z.literal("server"),
  /** What messages and the host key's alias call it, default the host. Else TEXT_INVALID; SERVER_NAME_TAKEN. */
  name: Words.optional(),
  /** DNS name or address, or `secret("SSH_HOST")` where a public repository must not show it. Else HOST_INVALID. */
  host: z.union([Host, Secret]),
  /** Account of the deploys, default `deploy`. Else USER_INVALID. */
  user: z.union([User, Secret]).default("deploy"),
  /** SSH port, 1-65535, default 22. Else PORT_INVALID. */
  port: z.union([SshPort, Secret]).default(22),
  /** Home of the account, default `/home/<user>`; HOME_UNKNOWN when the user is a secret and this is not given. Else PATH_INVALID. */
  home: AbsolutePath.optional(),
  /** The server's public host keys, or `unknown()` until they are looked up. Else HOST_KEY_INVALID. */
  hostKeys: HostKeys,
  /** What it runs, default linux/amd64. The image must have been built for it, else PLATFORM_NOT_BUILT. */
  platform: z.enum(["linux/amd64", "linux/arm64"]).default("linux/amd64"),
  /** Where it stands, for people and the registry, default `unknown`. Else TEXT_INVALID. */
  region: Words.default("unknown"),
  /** How a runner reaches it. A private address without one is WAY_IN_MISSING. Default direct for a public address. */
  via: WayIn.optional(),
});
export type Server = z.output<typeof Server>;
export type ServerInput = Omit<z.input<typeof Server>, "kind">;
export type Platform = Server["platform"];

/** Declares a server. Two definitions with the same host are one machine to every rule, and must agree, else SERVER_CONFLICT. */
export function server(options: ServerInput): z.input<typeof Server> {
  return noteCallSite({ ...options, kind: "server" }, server);
}
