import type { Fleet, Installation } from "./installation.ts";

/**
 * The GitHub environment that holds the deploy key of an installation: `production`, `production-<server>` or
 * `production-<tenant>` as the fleet's `credentials` say.
 */
export function environmentOf(fleet: Pick<Fleet, "name" | "credentials">, installation: Installation): string {
  switch (fleet.credentials) {
    case "per-fleet":
      return fleet.name;
    case "per-server":
      return `${fleet.name}-${installation.target.server}`;
    case "per-tenant":
      return `${fleet.name}-${installation.tenant}`;
  }
}
