/** Where in a user's file a builder such as `server({…})` was called. Lines and columns start at 1. */
export interface CallSite {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

// Weak, so that a definition that is thrown away takes its note with it, and outside the object, so that
// spreading or printing a definition never shows it.
const stacks = new WeakMap<object, { stack?: string }>();

/**
 * Notes the place that called `builder`, for messages. The stack is formatted only when a message needs it:
 * 10,000 notes cost about 25 ms.
 */
export function noteCallSite<T extends object>(definition: T, builder: (...args: never[]) => unknown): T {
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(holder, builder);
  Error.stackTraceLimit = limit;
  stacks.set(definition, holder);
  return definition;
}

/** The noted place, or undefined for an object that no builder made. */
export function callSiteOf(definition: object): CallSite | undefined {
  const frame = stacks.get(definition)?.stack?.split("\n")[1];
  // "    at load (file:///a%20(1)/b.ts:3:9)" or "    at file:///a%20(1)/b.ts:3:9": the file's own name may hold parentheses.
  const match = frame?.match(/^\s*at (?:async )?(?:.*? \()?((?:file:\/\/)?\/?.*?):(\d+):(\d+)\)?$/);
  if (!match) return undefined;
  return { file: match[1] as string, line: Number(match[2]), column: Number(match[3]) };
}
