import type { z } from "zod";
import { type Complaint, show } from "./checks.ts";
import { nearest } from "./nearest.ts";
import { own } from "./own.ts";

/** A complaint about one field of a definition. */
export interface FieldComplaint extends Complaint {
  readonly path: readonly PropertyKey[];
}

type Issue = z.core.$ZodRawIssue | z.core.$ZodIssue;

/** What zod found wrong, in our words: the complaints of our own checks as they are, and wrong shapes described by the field's form. */
export function complaintsOf(issue: Issue, valueAt: (path: readonly PropertyKey[]) => unknown): FieldComplaint[] {
  const path = issue.path ?? [];
  if (issue.code === "custom") return [ownComplaint(issue, path)];
  if (issue.code === "unrecognized_keys") return unknownFields(issue, path);
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const branch = closestBranch(issue.errors as z.core.$ZodIssue[][], valueAt(path));
    if (branch) return branch.flatMap((inner) => complaintsOf({ ...inner, path: [...path, ...inner.path] }, valueAt));
  }
  return [wrongShape(issue, path, valueAt(path))];
}

function ownComplaint(
  issue: z.core.$ZodRawIssue | z.core.$ZodIssueCustom,
  path: readonly PropertyKey[],
): FieldComplaint {
  const { code, fix } = (issue as unknown as { params: { code: string; fix: string } }).params;
  return { path, code, fix, message: issue.message ?? "" };
}

function unknownFields(issue: Issue, path: readonly PropertyKey[]): FieldComplaint[] {
  const { keys, inst } = issue as z.core.$ZodRawIssue<z.core.$ZodIssueUnrecognizedKeys>;
  const known = Object.keys((inst as z.core.$ZodObject | undefined)?._zod.def.shape ?? {}).filter(
    (key) => key !== "kind",
  );
  return (keys as string[]).map((key) => {
    const meant = nearest(key, known);
    return {
      path: [...path, key],
      code: "FIELD_UNKNOWN",
      message: `there is no field ${show(key)} here`,
      fix: meant
        ? `did you mean ${show(meant)}?`
        : `remove it${known.length > 0 ? `; the fields are ${known.join(", ")}` : ""}`,
    };
  });
}

/**
 * The alternative that a value was meant to be: the only one whose fields the value has and whose complaints all lie deeper than
 * the value itself, as in a list of host keys with a number in it, which is no `unknown()`.
 */
function closestBranch(branches: readonly z.core.$ZodIssue[][], value: unknown): z.core.$ZodIssue[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const near = branches.filter((branch) =>
    branch.every(({ path: [key] }) => key !== undefined && key !== "kind" && Object.hasOwn(value, key)),
  );
  return near.length === 1 ? near[0] : undefined;
}

function wrongShape(issue: Issue, path: readonly PropertyKey[], value: unknown): FieldComplaint {
  // A wrong or missing `kind` means that the object around it came from another builder, or from none.
  if (path.at(-1) === "kind") return notFromBuilder(path.slice(0, -1));
  const form = formOf(issue, path);
  if (value === undefined) {
    return { path, code: "FIELD_MISSING", message: "the field is missing", fix: `write ${form}` };
  }
  if (issue.code === "too_small") {
    return { path, code: "SHAPE_INVALID", message: "the list is empty", fix: "write at least one entry" };
  }
  const values = issue.code === "invalid_value" ? (issue.values as unknown[]) : [];
  const meant = typeof value === "string" ? nearest(value, values.map(String)) : undefined;
  return {
    path,
    code: "SHAPE_INVALID",
    message: `${describe(value)} stands where ${form} belongs`,
    fix: meant ? `did you mean ${show(meant)}?` : `write ${form}`,
  };
}

function notFromBuilder(path: readonly PropertyKey[]): FieldComplaint {
  const form = own(builders, String(path.at(-1) ?? "fleet")) ?? "one of the builders' results";
  return { path, code: "SHAPE_INVALID", message: `the value was not made by ${form}`, fix: `write ${form}` };
}

/** How the fields that take a builder's result are written, by the field's name. */
const builders: Readonly<Record<string, string>> = {
  fleet: "fleet(…)",
  app: "app(…)",
  on: "server({…})",
  image: "build({…}), follow({…}), prebuilt({…}) or onServer({…})",
  via: "direct(), bastion({…}) or tailscale()",
  hostKeys: 'a list of host keys such as ["ssh-ed25519 AAAA…"], or unknown()',
  single: "single({…})",
  multi: "multi({…})",
  k8s: "k8s()",
  host: 'an address, or secret("…")',
  user: 'an account, or secret("…")',
  port: 'a TCP port, or secret("…")',
  path: 'secret("…")',
  clientId: 'secret("…")',
  clientSecret: 'secret("…")',
};

/** What belongs into a field, in a user's words. */
function formOf(issue: Issue, path: readonly PropertyKey[]): string {
  const name = path.findLast((key) => typeof key === "string") as string | undefined;
  if (path.length === 0) return "fleet(…)";
  if (issue.code === "invalid_union") {
    if (path.at(-2) === "rollout") return '{ canary: ["<tenant>"] }, { approval: "once" } or { rest: {} }';
    return own(builders, name ?? "") ?? "another kind of value";
  }
  if (issue.code === "invalid_value") return (issue.values as unknown[]).map((value) => show(value)).join(" or ");
  if (issue.code !== "invalid_type") return "another value";
  if (issue.expected === "object" && typeof path.at(-1) === "string")
    return own(builders, name ?? "") ?? "an object {…}";
  return forms[issue.expected] ?? "another kind of value";
}

const forms: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  array: "a list […]",
  object: "an object {…}",
  record: "an object {…}",
};

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return `an object${className(value)}`;
  if (typeof value === "function") return "a function";
  return typeof value === "string" ? show(value) : String(value);
}

/** ` of class Map` for what is more than a literal: a field that takes an object takes a literal. */
function className(value: object): string {
  const maker: unknown = Object.getPrototypeOf(value)?.constructor;
  return typeof maker !== "function" || maker === Object ? "" : ` of class ${maker.name}`;
}
