// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are compose files, whose variables look like JavaScript's.
import { expect, test } from "vitest";
import { sharedBetweenFleets, sharedWithinFleet } from "../../src/compose/neighbour-rules.ts";
import { composeRules } from "../../src/compose/rules.ts";
import type { FleetDefinition, FleetFields } from "../../src/fleet/fleet.ts";
import { resolveFleet } from "../../src/fleet/installation.ts";
import { parseFleet } from "../../src/fleet/parse.ts";
import { fleetFiles, load, resolved, webFleet, withCompose } from "./support.ts";

// Invariant: what does not fit between a definition and its compose file is said before anything is written, at its field, and nothing else is.
// If this breaks, a server finds out in the middle of a deploy, or two tenants share what they should not.

const web = (fields = "", rest = "") =>
  `services:\n  web:\n    image: ghcr.io/example/web\n    ports: ["8080:8080"]\n${indented(fields)}${rest}`;
const indented = (fields: string) => fields.replace(/^(?=.)/gm, "    ").replace(/(?<=.)$/, "\n");

interface Row {
  readonly title: string;
  readonly code: string;
  readonly path: PropertyKey[];
  readonly says: RegExp;
  readonly definition?: FleetDefinition;
  readonly broken: string;
  /** Nearly the same, and right. */
  readonly right: string;
  readonly rightDefinition?: FleetDefinition;
}

const secret = webFleet({ secrets: ["TOKEN"], optionalSecrets: ["MORE"] });
const withData = webFleet({ data: { state: { directory: "state", mount: "/var/state" } } });
const longName = "x".repeat(55);
const cli = "  cli: { image: ghcr.io/example/web }\n";
const perTenant = webFleet({}, { env: { SPACE: "a" } }, { env: { SPACE: "b" } });

