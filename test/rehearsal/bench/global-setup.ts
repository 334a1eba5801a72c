import { becomeOwner, releaseEngine } from "./engine.ts";

/** Vitest's global setup: one test run is one user of the engine, which starts when the first test asks for it. */
export function setup(): void {
  becomeOwner();
}

export async function teardown(): Promise<void> {
  await releaseEngine(process.pid);
}
