import { afterAll, beforeAll, describe, test } from "vitest";
import { mustHaveAllTools } from "../../support/tools.ts";
import { hasOwner, releaseEngine, startEngine, whyNoEngine } from "./engine.ts";

/**
 * A group of tests with a Docker engine at the default socket. Where none can be had they are skipped with the
 * reason, and fail in CI.
 */
export function describeWithEngine(title: string, tests: () => void): void {
  const reason = whyNoEngine();
  if (reason === undefined) {
    describe(title, () => {
      beforeAll(startEngine, 90_000);
      // With the global setup the whole test run is one leaseholder, and it gives the lease back.
      afterAll(async () => {
        if (!hasOwner()) await releaseEngine(process.pid);
      }, 60_000);
      tests();
    });
  } else if (mustHaveAllTools()) {
    test(`${title}: needs a Docker engine`, () => {
      throw new Error(reason);
    });
  } else {
    console.warn(`${title}: skipped, since ${reason}`); // the reporter prints no names of skipped groups
    describe.skip(title, tests);
  }
}
