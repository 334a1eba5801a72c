import fc from "fast-check";

// For the properties that do not say how often they are tried; 100 is fast-check's own number.
fc.configureGlobal({ numRuns: 1000 });
