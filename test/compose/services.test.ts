// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are compose files, whose variables look like JavaScript's.
import { expect, test } from "vitest";
import { parse } from "yaml";
import { containerNames } from "../../src/compose/container-names.ts";
import { overlay } from "../../src/compose/overlay.ts";
import { expectations } from "../../src/compose/pins.ts";
import { appResolver, fleetServices, healthService, longRunning } from "../../src/compose/services.ts";
import type { Installation } from "../../src/fleet/installation.ts";
import { build } from "../../src/index.ts";
import { load, webFleet, withCompose } from "./support.ts";

// Invariant: the release's digest goes to the services that run the fleet's image, and to no other.
// If this breaks, a database is replaced by the app, or the app is never updated.

const image = (written: string, options = {}) => {
  const { fleet, compose } = withCompose(
    "image",
    webFleet(options),
    JSON.stringify({ services: { a: { image: written } } }),
  );
  return fleetServices(fleet, compose).length === 1;
};

test.each<{ written: string; ours: boolean; env?: Record<string, string>; repository?: string }>([
  { written: "ghcr.io/example/web", ours: true },
  { written: "ghcr.io/example/web:prd", ours: true },
  { written: "ghcr.io/example/web@sha256:00", ours: true },
  { written: "ghcr.io/example/web:${TAG:-latest}", ours: true },
  { written: "${REGISTRY:-ghcr.io}/example/web", ours: true },
  { written: "${IMAGE}", ours: true },
  { written: "$IMAGE", ours: true },
  { written: "${IMAGE:-web:local}", ours: true },
  { written: "${IMAGE:-localhost:5000/dev/web}", ours: true },
  { written: "postgres:16", ours: false },
  { written: "postgres:${VERSION:-16}", ours: false },
  { written: "${POSTGRES:-postgres:16}", ours: false },
  { written: "${POSTGRES}", ours: false, env: { POSTGRES: "postgres:16" } },
  { written: "docker.io/example/web", ours: false },
  { written: "ghcr.io/example/web-worker", ours: false },
  { written: "ghost:5-alpine", ours: true, repository: "docker.io/library/ghost" },
  { written: "docker.io/ghost", ours: true, repository: "docker.io/library/ghost" },
  { written: "index.docker.io/acme/ghost", ours: true, repository: "docker.io/acme/ghost" },
  { written: "acme/ghost", ours: false, repository: "docker.io/library/ghost" },
  { written: "localhost/ghost", ours: false, repository: "docker.io/localhost/ghost" },
])("$written runs the fleet's image: $ours", ({ written, ours, env = {}, repository = "ghcr.io/example/web" }) =>
  expect(image(written, { env, image: build({ repository }) })).toBe(ours),
);

test("a plain start starts what is in no profile and has a replica", () => {
  const services = {
    web: { image: "${IMAGE}", ports: ["80:8080"] },
    cli: { image: "${IMAGE}", profiles: ["cli"] },
    all: { image: "x", profiles: [] },
    none: { image: "x", scale: 0 },
    off: { image: "x", deploy: { replicas: "${OFF:-0}" } },
    two: { image: "x", deploy: { replicas: 2 } },
  };
  const { fleet, compose } = withCompose("start", webFleet(), JSON.stringify({ services }));
  expect(longRunning(compose, appResolver(fleet))).toEqual(["web", "all", "two"]);
  expect(healthService(fleet, compose)).toBe("web");
});

test("the probed service is the one that publishes the port, though it be another image's", () => {
  const services = {
    web: { image: "${IMAGE}", expose: ["8080"] },
    proxy: { image: "caddy:2", ports: ["${PORT:-80}:8080"] },
  };
  const { fleet, compose } = withCompose("proxy", webFleet(), JSON.stringify({ services }));
  expect(healthService(fleet, compose)).toBe("proxy");
});

const expected = (definition: ReturnType<typeof webFleet>, service: object, tenant = 0) => {
  const { fleet, compose, installations } = withCompose(
    "expected",
    definition,
    JSON.stringify({ services: { web: service } }),
  );
  const found = expectations(fleet, installations[tenant] as Installation, compose);
  return Object.fromEntries(found.map(({ variable, value }) => [variable, value]));
};

