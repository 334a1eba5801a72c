import type { ImageSource } from "../fleet/image.ts";
import { takesJobToken } from "../fleet/image-login.ts";
import type { Fleet } from "../fleet/installation.ts";
import { greenOutcomes, outcomeTable } from "./outcome-table.ts";
import { renderScript } from "./script.ts";
import { deploySeconds } from "./seconds.ts";
import { readParts, readTemplate, template } from "./template.ts";

const deployPrologue = template<object>("prologue/deploy.sh.hbs");
const deployBody = readParts("runner/deploy");
const reportPrologue = template<object>("prologue/report.sh.hbs");
const reportBody = readTemplate("runner/report.sh");
const imagePrologue = template<object>("prologue/image.sh.hbs");
const imageBody = readTemplate("runner/image.sh");

/** How often a connection that was lost in mid-deploy is made again before the outcome is `unknown`. */
const RECONNECTS = 5;

/**
 * The script that a runner deploys one tenant with.
 * @param composeFile the app's compose file, relative to the script
 */
export function deployScript(fleet: Fleet, source: string, composeFile: string): string {
  return renderScript({
    purpose: [`Deploys one tenant of the fleet ${fleet.name} from a runner: one SSH connection, one bundle.`],
    source,
    prologue: deployPrologue({
      composeFile,
      seconds: deploySeconds(fleet.app),
      reconnects: RECONNECTS,
      green: greenOutcomes,
      outcomes: outcomeTable,
    }),
    body: deployBody,
  });
}

/** The script that writes the run's table into its summary. */
export function reportScript(fleet: Fleet, source: string): string {
  return renderScript({
    purpose: [`Writes what a run did to the tenants of the fleet ${fleet.name}: report.sh <tenant>…`],
    source,
    prologue: reportPrologue({ fleet, green: greenOutcomes, outcomes: outcomeTable }),
    body: reportBody,
  });
}

/** The script that asks the image registry, or undefined where the definition names the digest itself. */
export function imageScript(
  image: ImageSource,
  source: string,
  platforms: readonly string[],
  notContext: readonly string[],
): string | undefined {
  if (image.kind !== "build" && image.kind !== "follow") return undefined;
  const build = image.kind === "build" && {
    context: image.context,
    settings: JSON.stringify({ dockerfile: image.dockerfile, platforms, args: image.args }),
    notContext,
    platforms: platforms.length,
  };
  return renderScript({
    purpose: ["Finds the image of a commit in the image registry, so that what exists is not built again."],
    source,
    prologue: imagePrologue({
      repository: image.repository,
      login: takesJobToken(image) ? "yes" : "no",
      build,
      follow: image.kind === "follow" && image,
    }),
    body: imageBody,
  });
}
