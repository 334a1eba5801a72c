import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Addresses that no runner of GitHub's reaches by itself, after the IANA special-purpose registries (https://www.iana.org/assignments/iana-ipv4-special-registry). */
const unreachable = new BlockList();
unreachable.addSubnet("0.0.0.0", 8, "ipv4");
unreachable.addSubnet("10.0.0.0", 8, "ipv4");
unreachable.addSubnet("100.64.0.0", 10, "ipv4"); // also Tailscale's range
unreachable.addSubnet("127.0.0.0", 8, "ipv4");
unreachable.addSubnet("169.254.0.0", 16, "ipv4");
unreachable.addSubnet("172.16.0.0", 12, "ipv4");
unreachable.addSubnet("192.168.0.0", 16, "ipv4");
unreachable.addSubnet("::", 127, "ipv6");
unreachable.addSubnet("fc00::", 7, "ipv6");
unreachable.addSubnet("fe80::", 10, "ipv6");

/** Names that only a local network or a tailnet resolves (RFC 6761, RFC 6762, RFC 8375, MagicDNS, ICANN's `internal`). */
const privateSuffixes = ["localhost", "local", "lan", "home.arpa", "internal", "ts.net"];

/** Whether a host is known to be out of reach from the internet: a private address, a local name, or a name without a dot. */
export function isPrivateHost(host: string): boolean {
  if (isIPv4(host)) return unreachable.check(host, "ipv4");
  // A BlockList reads ::ffff:10.0.0.1 by its IPv4 rules.
  if (isIPv6(host)) return unreachable.check(host, "ipv6");
  const name = host.toLowerCase();
  if (!/^[a-z0-9.-]+$/.test(name)) return false; // HOST_INVALID
  return !name.includes(".") || privateSuffixes.some((suffix) => name.endsWith(`.${suffix}`));
}
