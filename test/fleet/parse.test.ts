// Invariant: a value of the wrong form or shape is complained about once, at its field, in words that name the tenant and the value;
// never in the schema library's own words. If this breaks, a user reads "Invalid input" and does not know where.
import { expect, test } from "vitest";
import { follow, prebuilt } from "../../src/fleet/image.ts";
import { bastion, secret, server, tailscale } from "../../src/fleet/server.ts";
import { validate } from "../../src/fleet/validate.ts";
import { type Changes, complaints, hostKey, sample } from "./sample.ts";

const digest = `sha256:${"0".repeat(64)}`;
const jump = (options: object) => bastion({ host: "jump.example.com", hostKeys: [hostKey()], ...options });
const followed = (options: object) => follow({ repository: "ghcr.io/acme/shop", workflow: "Release", ...options });

test.each<{ says: string; bad: Changes; good: Changes }>([
  // Forms
  { says: "NAME_INVALID name", bad: { name: "Production" }, good: { name: "prod-1" } },
  {
    says: "NAME_INVALID tenants.initech.id",
    bad: { "tenants.initech.id": "x".repeat(64) },
    good: { "tenants.initech.id": "x".repeat(63) },
  },
  {
    says: "NAME_INVALID tenants.acme.prefix",
    bad: { "tenants.acme.prefix": "a_b" },
    good: { "tenants.acme.prefix": "a-b" },
  },
  {
    says: "NAME_INVALID app.data.Other",
    bad: { "app.data.Other": { directory: "other", mount: "/o" } },
    good: { "app.data.other": { directory: "other", mount: "/o" } },
  },
  { says: "REPOSITORY_INVALID repository", bad: { repository: "acme" }, good: { repository: "acme/shop.js" } },
  { says: "BRANCH_INVALID branch", bad: { branch: "release/1" }, good: { branch: "release-1" } },
  {
    says: "PATH_INVALID tenants.acme.deploymentPath",
    bad: { "tenants.acme.deploymentPath": "/srv/$(id)" },
    good: { "tenants.acme.deploymentPath": "/srv/a+b@c" },
  },
  {
    says: "PATH_INVALID tenants.acme.deploymentPath",
    bad: { "tenants.acme.deploymentPath": "/srv/../x" },
    good: { "tenants.acme.deploymentPath": "/srv/..x" },
  },
  {
    says: "PATH_INVALID app.compose",
    bad: { "app.compose": "/etc/compose.yml" },
    good: { "app.compose": "a/compose.yml" },
  },
  {
    says: "PATH_INVALID app.data.cache.directory",
    bad: { "app.data.cache.directory": "../x" },
    good: { "app.data.cache.directory": "{env}/x" },
  },
  {
    says: "HEALTH_PATH_INVALID app.health.path",
    bad: { "app.health.path": "health?x=1" },
    good: { "app.health.path": "/a/b.json" },
  },
  { says: "STATUS_INVALID app.health.status", bad: { "app.health.status": 600 }, good: { "app.health.status": 204 } },
  {
    says: "DURATION_INVALID app.health.startSeconds",
    bad: { "app.health.startSeconds": 4 },
    good: { "app.health.startSeconds": 5 },
  },
  { says: "DURATION_INVALID app.drainSeconds", bad: { "app.drainSeconds": 1.5 }, good: { "app.drainSeconds": 600 } },
  {
    says: "DURATION_INVALID app.image.waitMinutes",
    bad: { "app.image": followed({ waitMinutes: 0 }) },
    good: { "app.image": followed({ waitMinutes: 300 }) },
  },
  { says: "PORT_OUT_OF_RANGE app.ports.web", bad: { "app.ports.web": 80 }, good: { "app.ports.web": 1024 } },
  {
    says: "PORT_OUT_OF_RANGE tenants.initech.ports.web",
    bad: { "tenants.initech.ports": { web: 65536 } },
    good: { "tenants.initech.ports": { web: 65535 } },
  },
  {
    says: "PORT_INVALID tenants.initech.on.port",
    bad: { "tenants.initech.on.port": 0 },
    good: { "tenants.initech.on.port": 1 },
  },
  {
    says: "HOST_INVALID tenants.initech.on.host",
    bad: { "tenants.initech.on.host": "https://a.example.com" },
    good: { "tenants.initech.on.host": "a.example.com" },
  },
  {
    says: "HOST_INVALID tenants.initech.on.host",
    bad: { "tenants.initech.on.host": "10.0.0.256" },
    good: { "tenants.initech.on.host": "2001:db8::1" },
  },
  {
    says: "HOST_INVALID tenants.initech.on.host",
    bad: { "tenants.initech.on.host": "1:2" },
    good: { "tenants.initech.on.host": "8.8.8.8" },
  },
  {
    says: "USER_INVALID tenants.initech.on.user",
    bad: { "tenants.initech.on.user": "root;reboot" },
    good: { "tenants.initech.on.user": "bot-prd" },
  },
  {
    says: "USER_INVALID tenants.initech.on.via.user",
    bad: { "tenants.initech.on.via": jump({ user: "A" }) },
    good: { "tenants.initech.on.via": jump({ user: "a" }) },
  },
  {
    says: "HOST_KEY_INVALID tenants.initech.on.hostKeys.0",
    bad: { "tenants.initech.on.hostKeys": ["ssh-ed25519 AAAA"] },
    good: { "tenants.initech.on.hostKeys": [hostKey(4)] },
  },
  {
    says: "HOST_KEY_INVALID tenants.initech.on.hostKeys.1",
    bad: { "tenants.initech.on.hostKeys": [hostKey(), `server.example.com ${hostKey()}`] },
    good: { "tenants.initech.on.hostKeys": [` ${hostKey(1)} root@west, the old one \n`] },
  },
  {
    says: "TAG_INVALID tenants.initech.on.via.tags.0",
    bad: { "tenants.initech.on.via": tailscale({ tags: ["ci"] }) },
    good: { "tenants.initech.on.via": tailscale({ tags: ["tag:ci"] }) },
  },
  {
    says: "TAG_INVALID app.image.tag",
    bad: { "app.image": followed({ tag: "latest" }) },
    good: { "app.image": followed({ tag: "v1-{sha}" }) },
  },
  {
    says: "TAG_INVALID app.image.tag",
    bad: { "app.image": followed({ tag: "a{sha}b{sha}" }) },
    good: { "app.image": followed({ tag: "a{sha}b" }) },
  },
  {
    says: "TAG_INVALID app.image.tag",
    bad: { "app.image": followed({ tag: `{sha}${"x".repeat(89)}` }) },
    good: { "app.image": followed({ tag: `{sha}${"x".repeat(88)}` }) },
  },
  {
    says: "PLATFORM_REPEATED app.image.platforms.1",
    bad: { "app.image.platforms": ["linux/amd64", "linux/amd64", "linux/arm64"] },
    good: { "app.image.platforms": ["linux/amd64", "linux/arm64"] },
  },
  {
    says: "PATH_INVALID app.image.context",
    bad: { "app.image.context": "-rf" },
    good: { "app.image.context": "a-rf" },
  },
  {
    says: "PATH_INVALID app.image.dockerfile",
    bad: { "app.image.dockerfile": "a/--b" },
    good: { "app.image.dockerfile": "a/b--" },
  },
  {
    says: "PATH_INVALID app.image.context",
    bad: { "app.image.context": "../x" },
    good: { "app.image.context": "..x" },
  },
  {
    says: "PATH_INVALID app.compose",
    bad: { "app.compose": "a/../docker-compose.yml" },
    good: { "app.compose": "../docker-compose.yml" },
  },
  { says: "PATH_INVALID app.compose", bad: { "app.compose": "../.." }, good: { "app.compose": "../../a/b.yml" } },
  { says: "REPOSITORY_INVALID repository", bad: { repository: "acme/.." }, good: { repository: "acme/..x" } },
  { says: "REPOSITORY_INVALID repository", bad: { repository: "acme/." }, good: { repository: "acme/.github" } },
  {
    says: "TEXT_INVALID tenants.acme.name",
    bad: { "tenants.acme.name": "acme\u202eproc" },
    good: { "tenants.acme.name": "\u05d0\u05e7\u05de\u05d4" },
  },
  {
    says: "SECRET_NAME_INVALID tenants.initech.on.host.name",
    bad: { "tenants.initech.on.host": secret("Ssh_Private_Key") },
    good: { "tenants.initech.on.host": secret("SSH_PRIVATE_HOST") },
  },
  {
    says: "IMAGE_NAME_INVALID app.image.repository",
    bad: { "app.image.repository": "ghcr.io/Acme/shop" },
    good: { "app.image": { kind: "prebuilt", repository: "localhost:5000/shop", digest: `sha256:${"a".repeat(64)}` } },
  },
  {
    says: "DIGEST_INVALID app.image.digest",
    bad: { "app.image": prebuilt({ repository: "ghcr.io/a/b", digest: "latest" }) },
    good: { "app.image": prebuilt({ repository: "ghcr.io/a/b", digest }) },
  },
  {
    says: "RUNNER_INVALID app.image.nativeRunners.linux/arm64",
    bad: { "app.image.nativeRunners": { "linux/arm64": "a b" } },
    good: { "app.image.nativeRunners": { "linux/arm64": "ubuntu-24.04-arm" } },
  },
  {
    says: "SECRET_NAME_INVALID app.secrets.0",
    bad: { "app.secrets": ["GITHUB_X"] },
    good: { "app.secrets": ["X_GITHUB"] },
  },
  {
    says: "SECRET_NAME_INVALID phases.single.host.name",
    bad: { "phases.single.host": secret("1A") },
    good: { "phases.single.host": secret("A1") },
  },
  { says: "ENV_NAME_INVALID app.env.A-B", bad: { "app.env": { "A-B": "" } }, good: { "app.env": { A_B: "" } } },
  {
    says: "ENV_VALUE_INVALID tenants.acme.env.A",
    bad: { "tenants.acme.env": { A: "a\nb" } },
    good: { "tenants.acme.env": { A: "ä $b '\"" } },
  },
  {
    says: "TEXT_INVALID tenants.acme.name",
    bad: { "tenants.acme.name": " acme" },
    good: { "tenants.acme.name": "Acme & Söhne" },
  },
  {
    says: "TEXT_INVALID tenants.acme.name",
    bad: { "tenants.acme.name": "a ${{ secrets.SSH_PRIVATE_KEY }}" },
    good: { "tenants.acme.name": "a $ {{ b }}" },
  },
  {
    says: "ENV_VALUE_INVALID app.image.args.A",
    bad: { "app.image.args": { A: "${{ secrets.SSH_PRIVATE_KEY }}" } },
    good: { "app.image.args": { A: "${B}" } },
  },
  {
    says: "CONTAINER_NAME_INVALID tenants.acme.containers.web",
    bad: { "tenants.acme.containers": { web: "-a" } },
    good: { "tenants.acme.containers": { web: "a.b_c" } },
  },
  {
    says: "PARALLEL_INVALID rollout.0.rest.maxParallel",
    bad: { rollout: [{ rest: { maxParallel: 257 } }] },
    good: { rollout: [{ rest: { maxParallel: 256 } }] },
  },
  {
    says: "PARALLEL_INVALID phases.multi.maxParallel",
    bad: { "phases.multi.maxParallel": 0 },
    good: { "phases.multi.maxParallel": 1 },
  },
  {
    says: "FAILURES_INVALID rollout.0.rest.stopAfterFailures",
    bad: { rollout: [{ rest: { stopAfterFailures: 0 } }] },
    good: { rollout: [{ rest: { stopAfterFailures: 1 } }] },
  },
  { says: "RELEASES_INVALID keepReleases", bad: { keepReleases: 0 }, good: { keepReleases: 20 } },
  // Shapes
  { says: "FIELD_MISSING repository", bad: { repository: undefined }, good: {} },
  { says: "FIELD_MISSING app", bad: { app: undefined }, good: {} },
  { says: "FIELD_MISSING tenants.acme.on", bad: { "tenants.acme": {} }, good: {} },
  { says: "FIELD_MISSING tenants.initech.on.hostKeys", bad: { "tenants.initech.on.hostKeys": undefined }, good: {} },
  { says: "FIELD_UNKNOWN tenants.acme.port", bad: { "tenants.acme.port": {} }, good: {} },
  { says: "FIELD_UNKNOWN rollout.0.soak", bad: { rollout: [{ rest: {}, soak: 1 }] }, good: {} },
  { says: "SHAPE_INVALID tenants.acme", bad: { "tenants.acme": null }, good: {} },
  { says: "SHAPE_INVALID tenants.initech.on.host", bad: { "tenants.initech.on.host": 42 }, good: {} },
  {
    says: "SHAPE_INVALID tenants.initech.on",
    bad: { "tenants.initech.on": { host: "a.example.com", hostKeys: [hostKey()] } },
    good: {},
  },
  { says: "SHAPE_INVALID tenants.initech.on.hostKeys.0", bad: { "tenants.initech.on.hostKeys": [7] }, good: {} },
  { says: "SHAPE_INVALID tenants.initech.on.hostKeys", bad: { "tenants.initech.on.hostKeys": [] }, good: {} },
  {
    says: "SHAPE_INVALID tenants.initech.on.platform",
    bad: { "tenants.initech.on.platform": "linux/riscv64" },
    good: {},
  },
  { says: "SHAPE_INVALID app.image", bad: { "app.image": { repository: "ghcr.io/a/b" } }, good: {} },
  { says: "SHAPE_INVALID app.ports.web", bad: { "app.ports.web": "8080" }, good: {} },
  { says: "SHAPE_INVALID app.ports.web", bad: { "app.ports.web": Number.NaN }, good: {} },
  { says: "SHAPE_INVALID rollout.0", bad: { rollout: [{}] }, good: {} },
  { says: "SHAPE_INVALID rollout.0.canary.0", bad: { rollout: [{ canary: [1] }, { rest: {} }] }, good: {} },
  { says: "SHAPE_INVALID rollout.0.canary", bad: { rollout: [{ canary: [] }, { rest: {} }] }, good: {} },
  { says: "SHAPE_INVALID active", bad: { active: "sinlge" }, good: {} },
])("$says", ({ says, bad, good }) => {
  expect(complaints(sample(bad))).toEqual([says]);
  expect(complaints(sample(good))).toEqual([]);
});

