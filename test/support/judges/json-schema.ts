import { Ajv2020 } from "ajv/dist/2020.js";
import type { Finding } from "./finding.ts";

const judge = "json-schema";

/** What a JSON Schema (draft 2020-12) says of a value. A schema that is itself broken is a finding too. */
export async function jsonSchema(schema: object, value: unknown, file = "value"): Promise<Finding[]> {
  // strictSchema: a misspelt keyword in the schema would otherwise be a rule that is never checked.
  const ajv = new Ajv2020({ allErrors: true, strictSchema: true, strictTuples: false, validateFormats: false });
  try {
    const valid = ajv.compile(schema);
    if (valid(value)) return [];
    return (valid.errors ?? []).map((error) => ({
      judge,
      file,
      message: `${error.instancePath || "/"} ${error.message ?? "is not valid"}`,
    }));
  } catch (error) {
    return [{ judge, file, message: `the schema itself: ${error instanceof Error ? error.message : String(error)}` }];
  }
}
