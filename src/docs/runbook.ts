import { containerName, type Fleet, type Installation } from "../fleet/installation.ts";
import { generatedFrom } from "../header.ts";
import { outcomeTable } from "../scripts/outcome-table.ts";
import { deploySeconds } from "../scripts/seconds.ts";
import { template } from "../scripts/template.ts";

const page = template<object>("docs/runbook.md.hbs");

/** What a person on call needs: what each outcome means, where things are, the commands by hand. */
export function runbook(fleet: Fleet, source: string): string {
  const installations = fleet.active === "single" && fleet.single ? [fleet.single] : [];
  return page({
    fleet,
    generated: generatedFrom(source).join(" "),
    outcomes: outcomeTable.map((row) => ({ ...row, job: row.green ? "green" : "red" })),
    seconds: deploySeconds(fleet.app),
    waiting: installations.length === 0,
    installations: installations.map((installation) => place(fleet, installation)),
  });
}

function place(fleet: Fleet, installation: Installation) {
  const { target } = installation;
  const user = target.user.literal ?? "<user>";
  const host = target.host.literal ?? "<host>";
  const port = target.port.literal;
  return {
    ...installation,
    ssh: `ssh ${port === undefined || port === 22 ? "" : `-p ${port} `}${user}@${host}`,
    health: `http://127.0.0.1:${installation.ports[fleet.app.health.port]}${fleet.app.health.path}`,
    containers: Object.keys(fleet.app.containers).map((service) => containerName(fleet, installation, service)),
    pinned: target.hostKeys.length > 0,
  };
}
