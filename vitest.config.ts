import { defineConfig } from "vitest/config";

// Set by .ci/run and `npm run test:full`, which count the tests in it.
const report = process.env.TENANTRY_REPORT;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: process.env.TENANTRY_FULL ? 300_000 : 30_000,
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    // One Docker engine for all tests of the rehearsal; nothing starts before a test asks for it.
    globalSetup: ["test/rehearsal/bench/global-setup.ts"],
    setupFiles: process.env.TENANTRY_FULL ? ["test/support/more-runs.ts"] : [],
  },
});
