import type { Diagnostic } from "../fleet/diagnostic.ts";
import { containerName } from "../fleet/installation.ts";
import { installationsOf, listed, type Rule, type RuleContext, report } from "./rule.ts";
import { fleetServices } from "./services.ts";

/** Rules about containers and their names. */
export const containerRules: readonly Rule[] = [serviceUnknown, nameTooLong];

function serviceUnknown({ definition, fleet, compose }: RuleContext) {
  const services = Object.keys(compose.services);
  const ofApp = Object.keys(fleet.app.containers).map((name) => ({ name, path: ["app", "containers", name] }));
  const ofTenants = fleet.tenants.flatMap(({ tenant, containers }) =>
    Object.keys(containers).map((name) => ({ name, path: ["tenants", tenant, "containers", name] })),
  );
  const unknown = [...ofApp, ...ofTenants].filter(({ name }) => !services.includes(name));
  return unknown.map(({ name, path }) =>
    report(
      definition,
      "CONTAINER_SERVICE_UNKNOWN",
      path,
    )(`${compose.path} has no service "${name}"; it has ${listed(services)}`, "name one of its services"),
  );
}

/** Containers of a network find each other by name, and a DNS label has 63 characters at most (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4). */
function nameTooLong({ definition, fleet, compose }: RuleContext): Diagnostic[] {
  return installationsOf(fleet).flatMap((installation) =>
    fleetServices(fleet, compose).flatMap((service) => {
      const name = containerName(fleet, installation, service);
      if (name.length <= 63) return [];
      const say = report(definition, "CONTAINER_NAME_TOO_LONG", ["tenants", installation.tenant]);
      return [
        say(
          `container "${name}" of tenant "${installation.tenant}" has ${name.length} characters, and 63 is the limit`,
          "give the tenant a shorter prefix, or the service a shorter end in app.containers",
        ),
      ];
    }),
  );
}
