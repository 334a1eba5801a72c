import type { ComposeFile } from "../fleet/compose-file.ts";
import type { Diagnostic } from "../fleet/diagnostic.ts";
import { valueAt } from "../fleet/field.ts";
import type { Fleet, Installation } from "../fleet/installation.ts";
import { tenantLabel, tenantsNamed } from "../fleet/words.ts";
import { envResolver } from "./services.ts";
import type { Resolver } from "./variables.ts";

/** What a rule looks at. */
export interface RuleContext {
  /** The object that `fleet(…)` returned. */
  readonly definition: object;
  readonly fleet: Fleet;
  readonly compose: ComposeFile;
}

export type Rule = (context: RuleContext) => Diagnostic[];

/** Says one problem of a field: `report(definition, code, path)(message, fix)`. */
export function report(
  definition: object,
  code: string,
  path: readonly PropertyKey[],
  severity: Diagnostic["severity"] = "error",
): (message: string, fix: string) => Diagnostic {
  return (message, fix) => ({ code, severity, message, fix, field: { root: definition, path } });
}

/** Every tenant as phase `multi` names it, and the one of phase `single`. */
export function installationsOf({ tenants, single }: Fleet): readonly Installation[] {
  return single ? [single, ...tenants] : tenants;
}

/**
 * What `judge` says of a compose file under the values that its variables have, each problem with the installations that have it. The file
 * is judged once for all installations with equal values.
 */
export function problemsByEnv(
  fleet: Fleet,
  judge: (resolver: Resolver) => string | undefined,
): { readonly problem: string; readonly installations: readonly Installation[] }[] {
  const judged = [...Map.groupBy(installationsOf(fleet), ({ env }) => JSON.stringify(env)).values()].flatMap(
    (installations) => {
      const problem = judge(envResolver(fleet, installations[0]?.env ?? {}));
      return problem === undefined ? [] : [{ problem, installations }];
    },
  );
  return Array.from(
    Map.groupBy(judged, ({ problem }) => problem),
    ([problem, groups]) => ({
      problem,
      installations: groups.flatMap((group) => group.installations),
    }),
  );
}

/** A tenant as messages call it. */
export function labelOf(definition: object, { tenant }: Pick<Installation, "tenant">): string {
  return tenantLabel(tenant, valueAt(definition, ["tenants", tenant]));
}

/** `tenant "acme"` or `tenants "acme" and "globex"`: the tenants of installations, each once. */
export function tenantsOf(definition: object, installations: readonly Installation[]): string {
  return tenantsNamed([...new Set(installations.map((installation) => labelOf(definition, installation)))]);
}

/** Names as a sentence lists them: "a", "b" and "c". */
export function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}
