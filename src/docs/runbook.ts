import { containerNames } from "../compose/container-names.ts";
import type { ComposeFile } from "../fleet/compose-file.ts";
import type { Fleet, Installation, Target } from "../fleet/installation.ts";
import { generatedFrom } from "../header.ts";
import { outcomeTable } from "../scripts/outcome-table.ts";
import { deploySeconds } from "../scripts/seconds.ts";
import { template } from "../scripts/template.ts";

const page = template<object>("docs/runbook.md.hbs");

/** What a person on call needs: what each outcome means, where things are, the commands by hand. */
export function runbook(fleet: Fleet, source: string, compose: ComposeFile): string {
  const installations = fleet.active === "single" && fleet.single ? [fleet.single] : [];
  return page({
    fleet,
    generated: generatedFrom(source).join(" "),
    outcomes: outcomeTable.map((row) => ({ ...row, job: row.green ? "green" : "red" })),
    seconds: deploySeconds(fleet.app),
    waiting: installations.length === 0,
    installations: installations.map((installation) => place(fleet, installation, compose)),
  });
}

function place(fleet: Fleet, installation: Installation, compose: ComposeFile) {
  const { target } = installation;
  return {
    ...installation,
    ssh: sshCommand(target),
    health: `http://127.0.0.1:${installation.ports[fleet.app.health.port]}${fleet.app.health.path}`,
    containers: [...containerNames(fleet, installation, compose)].map(([service, name]) => ({ service, name })),
    pinned: target.hostKeys.length > 0,
    inTailnet: target.via.kind === "tailscale",
    catchesUp: installation.ifUnreachable === "catch-up",
  };
}

/** The command that a person types; `<…>` stands for what only a secret of the environment holds. */
function sshCommand({ host, user, port, via }: Target): string {
  const account = user.literal ?? "<user>";
  const jump = via.kind === "bastion" ? ["-J", `${via.user ?? account}@${inBrackets(via.host)}:${via.port}`] : [];
  const number = port.literal ?? "<port>";
  const option = number === 22 ? [] : ["-p", number];
  return ["ssh", ...jump, ...option, `${account}@${host.literal ?? "<host>"}`].join(" ");
}

/** `-J` takes what stands behind the last colon for the port. */
function inBrackets(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