const rows: Row[] = [
  {
    title: "no service runs the image",
    code: "IMAGE_NOT_IN_COMPOSE",
    path: ["app", "image", "repository"],
    says: /ghcr\.io\/example\/web/,
    broken: web().replace("example/web", "example/other"),
    right: web().replace("ghcr.io/example/web", "${IMAGE:-web:local}"),
  },
  {
    title: "a port that nothing publishes",
    code: "PORT_NOT_IN_COMPOSE",
    path: ["app", "ports", "web"],
    says: /no service .* 8080/,
    broken: web().replace('    ports: ["8080:8080"]\n', ""),
    right: web().replace('"8080:8080"', "{ target: 8080, published: 80 }"),
  },
  {
    title: "a port over UDP only",
    code: "PORT_NOT_IN_COMPOSE",
    path: ["app", "ports", "web"],
    says: /no service/,
    broken: web().replace("8080:8080", "8080:8080/udp"),
    right: web().replace("8080:8080", "127.0.0.1:${PORT:-80}:8080/tcp"),
  },
  {
    title: "a port within a range",
    code: "PORT_NOT_IN_COMPOSE",
    path: ["app", "ports", "web"],
    says: /within a range/,
    broken: web().replace("8080:8080", "8080-8081:8080-8081"),
    right: web().replace("8080:8080", "8080"),
  },
  {
    title: "two services publish one port",
    code: "PORT_AMBIGUOUS",
    path: ["app", "ports", "web"],
    says: /"web" and "proxy"/,
    broken: web("", '  proxy: { image: nginx, ports: ["81:8080"] }\n'),
    right: web("", '  proxy: { image: nginx, expose: ["8080"] }\n'),
  },
  {
    title: "a port that the app does not declare",
    code: "PORT_UNDECLARED",
    path: ["app", "ports"],
    says: /9090/,
    broken: web().replace('"8080:8080"', '"8080:8080", "9090:9090"'),
    right: web('expose: ["9090"]'),
  },
  {
    title: "a service on the host's network",
    code: "COMPOSE_HOST_NETWORK",
    path: ["app", "compose"],
    says: /"web"/,
    broken: web("network_mode: ${MODE:-host}"),
    right: web("network_mode: bridge"),
  },
  {
    title: "a variable that nobody gives",
    code: "COMPOSE_VARIABLE_UNKNOWN",
    path: ["app", "compose"],
    says: /\$\{TITLE\}/,
    broken: web("environment: { TITLE: $TITLE }"),
    right: web("environment: { TITLE: '${TITLE:-Web}' }"),
  },
  {
    title: "a variable that only one tenant gives",
    code: "COMPOSE_VARIABLE_UNKNOWN",
    path: ["app", "compose"],
    says: /\$\{TITLE\}/,
    definition: webFleet({}, { env: { TITLE: "t" } }),
    broken: web("environment: [TITLE]"),
    rightDefinition: webFleet({}, { env: { TITLE: "t" } }, { env: { TITLE: "u" } }),
    right: web("environment: [TITLE]"),
  },
  {
    title: "a variable that reads a name of the definition's needs no default",
    code: "COMPOSE_VARIABLE_UNKNOWN",
    path: ["app", "compose"],
    says: /\$\{TITLE\}/,
    broken: web("environment: { TITLE: '${NAME:-$TITLE}' }"),
    right: web("container_name: ${NAME}")
      .replace("8080:8080", "${PORT}:8080")
      .replace("ghcr.io/example/web", "${IMAGE}"),
  },
  {
    title: "a volume whose path has no default",
    code: "COMPOSE_VARIABLE_UNKNOWN",
    path: ["app", "compose"],
    says: /in a volume/,
    definition: withData,
    broken: web('volumes: ["${STATE}:/var/state"]'),
    right: web('volumes: ["${STATE:-./state}:/var/state"]'),
  },
  {
    title: "a required variable that is no secret",
    code: "COMPOSE_VARIABLE_REQUIRED",
    path: ["app", "compose"],
    says: /TITLE/,
    definition: webFleet({ env: { TITLE: "t" } }),
    broken: web("environment: { TITLE: '${TITLE:?say it}' }"),
    right: web("environment: { TITLE: '${TITLE:-}' }"),
  },
  {
    title: "a secret that nothing reads",
    code: "SECRET_NOT_IN_COMPOSE",
    path: ["app", "optionalSecrets", 0],
    says: /MORE/,
    definition: secret,
    broken: web("environment: { TOKEN: '${TOKEN:?}' }"),
    right: web("environment: [TOKEN, 'MORE=${MORE:-}']"),
  },
  {
    title: "a secret that only an extension reads",
    code: "SECRET_NOT_IN_COMPOSE",
    path: ["app", "secrets", 0],
    says: /TOKEN/,
    definition: webFleet({ secrets: ["TOKEN"] }),
    broken: web("", "x-note: ${TOKEN}\n"),
    right: web("command: ['--token=$TOKEN']"),
  },
  {
    title: "an env value that nothing reads",
    code: "ENV_NOT_IN_COMPOSE",
    path: ["tenants", "globex", "env", "TITLE"],
    says: /TITLE.* tenant "globex" \(rows\.csv:2\)/,
    definition: webFleet({}, {}, { env: { TITLE: "t" }, source: "rows.csv:2" }),
    broken: web("environment: { TITEL: '${TITEL:-}' }"),
    right: web("environment: { TITLE: '${TITLE:-}' }"),
  },
  {
    title: "an env value for what has a field of its own",
    code: "ENV_OVERRULED",
    path: ["app", "env", "PORT"],
    says: /app "web" gives PORT/,
    definition: webFleet({ env: { PORT: "80" } }),
    broken: web().replace("8080:8080", "${PORT:-8080}:8080"),
    right: web("environment: { PORT: '${PORT:-8080}' }"),
  },
  {
    title: "a brace in the default of a secret",
    code: "ENV_VALUE_INVALID",
    path: ["app", "env", "TITLE"],
    says: /brace/,
    definition: webFleet({ secrets: ["TOKEN"], env: { TITLE: "{x}" } }),
    broken: web("environment: { T: '${TOKEN:-${TITLE:-}}' }"),
    right: web("environment: { T: '${TOKEN:-}${TITLE:-}' }"),
  },
  {
    title: "data that nothing mounts",
    code: "DATA_NOT_IN_COMPOSE",
    path: ["app", "data", "state", "mount"],
    says: /\/var\/state/,
    definition: withData,
    broken: web('volumes: ["./state:/var/states", { type: tmpfs, target: /var/state }]'),
    right: web('volumes: ["./state:/var/state/:ro"]'),
  },
  {
    title: "a container name of a service that is not there",
    code: "CONTAINER_SERVICE_UNKNOWN",
    path: ["tenants", "acme", "containers", "wbe"],
    says: /tenant "acme" .* "wbe", .* has "web"/,
    definition: webFleet({}, { containers: { wbe: "old" } }),
    broken: web(),
    rightDefinition: webFleet({ containers: { web: "w" } }, { containers: { web: "old" } }),
    right: web(),
  },
  {
    title: "two services with one end of a name, said once for all tenants",
    code: "CONTAINER_TAKEN",
    path: ["app", "containers", "cli"],
    says: /"web" and "cli" of tenant "acme" .* "web_PRD_x"/,
    definition: webFleet({ containers: { web: "x", cli: "x" } }),
    broken: web("", cli),
    rightDefinition: webFleet({ containers: { web: "cli", cli: "web" } }),
    right: web("", cli),
  },
  {
    title: "the end of a name that is another service",
    code: "CONTAINER_TAKEN",
    path: ["app", "containers", "web"],
    says: /"web_PRD_cli"/,
    definition: webFleet({ containers: { web: "cli" } }),
    broken: web("", cli),
    right: web("", "  cli: { image: postgres:16 }\n"),
  },
  {
    title: "a tenant's kept name twice",
    code: "CONTAINER_TAKEN",
    path: ["tenants", "acme", "containers", "cli"],
    says: /"old"/,
    definition: webFleet({}, { containers: { web: "old", cli: "old" } }),
    broken: web("", cli),
    rightDefinition: webFleet({}, { containers: { web: "old", cli: "old-cli" } }),
    right: web("", cli),
  },
  {
    title: "a kept name that another tenant's service has, though no definition names it",
    code: "CONTAINER_TAKEN",
    path: ["tenants", "globex", "containers", "web"],
    says: /"acme" and "globex" .* "acme_PRD_cli" on server "east\.example\.com"/,
    definition: webFleet({}, {}, { containers: { web: "acme_PRD_cli" } }),
    broken: web("", cli),
    right: web("", "  cli: { image: postgres:16 }\n"),
  },
  {
    title: "one volume for two tenants",
    code: "VOLUME_TAKEN",
    path: ["app", "compose"],
    says: /volume "fixed" .* tenants "acme" and "globex" on server "east\.example\.com"/,
    broken: web("volumes: ['v:/v']", "volumes: { v: { name: fixed } }\n"),
    right: web("volumes: ['v:/v', 'w:/w']", "volumes: { v: { driver: local, external: false }, w: }\n"),
  },
  {
    title: "a volume that is there already",
    code: "VOLUME_TAKEN",
    path: ["app", "compose"],
    says: /volume "v"/,
    definition: perTenant,
    broken: web("volumes: ['v:/v']", "volumes: { v: { external: true } }\n"),
    right: web("volumes: ['v:/v']", "volumes: { v: { external: true, name: 'v-${SPACE:-x}' } }\n"),
  },
  {
    title: "a volume whose name every tenant leaves at its default",
    code: "VOLUME_TAKEN",
    path: ["app", "compose"],
    says: /volume "shop-x"/,
    broken: web("volumes: ['v:/v']", "volumes: { v: { name: 'shop-${SPACE:-x}' } }\n"),
    rightDefinition: perTenant,
    right: web("volumes: ['v:/v']", "volumes: { v: { name: 'shop-${SPACE:-x}' } }\n"),
  },
  {
    title: "one network for two tenants",
    code: "NETWORK_TAKEN",
    path: ["app", "compose"],
    says: /network "shared"/,
    broken: web("networks: [n]", "networks: { n: { name: shared } }\n"),
    right: web("networks: [n]", "networks: { n: { internal: true } }\n"),
  },
  {
    title: "one directory for two tenants",
    code: "BIND_TAKEN",
    path: ["app", "compose"],
    says: /directory "\/srv\/shared"/,
    broken: web("volumes: ['/srv/shared:/s']"),
    right: web("volumes: ['/srv/shared:/s:ro', './shared:/s', '/dev/null:/n', '/run/x.sock:/x', '/etc/localtime:/l']"),
  },
  {
    title: "one directory for two tenants, in the long form",
    code: "BIND_TAKEN",
    path: ["app", "compose"],
    says: /directory "\/srv\/a"/,
    broken: web("volumes: [{ type: bind, source: '${A:-/srv/a}', target: /s }]"),
    right: web("volumes: [{ type: bind, source: '${A:-/srv/a}', target: /s, read_only: true }]"),
  },
  {
    title: "one directory beside the deployments",
    code: "BIND_TAKEN",
    path: ["app", "compose"],
    says: /directory "\/home\/deploy\/shared"/,
    definition: withData,
    broken: web("volumes: ['../shared:/s', './state:/var/state']"),
    right: web("volumes: ['/srv/state:/var/state']"),
  },
  {
    title: "one directory in the account's home",
    code: "BIND_TAKEN",
    path: ["app", "compose"],
    says: /directory "~deploy\/shared"/,
    broken: web("volumes: ['~/shared/:/s']"),
    right: web("volumes: ['~/shared/:/s:z,ro']"),
  },
  {
    title: "one directory behind a volume of each tenant's own",
    code: "BIND_TAKEN",
    path: ["app", "compose"],
    says: /directory "\/srv\/shared"/,
    broken: web("volumes: ['v:/v']", "volumes: { v: { driver_opts: { type: none, o: bind, device: /srv/shared } } }\n"),
    right: web("volumes: ['v:/v']", "volumes: { v: { driver_opts: { type: tmpfs, device: tmpfs } } }\n"),
  },
  {
    title: "two containers of a service whose container has a name",
    code: "SERVICE_REPLICATED",
    path: ["app", "compose"],
    says: /"web" .* 2 replicas, .* tenants "acme" and "globex"/,
    broken: web("deploy: { replicas: 2 }"),
    right: web("deploy: { replicas: 1 }", "  db: { image: postgres:16, scale: 2 }\n"),
  },
  {
    title: "two containers for one tenant",
    code: "SERVICE_REPLICATED",
    path: ["app", "compose"],
    says: /3 replicas, .* tenant "globex"/,
    definition: webFleet({}, {}, { env: { SCALE: "3" } }),
    broken: web("scale: ${SCALE:-1}"),
    rightDefinition: webFleet({}, {}, { env: { SCALE: "1" } }),
    right: web("scale: ${SCALE:-1}"),
  },
  {
    title: "a kept name for a service with two containers",
    code: "SERVICE_REPLICATED",
    path: ["app", "compose"],
    says: /"db" .* tenant "acme"/,
    definition: webFleet({}, { containers: { db: "old-db" } }),
    broken: web("", "  db: { image: postgres:16, scale: 2 }\n"),
    right: web("", "  db: { image: postgres:16 }\n"),
  },
  ...["192.0.2.7:8080:8080", "[::1]:8080:8080", "[::]:8080:8080", "${IP:-192.0.2.7}:8080:8080"].map((port) => ({
    title: `the probed port as ${port}`,
    code: "HEALTH_PORT_UNREACHABLE",
    path: ["app", "health", "port"],
    says: /asks 127\.0\.0\.1/,
    broken: web().replace("8080:8080", port),
    right: web().replace('"8080:8080"', `"${port}", "127.0.0.1:8080:8080"`),
  })),
  {
    title: "the probed port on one tenant's address",
    code: "HEALTH_PORT_UNREACHABLE",
    path: ["app", "health", "port"],
    says: /192\.0\.2\.7 alone, .* tenant "globex" /,
    definition: webFleet({}, {}, { env: { IP: "192.0.2.7" } }),
    broken: web().replace('"8080:8080"', "{ target: 8080, published: 8080, host_ip: '${IP:-127.0.0.1}' }"),
    rightDefinition: webFleet({}, {}, { env: { IP: "0.0.0.0" } }),
    right: web().replace('"8080:8080"', "{ target: 8080, published: 8080, host_ip: '${IP:-127.0.0.1}' }"),
  },
  {
    title: "the probed service in a profile",
    code: "SERVICE_NOT_STARTED",
    path: ["app", "compose"],
    says: /"web" .* is in a profile/,
    broken: web("profiles: [serve]"),
    right: web("profiles: []"),
  },
  {
    title: "the probed service without a replica for one tenant",
    code: "SERVICE_NOT_STARTED",
    path: ["app", "compose"],
    says: /"web" .* has no replica, .* tenant "acme" /,
    definition: webFleet({}, { env: { SCALE: "0" } }),
    broken: web("deploy: { replicas: '${SCALE:-1}' }"),
    rightDefinition: webFleet({}, { env: { SCALE: "1" } }),
    right: web("deploy: { replicas: '${SCALE:-1}' }"),
  },
  {
    title: "a proxy that is probed before services that are not started",
    code: "SERVICE_NOT_STARTED",
    path: ["app", "compose"],
    says: /every service .* runs the fleet's image/,
    broken: 'services: { web: { image: ghcr.io/example/web, scale: 0 }, proxy: { image: caddy, ports: ["80:8080"] } }',
    right: 'services: { web: { image: ghcr.io/example/web }, proxy: { image: caddy, ports: ["80:8080"] } }',
  },
  {
    title: "a database whose image nobody names",
    code: "IMAGE_AMBIGUOUS",
    path: ["app", "compose"],
    says: /service "db" .* \$\{DB_IMAGE\}/,
    broken: web("", "  db: { image: '${DB_IMAGE}' }\n"),
    right: web("", "  db: { image: '${DB_IMAGE:-postgres:16}' }\n"),
  },
  {
    title: "two variables that may both be the image",
    code: "IMAGE_AMBIGUOUS",
    path: ["app", "compose"],
    says: /service "web"/,
    broken: web("", "  db: { image: '${B:-web:local}' }\n").replace("ghcr.io/example/web", "${A}"),
    right: web("", "  db: { image: '${A:-web:local}' }\n").replace("ghcr.io/example/web", "${A}"),
  },
  {
    title: "a container's name of 64 characters",
    code: "CONTAINER_NAME_TOO_LONG",
    path: ["tenants", "globex"],
    says: /64 characters/,
    definition: webFleet({}, {}, { prefix: `${longName}x` }),
    broken: web(),
    rightDefinition: webFleet({}, {}, { prefix: longName }),
    right: web(),
  },
  {
    title: "a file that includes another",
    code: "COMPOSE_NEEDS_FILES",
    path: ["app", "compose"],
    says: /^include /,
    broken: web("", "include: [other.yml]\n"),
    right: web("", "x-include: [other.yml]\n"),
  },
  {
    title: "a service that extends another file's",
    code: "COMPOSE_NEEDS_FILES",
    path: ["app", "compose"],
    says: /services\.web\.extends/,
    broken: web("extends: { file: base.yml, service: web }"),
    right: web("<<: { init: true }"),
  },
  {
    title: "a neighbour that has to be built",
    code: "COMPOSE_NEEDS_FILES",
    path: ["app", "compose"],
    says: /services\.db\.build/,
    broken: web("", "  db: { build: ./db }\n"),
    right: web("build: .", "  db: { image: postgres:16 }\n"),
  },
  {
    title: "a config out of a file of the repository",
    code: "COMPOSE_NEEDS_FILES",
    path: ["app", "compose"],
    says: /configs\.c\.file/,
    broken: web("configs: [c]", "configs: { c: { file: ./c.conf } }\n"),
    right: web("configs: [c]", "configs: { c: { content: 'x' } }\n"),
  },
  {
    title: "an env_file outside the deployment directory",
    code: "ENV_FILE_OUTSIDE",
    path: ["app", "compose"],
    says: /\.\.\/shared\.env/,
    broken: web("env_file: [{ path: ../shared.env, required: false }]"),
    right: web("env_file: { path: shared.env }"),
  },
  {
    title: "the whole .env for a container",
    code: "ENV_FILE_WHOLE",
    path: ["app", "compose"],
    says: /every line/,
    broken: web("env_file: .env"),
    right: web("env_file: app.env"),
  },
  {
    title: "another time to stop than the definition's",
    code: "DRAIN_DIFFERS",
    path: ["app", "drainSeconds"],
    says: /90.*10s/,
    definition: webFleet({ drainSeconds: 90 }),
    broken: web("stop_grace_period: 10s"),
    right: web("stop_grace_period: 1m30s"),
  },
];

