import { own } from "../fleet/own.ts";
import { containerNames } from "./container-names.ts";
import { portEntries, publishes } from "./ports.ts";
import { problemsByEnv, type Rule, type RuleContext, report, tenantsOf } from "./rule.ts";
import { fleetServices, healthService, longRunning, replicasOf } from "./services.ts";
import { listOf } from "./values.ts";
import type { Resolver } from "./variables.ts";

/** Rules about what a plain `docker compose up -d` starts, and whether the deploy's probe finds it. */
export const startRules: readonly Rule[] = [serviceNotStarted, serviceReplicated, healthPortUnreachable];

/** The deploy starts what no profile holds back, and waits for its answer and its image. */
function serviceNotStarted({ definition, fleet, compose }: RuleContext) {
  const probed = healthService(fleet, compose);
  const ours = fleetServices(fleet, compose);
  const judge = (resolver: Resolver) => {
    const started = longRunning(compose, resolver);
    if (probed !== undefined && !started.includes(probed)) {
      const why = listOf(compose.services[probed]?.profiles).length > 0 ? "is in a profile" : "has no replica";
      return `service "${probed}" of ${compose.path}, which publishes the port that is probed, ${why}`;
    }
    if (ours.length === 0 || ours.some((name) => started.includes(name))) return undefined;
    return `every service of ${compose.path} that runs the fleet's image is in a profile or has no replica`;
  };
  return problemsByEnv(fleet, judge).map(({ problem, installations }) =>
    report(definition, "SERVICE_NOT_STARTED", ["app", "compose"])(
      `${problem}, so a deploy of ${tenantsOf(definition, installations)} would not start it`,
      "let a plain `docker compose up -d` start it: with one replica and without a profile",
    ),
  );
}

/** Compose refuses several containers of one name. */
function serviceReplicated({ definition, fleet, compose }: RuleContext) {
  return Object.entries(compose.services).flatMap(([name, service]) => {
    const judge = (resolver: Resolver) => {
      const replicas = replicasOf(service, resolver);
      return replicas > 1 ? `service "${name}" of ${compose.path} has ${replicas} replicas` : undefined;
    };
    return problemsByEnv(fleet, judge).flatMap(({ problem, installations }) => {
      const named = installations.filter((installation) => containerNames(fleet, installation, compose).has(name));
      if (named.length === 0) return [];
      return [
        report(definition, "SERVICE_REPLICATED", ["app", "compose"])(
          `${problem}, and its container has a name for ${tenantsOf(definition, named)}, which Compose gives to one only`,
          "remove scale and deploy.replicas: a tenant has one container of each named service",
        ),
      ];
    });
  });
}

/**
 * Addresses on which 127.0.0.1 is answered. `::` is none: Docker takes it as "IPv6 only"
 * (https://docs.docker.com/engine/network/packet-filtering-firewalls/).
 */
const probedAddresses = ["0.0.0.0", "127.0.0.1"];

function healthPortUnreachable({ definition, fleet, compose }: RuleContext) {
  const port = own(fleet.app.ports, fleet.app.health.port);
  if (port === undefined) return []; // HEALTH_PORT_UNKNOWN
  const judge = (resolver: Resolver) => {
    const entries = Object.values(compose.services).flatMap((service) => portEntries(service, resolver));
    const addresses = entries.filter((entry) => publishes(entry, port)).map(({ hostIp }) => hostIp || "0.0.0.0");
    if (addresses.length === 0 || addresses.some((address) => probedAddresses.includes(address))) return undefined;
    return `${compose.path} publishes container port ${port} on ${addresses.join(" and ")} alone`;
  };
  return problemsByEnv(fleet, judge).map(({ problem, installations }) =>
    report(definition, "HEALTH_PORT_UNREACHABLE", ["app", "health", "port"])(
      `${problem}, and a deploy of ${tenantsOf(definition, installations)} asks 127.0.0.1`,
      `publish it on 127.0.0.1 as well: "127.0.0.1:${port}:${port}"`,
    ),
  );
}