test("a message names tenant, row, field and value, and a fix says what to write", () => {
  const [diagnostic] = validate([
    sample({ "tenants.initech.on.user": "root;reboot", "tenants.initech.source": "tenants.csv:12" }),
  ]).diagnostics;
  expect(diagnostic?.message).toBe('tenant "initech" (tenants.csv:12), on.user: "root;reboot" is not a Linux account.');
});

test.each([
  ["tenants.acme.deploymentpath", 'did you mean "deploymentPath"?'],
  ["app.helth", 'did you mean "health"?'],
  ["app.health.zzz", "remove it; the fields are port, path, status, startSeconds."],
])("an unknown field %s has the nearest one proposed", (path, fix) => {
  expect(validate([sample({ [path]: 1 })]).diagnostics[0]?.fix).toBe(fix);
});

test("each of several unknown fields has its own message", () => {
  expect(complaints(sample({ "app.a1": 1, "app.b1": 1 }))).toEqual(["FIELD_UNKNOWN app.a1", "FIELD_UNKNOWN app.b1"]);
});

test("300 tenants that share a bad server bring one message that counts them", () => {
  const on = server({ host: "h.example.com", user: "root;reboot", hostKeys: [hostKey()] });
  const tenants = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`t${i}`, { on, ports: { web: 2000 + 2 * i, admin: 2001 + 2 * i } }]),
  );
  const { diagnostics } = validate([sample({ tenants, "phases.single.tenant": "t0", "phases.multi": undefined })]);
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'tenants "t0", "t1", "t2" and 297 more, on.user: "root;reboot" is not a Linux account.',
  ]);
});

