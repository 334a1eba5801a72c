import { symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { runOrThrow } from "../support/run.ts";
import { inScratch } from "../support/scratch.ts";

const api = JSON.stringify(pathToFileURL(resolve("src/index.ts")).href);

const definition = (name: string, branch: string, port: string, compose: string) => `
import { app, fleet, prebuilt, server, single, unknown } from ${api};
const one = server({ host: "one.example.com", user: "deploy", hostKeys: unknown() });
const web = app("${name}", {
  compose: "${compose}",
  image: prebuilt({ repository: "ghcr.io/acme/${name}", digest: "sha256:${"a".repeat(64)}" }),
  ports: { http: ${port} },
  health: { port: "http", path: "/health" },
});
export default fleet("${name}", {
  repository: "acme/web", branch: "${branch}", app: web, phases: { single: single({ tenant: "t" }) }, active: "single",
  tenants: { t: { on: one } },
});
`;
const compose = (port: number, image = "x") =>
  `services:\n  web:\n    image: \${IMAGE:-ghcr.io/acme/${image}}\n    ports: ["${port}:${port}"]\n`;

/** What `prepare` says of definitions, in a process of its own: vitest's transformation would move lines. */
async function prepared(folder: string, fleets: readonly string[], repositoryRoot = ".") {
  const program = `
    const { prepare } = await import(${JSON.stringify(pathToFileURL(resolve("src/project/prepare.ts")).href)});
    const { plan, diagnostics } = await prepare(${JSON.stringify(folder)}, ${JSON.stringify({ fleets, repositoryRoot })});
    const said = diagnostics.map(({ code, at }) => code + " " + (at ? at.file + ":" + at.line + ":" + at.column : "nowhere"));
    const messages = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
    console.log(JSON.stringify({ said, messages, paths: plan?.paths }));`;
  const printed = await runOrThrow(process.execPath, ["--input-type=module", "--eval", program]);
  return JSON.parse(printed) as { said: string[]; messages: string[]; paths?: string[] };
}

// Invariant: no definition hides what is wrong with another one, and each problem stands at its own definition.
test.each<[title: string, files: Record<string, string>, expected: string[]]>([
  [
    "a plain object and one without a name",
    {
      "a.ts": 'export default { kind: "fleet" };',
      "b.ts": `import { fleet } from ${api};\nexport default fleet(process.env.NOT_SET!, {} as any);`,
    },
    ["FIELD_MISSING a.ts:1:1", "FIELD_MISSING b.ts:2:16"],
  ],
  [
    "two of one name, the first of the wrong shape",
    {
      "a.ts": definition("aaa", "PRD", '"80"', "docker-compose.yml"),
      "b.ts": definition("aaa", "STAGE", "8080", "none.yml"),
      "docker-compose.yml": compose(80),
    },
    ["SHAPE_INVALID a.ts:7:18", "COMPOSE_FILE_UNREADABLE b.ts:5:12"],
  ],
])("%s are both reported", (_, files, expected) =>
  inScratch("definitions", files, async (folder) => {
    const { said, paths } = await prepared(folder, ["a.ts", "b.ts"]);
    expect(paths).toBeUndefined();
    expect(said).toEqual(expect.arrayContaining(expected));
  }),
);

// Invariant: the compose file may be anywhere in the repository, and nowhere else: the deploy has no more than a checkout.
describe("a compose file above the definition's folder", () => {
  const files = {
    "docker-compose.yml": compose(8080, "aaa"),
    "app/docker-compose.yml": compose(8080, "aaa"),
    "app/servers/a.ts": definition("aaa", "PRD", "8080", "../docker-compose.yml"),
    "app/servers/b.ts": definition("aaa", "PRD", "8080", "../../docker-compose.yml"),
  };
  const app = (folder: string) => join(folder, "app");

  test("is taken when it is in the repository, also from a linked folder", () =>
    inScratch("definitions", files, async (folder) => {
      expect((await prepared(app(folder), ["servers/a.ts"])).paths).toContain("generated/aaa/scripts/deploy.sh");
      symlinkSync("app", join(folder, "linked"));
      const linked = await prepared(join(folder, "linked"), ["servers/b.ts"], "..");
      expect(linked.paths).toContain("app/generated/aaa/scripts/deploy.sh");
    }));

  test("is refused when it is outside", () =>
    inScratch("definitions", files, async (folder) => {
      const { said, paths, messages } = await prepared(app(folder), ["servers/b.ts"]);
      expect(paths).toBeUndefined();
      expect(said).toContain("COMPOSE_FILE_UNREADABLE servers/b.ts:5:12");
      expect(messages).toEqual([expect.stringContaining('"../../docker-compose.yml" is outside the repository')]);
    }));
});

// Invariant: definitions and compose files of all fleets are checked in one run, and one error anywhere keeps everything from being written.
test("errors of several fleets and of their compose files are said together, at their fields, and there is no plan", () =>
  inScratch(
    "definitions",
    {
      "a.ts": definition("aaa", "PRD", "80", "docker-compose.yml"),
      "b.ts": definition("bbb", "STAGE", "8080", "none.yml"),
      "docker-compose.yml": compose(80),
    },
    async (folder) => {
      const { said, paths } = await prepared(folder, ["a.ts", "b.ts"]);
      expect(paths).toBeUndefined();
      expect(said).toEqual(
        expect.arrayContaining(["PORT_OUT_OF_RANGE a.ts:7:18", "COMPOSE_FILE_UNREADABLE b.ts:5:12"]),
      );
    },
  ));

test("a warning alone stands at its builder (here `unknown()`), and the fleet is compiled", () =>
  inScratch(
    "definitions",
    {
      "servers/a.ts": definition("aaa", "PRD", "8080", "app/docker-compose.yml"),
      "servers/app/docker-compose.yml": compose(8080, "aaa"),
    },
    async (folder) => {
      const { said, paths } = await prepared(folder, ["servers/a.ts"]);
      expect(said).toEqual(["HOST_KEYS_UNKNOWN servers/a.ts:3:73"]);
      expect(paths).toEqual(
        expect.arrayContaining([
          ".github/workflows/deploy-prd.yml",
          ".github/servers/aaa.json",
          "generated/aaa/scripts/deploy.sh",
        ]),
      );
    },
  ));
