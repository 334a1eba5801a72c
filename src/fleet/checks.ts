import { z } from "zod";

/** What a failed check brings: the diagnostic's stable code, what is wrong with the value, and what to do. */
export interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/**
 * A string that must satisfy `test`. The value is kept when it does not, so that the rules which compare tenants
 * still run and every problem of a definition is reported in one run.
 */
export function text(test: (value: string) => boolean, complaint: (value: string) => Complaint) {
  return z.string().check((context) => {
    if (!test(context.value)) complain(context, complaint(context.value));
  });
}

/** A whole number from `min` to `max`, else `code`. `what` names it in the message, such as "a TCP port". */
export function wholeNumber(min: number, max: number, code: string, what: string) {
  return z.number().check((context) => {
    const value = context.value;
    if (Number.isInteger(value) && value >= min && value <= max) return;
    complain(context, {
      code,
      message: `${value} is not ${what} from ${min} to ${max}`,
      fix: `use a whole number from ${min} to ${max}`,
    });
  });
}

/**
 * An object whose keys must satisfy `key`. zod's own record drops the value of a key that does not; this one complains and
 * keeps it, so that one bad key hides no other problem.
 */
export function record<Value extends z.ZodType>(key: z.ZodType<string>, value: Value) {
  const checkKeys = z.check<Record<string, unknown>>((context) => {
    for (const name of Object.keys(context.value)) {
      const { issues } = key._zod.run({ value: name, issues: [] }, { async: false }) as z.core.ParsePayload;
      for (const issue of issues) context.issues.push({ ...issue, path: [name] });
    }
  });
  // Without this a value of the wrong shape would keep the keys from being checked.
  checkKeys._zod.def.when = ({ value }) => typeof value === "object" && value !== null && !Array.isArray(value);
  return z.record(z.string(), value).check(checkKeys);
}

interface CheckContext {
  readonly value: unknown;
  readonly issues: z.core.$ZodRawIssue[];
}

/** Adds a complaint, about the value or what stands at `path` in it, and keeps the value. */
export function complain(context: CheckContext, complaint: Complaint, path: PropertyKey[] = []): void {
  context.issues.push({
    code: "custom",
    input: context.value,
    path,
    message: complaint.message,
    params: { code: complaint.code, fix: complaint.fix },
    continue: true,
  });
}

/** The value as a message shows it: quoted, whatever cannot be seen escaped, cut after 60 characters. */
export function show(value: unknown): string {
  const quoted = (JSON.stringify(value) ?? String(value)).replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return quoted.length <= 62 ? quoted : `${quoted.slice(0, 58)}…"`;
}