test("a value of the wrong form hides no rule, and a wrong shape no other fleet", () => {
  expect(
    complaints(sample({ "app.image.repository": "ghcr.io/A/b", "tenants.globex.ports": { web: 8080, admin: 8181 } })),
  ).toEqual(["IMAGE_NAME_INVALID app.image.repository", "PORT_TAKEN tenants.globex.ports.web"]);
  expect(
    complaints(sample({ "app.ports": 1 }), sample({ "tenants.globex.ports": { web: 8080, admin: 8181 } })),
  ).toEqual(["SHAPE_INVALID app.ports", "PORT_TAKEN tenants.globex.ports.web"]);
});

test.each([
  ["tenants", new Map(), "an object of class Map stands where an object {…} belongs"],
  ["tenants", [], "a list stands where an object {…} belongs"],
  ["app.ports.web", new Date(0), "an object of class Date stands where a number belongs"],
  ["constructor", new Map(), 'there is no field "constructor" here'],
])("a message says what a value at %s is", (path, value, words) => {
  expect(validate([sample({ [path]: value })]).diagnostics[0]?.message).toContain(words);
});

test.each([
  ["ghost", "write \"docker.io/library/ghost\" for Docker Hub's, or another registry's as ghcr.io/owner/name"],
  ["ghost:5-alpine", 'write "docker.io/library/ghost" for'],
  ["acme/shop", 'write "docker.io/acme/shop" for'],
  ["ghcr.io/acme/shop:1", 'write "ghcr.io/acme/shop", without tag or digest'],
  ["ghcr.io/Acme/Shop", 'write "ghcr.io/acme/shop", without tag or digest'],
  ["not an image", "write it as ghcr.io/owner/name, without tag or digest"],
])("what to write for the image %s", (repository, fix) => {
  expect(validate([sample({ "app.image.repository": repository })]).diagnostics[0]?.fix).toContain(fix);
});

