import { cleanUpAfterKilledRuns } from "./engine.ts";

// A program of its own: ends what a test run that was killed has left on this machine. Does nothing while another
// test run uses the engine.
await cleanUpAfterKilledRuns();
