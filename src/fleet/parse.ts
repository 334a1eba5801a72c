import { show } from "./checks.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { ByPlace, valueAt } from "./field.ts";
import { FleetFields } from "./fleet.ts";
import { complaintsOf, type FieldComplaint } from "./shape.ts";
import { sentence, tenantLabel, tenantsNamed } from "./words.ts";

/** A definition's fields, as far as they could be read, and what is wrong with them. */
export interface Parsed {
  /** Undefined when a field has the wrong shape, so that rules could not read it. */
  readonly fields: FleetFields | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a definition. A value of the wrong form (a user `root;reboot`) is complained about and kept, so that the rules which compare
 * tenants still run; a value of the wrong shape (a number for a host) ends the reading of this fleet.
 */
export function parseFleet(definition: object): Parsed {
  try {
    return readFields(definition);
  } catch (error) {
    return { fields: undefined, diagnostics: [unreadable(definition, error)] };
  }
}

function readFields(definition: object): Parsed {
  // `safeParse` throws the value away with the first complaint; zod's own run keeps both (https://zod.dev/packages/core).
  const result = FleetFields._zod.run({ value: definition, issues: [] }, { async: false });
  if (result instanceof Promise) throw new Error("the fleet's schema must be synchronous");
  const wellShaped = result.issues.every((issue) => issue.continue === true);
  const complaints = [
    ...result.issues.flatMap((issue) => complaintsOf(issue, (path) => valueAt(definition, path))),
    ...protoKeys(definition),
  ];
  return {
    fields: wellShaped ? (result.value as FleetFields) : undefined,
    diagnostics: gather(definition, complaints).map((group) => toDiagnostic(definition, group)),
  };
}

/** Only a getter of the definition's own can throw while its fields are read. */
function unreadable(definition: object, error: unknown): Diagnostic {
  return {
    code: "DEFINITION_FAILED",
    severity: "error",
    message: sentence(
      `a field threw an error when it was read: ${error instanceof Error ? error.message : String(error)}`,
    ),
    fix: "write the field's value in place of a getter.",
    field: { root: definition, path: [] },
  };
}

/** zod leaves a key `__proto__` out without a word, and with it a whole tenant. */
function protoKeys(value: object, path: readonly PropertyKey[] = [], seen = new Set<object>()): FieldComplaint[] {
  if (seen.has(value)) return [];
  seen.add(value);
  const here = hasProtoKey(value) ? [{ path: [...path, "__proto__"], ...protoKey }] : [];
  const inside = Object.entries(value).flatMap(([key, item]) =>
    typeof item === "object" && item !== null ? protoKeys(item, [...path, key], seen) : [],
  );
  return [...here, ...inside];
}

/** Written as it is, the key becomes the object's prototype, which is then no class's; computed, it is a key. */
function hasProtoKey(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    Object.hasOwn(value, "__proto__") || (prototype !== null && !Object.hasOwn(prototype as object, "constructor"))
  );
}

const protoKey = {
  code: "NAME_INVALID",
  message: '"__proto__" is no name: JavaScript has a meaning of its own for it',
  fix: "use another name",
};

/** Complaints about one place: a server that 300 tenants share is read 300 times and complained about once. */
function gather(definition: object, complaints: readonly FieldComplaint[]): FieldComplaint[][] {
  const places = new ByPlace<FieldComplaint[]>();
  const groups: FieldComplaint[][] = [];
  for (const complaint of complaints) {
    const group = places.at({ root: definition, path: complaint.path }, () => [], complaint.code);
    if (group.length === 0) groups.push(group);
    group.push(complaint);
  }
  return groups;
}

function toDiagnostic(definition: object, group: readonly FieldComplaint[]): Diagnostic {
  const [first] = group as [FieldComplaint];
  return {
    code: first.code,
    severity: "error",
    message: sentence(`${subject(definition, group)}: ${first.message}`),
    fix: sentence(first.fix),
    field: { root: definition, path: first.path },
  };
}

/** Whose field it is, and which: `tenants "acme" and "globex", on.user`. */
function subject(definition: object, group: readonly FieldComplaint[]): string {
  const path = (group[0] as FieldComplaint).path;
  const [area, key] = path;
  if (area === "tenants" && key !== undefined) {
    const keys = [...new Set(group.map((complaint) => String(complaint.path[1])))];
    const labels = keys.map((name) => tenantLabel(name, valueAt(definition, ["tenants", name])));
    return [tenantsNamed(labels), ...fieldName(path.slice(2))].join(", ");
  }
  if (area === "app") {
    return [`app ${show(valueAt(definition, ["app", "name"]) ?? "?")}`, ...fieldName(path.slice(1))].join(", ");
  }
  return [`fleet ${show(valueAt(definition, ["name"]) ?? "?")}`, ...fieldName(path)].join(", ");
}

/** `rollout[0].canary`, or nothing for the whole. */
function fieldName(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return [];
  const steps = path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[A-Za-z_$][\w$]*$/.test(String(key)) ? `.${String(key)}` : `[${show(String(key))}]`;
  });
  return [steps.join("").replace(/^\./, "")];
}