test.each<{ title: string; service: object; tenant?: number; values: Record<string, string> }>([
  {
    title: "ports, names and the image come from the definition, whatever the default says",
    service: {
      image: "${I:-web}",
      container_name: "${N:-n}",
      ports: ["127.0.0.1:${P:-1}:8080", { target: 8080, published: "${Q}" }],
    },
    tenant: 2,
    values: { I: "ghcr.io/example/web", N: "globex_PRD_web", P: "8081", Q: "8081" },
  },
  {
    title: "a setting has the definition's value, else the one default that the file gives it",
    service: {
      image: "${I}",
      command: ["--bind=${BIND:-lan}", "${TITLE:-x}", "${D:-${BIND:-lan}}"],
      environment: ["TITLE=${TITLE:-y}"],
    },
    values: { I: "ghcr.io/example/web", BIND: "lan", D: "lan", TITLE: "Web" },
  },
  {
    title: "nothing is expected of a secret, of two defaults, or of a variable that only switches something on",
    service: { image: "${I}", command: ["${TOKEN:-none}", "${TWO:-1}", "${TWO:-2}", "${ON:+--on}", "${BARE}"] },
    values: { I: "ghcr.io/example/web" },
  },
  {
    title: "a variable that names the container's port, too, is not the host's port",
    service: { image: "${I}", ports: ["${P:-8080}:${P:-8080}"] },
    tenant: 2,
    values: { I: "ghcr.io/example/web", P: "8080" },
  },
  {
    title: "a variable with two meanings is expected to have neither",
    service: { image: "${I}", container_name: "${X:-x}", ports: ["${X:-x}:8080"] },
    values: { I: "ghcr.io/example/web", X: "x" },
  },
])("expected of .env: $title", ({ service, values, tenant = 0 }) => {
  expect(expected(webFleet({ secrets: ["TOKEN"], env: { TITLE: "Web" } }), service, tenant)).toEqual(values);
});

test("nothing is expected that cannot be said on one line", () => {
  const service = { image: "${I}", command: ["${TAB:-a\tb}", "${A:-b}"] };
  expect(expected(webFleet(), service)).toEqual({ I: "ghcr.io/example/web", A: "b" });
});

// Invariant: a container's name is said in one place, so that the server checks the names that Compose will use and no other.
test("containers have the names that the overlay sets, and a service that is not named there has none", () => {
  const services = {
    web: { image: "${IMAGE}" },
    constructor: { image: "${IMAGE}" },
    db: { image: "postgres:16" },
    cache: { image: "redis:7", container_name: "cache" },
    mail: { image: "postfix" },
    queue: { image: "nats" },
  };
  const definition = webFleet({ containers: { mail: "post" } }, { containers: { queue: "old-queue" } });
  const { fleet, compose, installations } = withCompose("names", definition, JSON.stringify({ services }));
  const [, acme] = installations as [Installation, Installation];
  const names = Object.fromEntries(containerNames(fleet, acme, compose));
  expect(names).toEqual({
    web: "acme_PRD_web",
    constructor: "acme_PRD_constructor",
    cache: "acme_PRD_cache",
    mail: "acme_PRD_post",
    queue: "old-queue",
  });
  const written = parse(overlay(fleet, acme, compose)) as { services: Record<string, { container_name?: string }> };
  const inOverlay = Object.entries(written.services).map(([name, service]) => [name, service.container_name]);
  expect(Object.fromEntries(inOverlay)).toEqual({ ...names, db: undefined });
});

test("an image's tag in .env is no disagreement", async () => {
  const { fleet, compose, installations } = await load("servers/production.ts");
  const found = expectations(fleet, installations[0] as Installation, compose);
  expect(found.filter(({ as }) => as === "image")).toEqual([
    { variable: "OPENCLAW_IMAGE", value: "ghcr.io/nikolasp98/openclaw", as: "image" },
  ]);
});
