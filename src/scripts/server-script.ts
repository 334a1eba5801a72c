import type { Fleet } from "../fleet/installation.ts";
import { outcomeTable } from "./outcome-table.ts";
import { renderScript } from "./script.ts";
import { type DeploySeconds, deploySeconds } from "./seconds.ts";
import { readParts, template } from "./template.ts";

const prologue = template<object>("prologue/server.sh.hbs");
const body = readParts("server");

/** Megabytes that must be free on the server before a pull. */
const FREE_MEGABYTES = 2048;

/** The script that runs on the server: one for the whole fleet. `seconds` are other bounds than the fleet's own, for tests. */
export function serverScript(fleet: Fleet, source: string, seconds: Partial<DeploySeconds> = {}): string {
  return renderScript({
    purpose: [
      `Deploys one tenant of the fleet ${fleet.name} on the server that it stands on.`,
      "deploy.sh sends it there with the tenant's settings. To see what it did: .tenantry/journal in the deployment directory.",
    ],
    source,
    prologue: prologue({
      fleet,
      health: fleet.app.health,
      seconds: { ...deploySeconds(fleet.app), ...seconds },
      freeMegabytes: FREE_MEGABYTES,
      secrets: fleet.app.secrets,
      optionalSecrets: fleet.app.optionalSecrets,
      outcomes: outcomeTable,
    }),
    body,
  });
}
