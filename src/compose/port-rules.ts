import { portEntries, publishesInRange } from "./ports.ts";
import { listed, type Rule, type RuleContext, report } from "./rule.ts";
import { appResolver, publishersOf } from "./services.ts";
import { finalText } from "./values.ts";

/** Rules about what the compose file publishes. */
export const portRules: readonly Rule[] = [portNotInCompose, portAmbiguous, portUndeclared, hostNetwork];

function portNotInCompose({ definition, fleet, compose }: RuleContext) {
  const missing = Object.entries(fleet.app.ports).filter(([, port]) => publishersOf(fleet, compose, port).length === 0);
  return missing.map(([name, port]) => {
    const say = report(definition, "PORT_NOT_IN_COMPOSE", ["app", "ports", name]);
    return isInRange({ definition, fleet, compose }, port)
      ? say(
          `${compose.path} publishes container port ${port} ("${name}") only within a range`,
          `give it a line of its own: "${port}:${port}"`,
        )
      : say(
          `no service of ${compose.path} publishes container port ${port} ("${name}")`,
          `add "${port}:${port}" to a service's ports`,
        );
  });
}

function isInRange({ fleet, compose }: RuleContext, port: number): boolean {
  const entries = Object.values(compose.services).flatMap((service) => portEntries(service, appResolver(fleet)));
  return entries.some((entry) => publishesInRange(entry, port));
}

/** Both would be given the tenant's one port on the server. */
function portAmbiguous({ definition, fleet, compose }: RuleContext) {
  return Object.entries(fleet.app.ports).flatMap(([name, port]) => {
    const services = publishersOf(fleet, compose, port);
    if (services.length < 2) return [];
    const say = report(definition, "PORT_AMBIGUOUS", ["app", "ports", name]);
    return [
      say(`services ${listed(services)} all publish container port ${port} ("${name}")`, "publish it from one service"),
    ];
  });
}

/** A port that no definition names is the same for every tenant, so two of them cannot share a server. */
function portUndeclared({ definition, fleet, compose }: RuleContext) {
  const resolver = appResolver(fleet);
  const declared = Object.values(fleet.app.ports);
  const ports = Object.values(compose.services).flatMap((service) => portEntries(service, resolver));
  const undeclared = ports.flatMap(({ target }) => (target && !declared.includes(target[0]) ? [target[0]] : []));
  return [...new Set(undeclared)].map((port) =>
    report(
      definition,
      "PORT_UNDECLARED",
      ["app", "ports"],
      "warning",
    )(
      `${compose.path} publishes container port ${port}, which the app does not declare: tenants of one server would collide`,
      `name it in the app's ports, or reach it without publishing it`,
    ),
  );
}

/** With the host's network, Compose publishes nothing: two tenants would want the same ports of the server. */
function hostNetwork({ definition, fleet, compose }: RuleContext) {
  const resolver = appResolver(fleet);
  return Object.entries(compose.services)
    .filter(([, service]) => finalText(service.network_mode, resolver) === "host")
    .map(([name]) =>
      report(definition, "COMPOSE_HOST_NETWORK", ["app", "compose"])(
        `service "${name}" of ${compose.path} uses the host's network, where its ports cannot be given per tenant`,
        "remove network_mode: host and publish the ports",
      ),
    );
}