test.each(rows)("$code: $title", ({ code, path, says, broken, right, definition = webFleet(), rightDefinition }) => {
  const judge = (of: FleetDefinition, text: string) => {
    const { fleet, compose } = withCompose("row", of, text);
    return composeRules(of, fleet, compose);
  };
  const found = judge(definition, broken).filter((diagnostic) => diagnostic.code === code);
  expect(found.length).toBeGreaterThan(0);
  expect(found[0]?.message).toMatch(says);
  expect(found[0]?.field).toEqual({ root: definition, path });
  expect(found[0]?.fix).not.toBe("");
  expect(judge(rightDefinition ?? definition, right).filter((diagnostic) => diagnostic.code === code)).toEqual([]);
});

test("a file that is not there, and one that cannot be read, are each said", () => {
  const definition = webFleet();
  const fleet = resolved(definition);
  expect(composeRules(definition, fleet, undefined).map(({ code, message }) => [code, message])).toEqual([
    ["COMPOSE_FILE_UNREADABLE", 'there is no compose file "docker-compose.yml"'],
  ]);
  const problems = [
    { line: 3, col: 5, message: "one" },
    { line: 9, col: 1, message: "two" },
  ];
  const messages = composeRules(definition, fleet, undefined, problems).map(({ message }) => message);
  expect(messages).toEqual([
    "docker-compose.yml:3:5 cannot be read: one",
    "docker-compose.yml:9:1 cannot be read: two",
  ]);
});

