import type { ComposeFile } from "../fleet/compose-file.ts";
import { containerName, type Fleet, type Installation } from "../fleet/installation.ts";
import { runsFleetImage } from "./services.ts";

/**
 * The container names that an installation's overlay sets, by service. Another image's container keeps Compose's own name,
 * `<project>-<service>-1`, unless a name was asked for somewhere.
 */
export function containerNames(
  fleet: Pick<Fleet, "app" | "branch">,
  installation: Installation,
  compose: ComposeFile,
): ReadonlyMap<string, string> {
  const named = Object.entries(compose.services).filter(([name, service]) => {
    const asked = [installation.containers, fleet.app.containers].some((names) => Object.hasOwn(names, name));
    return asked || service.container_name !== undefined || runsFleetImage(fleet, service);
  });
  return new Map(named.map(([name]) => [name, containerName(fleet, installation, name)]));
}
