import type { CallSite } from "./call-site.ts";

/** A field of a definition: the object that was handed to `fleet(…)` and the way to the field from there. */
export interface FieldRef {
  readonly root: object;
  readonly path: readonly PropertyKey[];
}

/** One problem in a definition. `code` is stable and compared by code and tests; the words are for people. */
export interface Diagnostic {
  readonly code: string;
  /** An error stops the compile; a warning is printed and compiled. */
  readonly severity: "error" | "warning";
  /** What is wrong, with the value and the tenant. */
  readonly message: string;
  /** What to do about it, as an instruction. */
  readonly fix: string;
  readonly field: FieldRef;
  /** The other fields that take part, such as the tenant that has the port already. */
  readonly also?: readonly FieldRef[];
}

/** A field found in its file. A call site alone, where the file could not be read further. */
export interface LocatedDiagnostic extends Omit<Diagnostic, "field" | "also"> {
  readonly at: CallSite | undefined;
  readonly also: readonly CallSite[];
}