test("a path that is refused already is not called missing as well", () => {
  const definition = webFleet({ compose: "/srv/docker-compose.yml" });
  const { fields } = parseFleet(definition);
  expect(composeRules(definition, resolveFleet(fields as FleetFields), undefined)).toEqual([]);
});

// Invariant: fleets of one repository may share a server, and their tenants are apart there as well.
test.each<{ title: string; a: string; b: string; codes: string[] }>([
  { title: "nothing", a: web(), b: web(), codes: [] },
  {
    title: "one volume",
    a: web("", "volumes: { v: { name: x } }\n"),
    b: web("", "volumes: { w: { name: x } }\n"),
    codes: ["VOLUME_TAKEN"],
  },
  {
    title: "a volume and a network",
    a: web("", "volumes: { v: { name: x } }\n"),
    b: web("", "networks: { w: { name: x } }\n"),
    codes: [],
  },
  {
    title: "one directory",
    a: web("volumes: ['/srv/x:/s']"),
    b: web("volumes: ['/srv/x/:/t:rw']"),
    codes: ["BIND_TAKEN"],
  },
  {
    title: "a directory that one only reads",
    a: web("volumes: ['/srv/x:/s']"),
    b: web("volumes: ['/srv/x:/t:ro']"),
    codes: [],
  },
])("two fleets on a server share $title", ({ a, b, codes }) => {
  const one = withCompose("a", webFleet(), a);
  const other = withCompose("b", webFleet({}, { containers: { web: "own" } }, { containers: { web: "own2" } }), b);
  const found = sharedBetweenFleets([one, other]);
  expect(found.map(({ code }) => code)).toEqual(codes);
  for (const { field, also } of found)
    expect([field.root, also?.[0]?.root]).toEqual([other.definition, one.definition]);
  expect(sharedBetweenFleets([one])).toEqual([]);
  // Each of the fleets has two tenants on the server.
  const within = sharedWithinFleet(one).map(({ code }) => code);
  expect(within).toEqual(a.includes("name: x") ? ["VOLUME_TAKEN"] : a.includes("/srv/x") ? ["BIND_TAKEN"] : []);
});