test("a field that throws when it is read is one more problem, and hides no other fleet", () => {
  const bad = sample();
  Object.defineProperty((bad as unknown as { tenants: object }).tenants, "hooli", {
    enumerable: true,
    get: () => {
      throw new Error("no row for hooli");
    },
  });
  const { diagnostics } = validate([bad, sample({ repository: "acme" })]);
  expect(diagnostics.map(({ code }) => code)).toEqual(["DEFINITION_FAILED", "REPOSITORY_INVALID"]);
  expect(diagnostics[0]?.message).toContain("no row for hooli");
});

test("a tenant called __proto__ is refused, however it is written, rather than left out", () => {
  const { acme } = (sample() as unknown as { tenants: { acme: { on: object } } }).tenants;
  for (const tenants of [
    { acme, ["__proto__"]: acme },
    { acme, __proto__: { hooli: acme } },
  ]) {
    expect(complaints(sample({ tenants }))).toEqual(["NAME_INVALID tenants.__proto__"]);
  }
});

test("a bad key hides nothing of its tenant", () => {
  const bad = { on: server({ host: "a.example.com", user: "A", hostKeys: [hostKey()] }) };
  expect(complaints(sample({ "tenants.Bad": bad }))).toEqual([
    "USER_INVALID tenants.Bad.on.user",
    "NAME_INVALID tenants.Bad",
  ]);
});

test("control characters of a definition never reach a terminal", () => {
  const ansi = "\u001b[31m\u009b\u202e";
  const { diagnostics } = validate([
    sample({ [`tenants.${ansi}`]: null, "tenants.acme.on.host": `a${ansi}`, "phases.single.tenant": ansi }),
  ]);
  expect(diagnostics.length).toBeGreaterThan(1);
  for (const { message, fix } of diagnostics) expect(message + fix).not.toMatch(/[\p{Cc}\u202e]/u);
});
