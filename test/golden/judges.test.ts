import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { ciWorkflow } from "../../.ci/workflow.ts";
import { readComposeFile } from "../../src/compose/read.ts";
import { registrySchema } from "../../src/registry/registry.ts";
import { bashSyntax } from "../support/judges/bash-syntax.ts";
import { composeConfig } from "../support/judges/compose-config.ts";
import { jsonSchema } from "../support/judges/json-schema.ts";
import { shellcheck } from "../support/judges/shellcheck.ts";
import { judgeWorkflows } from "../support/judges/workflow.ts";
import { inScratch } from "../support/scratch.ts";
import { needs } from "../support/tools.ts";
import { type CompiledGolden, compileGolden, goldenFleets, shippedFleet } from "./golden-fleets.ts";

// Invariant: every generated file is accepted by its format's own tools, with no finding and nothing ignored.
// If this breaks, GitHub, bash or Compose refuses a file that every snapshot agrees with.

describe.for([shippedFleet, ...goldenFleets])("$name", (fleet) => {
  let compiled: CompiledGolden;
  beforeAll(async () => {
    compiled = await compileGolden(fleet);
  });
  const files = (matches: RegExp) => compiled.artifacts.filter(({ path }) => matches.test(path));

  test("every file is of a kind that a judge below reads", () => {
    const kinds = /\.sh$|\/docker-compose\.override\.yml$|\/deploy-[^/]+\.yml$|\.json$|\.conf$|\.md$/;
    expect(compiled.artifacts.filter(({ path }) => !kinds.test(path))).toEqual([]);
    expect(compiled.artifacts.length).toBeGreaterThan(8);
  });

  test("workflows pass GitHub's parser and language service, actionlint, zizmor's auditor and the limits", async (context) => {
    needs(context, "actionlint", "zizmor", "shellcheck");
    const workflows = files(/\/deploy-[^/]+\.yml$/);
    expect(workflows.length).toBeGreaterThan(0);
    expect(await judgeWorkflows(workflows)).toEqual([]);
  });

  test("scripts pass shellcheck and bash", async (context) => {
    needs(context, "shellcheck");
    const scripts = files(/\.sh$/);
    expect(scripts.every(({ executable }) => executable)).toBe(true);
    expect([...(await shellcheck(scripts)), ...(await bashSyntax(scripts))]).toEqual([]);
  });

  test("the overlays are accepted by Compose beside the app's own file", async (context) => {
    needs(context, "docker");
    const overlays = files(/\/docker-compose\.override\.yml$/);
    expect(overlays.length).toBeGreaterThan(0);
    for (const overlay of overlays) {
      const base = composeFileOf(compiled, overlay.path);
      const secrets = readFileSync(join(fleet.project, fleet.root ?? ".", base), "utf8");
      const project = {
        "docker-compose.yml": secrets,
        "docker-compose.override.yml": overlay.content,
        ".env": secretsOf(secrets),
      };
      expect(await inScratch("compose", project, composeConfig)).toEqual([]);
    }
  });

  test("the registry is of its schema, with the owner's fields in the owner's order", async () => {
    const registries = files(/^\.github\/servers\/.*(?<!schema)\.json$/);
    const schema = JSON.parse(registrySchema());
    for (const { path, content } of registries) {
      expect(await jsonSchema(schema, JSON.parse(content), path)).toEqual([]);
      for (const row of JSON.parse(content).servers) {
        const owners = ["id", "host", "user", "port", "deployment_path", "container_prefix"];
        expect(Object.keys(row).slice(0, owners.length)).toEqual(owners);
        expect(row).toMatchObject({ tenant: expect.any(String), region: expect.any(String) });
      }
    }
    expect(await jsonSchema(schema, { $schema: "x", $comment: "x", fleet: "x", servers: [{ id: "x" }] })).not.toEqual(
      [],
    );
  });

  test("every YAML file has one document without warnings", () => {
    const tags = ["!override", "!reset"];
    const customTags = tags.flatMap((tag) => [
      { tag, collection: "seq" as const },
      { tag, collection: "map" as const },
      { tag, resolve: (text: string) => text },
    ]);
    for (const { content } of files(/\.yml$/)) {
      const document = parseDocument(content, { customTags });
      expect([...document.errors, ...document.warnings]).toEqual([]);
    }
  });
});

test("the project's own CI workflow passes the same judges", async (context) => {
  needs(context, "actionlint", "zizmor", "shellcheck");
  expect(await judgeWorkflows([ciWorkflow])).toEqual([]);
});

/** The runner's script names the app's compose file relative to itself. */
function composeFileOf({ artifacts }: CompiledGolden, overlay: string): string {
  const folder = overlay.split("/").slice(0, -3).join("/");
  const script = artifacts.find(({ path }) => path === `${folder}/scripts/deploy.sh`);
  const relativePath = /^readonly COMPOSE_FILE=(\S+)$/m.exec(script?.content ?? "")?.[1] ?? "";
  return join(`${folder}/scripts`, relativePath);
}

/** A value for every variable that the app's file must have. */
function secretsOf(compose: string): string {
  const names = [...compose.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name as string);
  expect(readComposeFile("docker-compose.yml", compose).problems).toEqual([]);
  return [...new Set(names)].map((name) => `${name}=1\n`).join("");
}