test("a container's kept name is another fleet's", () => {
  const one = withCompose("a", webFleet({}, { containers: { web: "old" } }), web());
  const other = withCompose("b", webFleet({}, {}, { containers: { web: "old" } }), web());
  const found = sharedBetweenFleets([one, other]);
  expect(found.map(({ code, field }) => [code, ...field.path])).toEqual([
    ["CONTAINER_TAKEN", "tenants", "globex", "containers", "web"],
  ]);
});

// Invariant: what all tenants share is said once, however many they are.
test("what thousands of tenants share is one message", () => {
  const text = web(
    "volumes: ['/srv/shared:/s', '${A:-./a}:/a']\nscale: ${SCALE:-1}",
    "volumes: { v: { name: fixed } }\n",
  );
  const judge = (count: number) => {
    const keys = Array.from({ length: count }, (_, index) => `t${index}`);
    const definition = webFleet();
    const { tenants } = definition as unknown as { tenants: Record<string, { on: object }> };
    const { on } = tenants.acme as { on: object };
    for (const [index, key] of keys.entries())
      Object.assign(tenants, { [key]: { on, env: { SCALE: `${index % 3}` } } });
    const { fleet, compose } = withCompose("many", definition, text);
    return composeRules(definition, fleet, compose).map(({ code }) => code);
  };
  expect(judge(3000)).toEqual(["SERVICE_NOT_STARTED", "SERVICE_REPLICATED", "VOLUME_TAKEN", "BIND_TAKEN"]);
});

test.each(fleetFiles)("%s has nothing to complain about", async (title) => {
  const { definition, fleet, compose } = await load(title);
  expect(composeRules(definition, fleet, compose)).toEqual([]);
});
