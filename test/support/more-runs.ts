import fc from "fast-check";

// `npm run test:full` looks ten times as long for a counterexample as `npm test` does.
fc.configureGlobal({ numRuns: 1000 });
