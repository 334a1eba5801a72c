import { registerHooks } from "node:module";

// GitHub's packages import JSON without `with { type: "json" }`, as bundlers allow and node does not.
registerHooks({
  resolve(specifier, context, next) {
    const result = next(specifier, context);
    const theirs = context.parentURL?.includes("/node_modules/@actions/") === true && specifier.endsWith(".json");
    return theirs ? { ...result, importAttributes: { type: "json" } } : result;
  },
});
