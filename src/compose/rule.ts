import type { ComposeFile } from "../fleet/compose-file.ts";
import type { Diagnostic } from "../fleet/diagnostic.ts";
import type { Fleet, Installation } from "../fleet/installation.ts";

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

/** Names as a sentence lists them: "a", "b" and "c". */
export function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}
