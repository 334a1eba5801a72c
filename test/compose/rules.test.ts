// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are compose files, whose variables look like JavaScript's.
import { expect, test } from "vitest";
import { composeRules } from "../../src/compose/rules.ts";
import type { FleetDefinition } from "../../src/fleet/fleet.ts";
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
    says: /TITLE/,
    definition: webFleet({}, {}, { env: { TITLE: "t" } }),
    broken: web("environment: { TITEL: '${TITEL:-}' }"),
    right: web("environment: { TITLE: '${TITLE:-}' }"),
  },
  {
    title: "an env value for what has a field of its own",
    code: "ENV_OVERRULED",
    path: ["app", "env", "PORT"],
    says: /PORT/,
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
    says: /"wbe"; it has "web"/,
    definition: webFleet({}, { containers: { wbe: "old" } }),
    broken: web(),
    rightDefinition: webFleet({ containers: { web: "w" } }, { containers: { web: "old" } }),
    right: web(),
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

test.each(fleetFiles)("%s has nothing to complain about", async (title) => {
  const { definition, fleet, compose } = await load(title);
  expect(composeRules(definition, fleet, compose)).toEqual([]);
});
