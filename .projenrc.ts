import { JsonFile } from "projen/lib/json.js";
import { License } from "projen/lib/license.js";
import { TextFile } from "projen/lib/textfile.js";
import { ciWorkflow } from "./.ci/workflow.ts";
import { MinimalProject, Tenantry } from "./src/project/index.ts";

const project = new MinimalProject({
  name: "tenantry",
  description:
    "Compiles typed definitions of servers, tenants and deploy phases into everything that a multi-tenant deployment needs",
  license: "MIT",
  author: "Tenantry contributors",
  deps: ["handlebars@4.7.10", "ts-morph@28.0.0", "yaml@2.9.1", "zod@4.6.7"],
  devDeps: [
    "@actions/expressions@0.3.61",
    "@actions/languageservice@0.3.61",
    "@actions/workflow-parser@0.3.61",
    "@biomejs/biome@2.5.15",
    "@types/node@24.19.2",
    "ajv@8.20.0",
    "constructs@10.8.1",
    "fast-check@4.10.2",
    "node@24.21.0",
    "projen@0.103.25",
    "typescript@7.0.2",
    "vitest@5.1.1",
  ],
  scripts: {
    test: "vitest run",
    // Every test must run: a missing tool fails instead of skipping. More runs of each property, and a table of the results.
    "test:full": ".ci/test-full",
    lint: "biome check",
    typecheck: "tsc --noEmit",
    bench: "node bench/synth.ts",
    "bench:deploy": "node bench/deploy.ts",
  },
});
project.package.addField("exports", { ".": "./src/index.ts", "./project": "./src/project/index.ts" });
project.gitignore.exclude("/lib/", "/.cache/");

new License(project, { spdx: "MIT", copyrightOwner: "Tenantry contributors", copyrightPeriod: "2026" });

// The lockfile names no package host: `npm ci` asks the one that the machine is set up for.
new TextFile(project, ".npmrc", { lines: ["omit-lockfile-registry-resolved=true"] });

new JsonFile(project, "tsconfig.json", {
  marker: false,
  obj: {
    compilerOptions: {
      module: "nodenext",
      moduleResolution: "nodenext",
      target: "es2024",
      lib: ["es2024"],
      types: ["node"],
      noEmit: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noImplicitOverride: true,
      noFallthroughCasesInSwitch: true,
    },
    include: [".projenrc.ts", "src", "servers", "test", "bench", "vitest.config.ts"],
    exclude: ["node_modules", "lib"],
  },
});

await Tenantry.create(project, { fleets: ["servers/production.ts"], extraArtifacts: [ciWorkflow] });

project.synth();
