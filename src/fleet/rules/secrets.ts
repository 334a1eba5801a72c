import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { tenantLabel } from "../words.ts";

/** A secret that is declared twice, or required and optional at once. */
export function secretRepeated({ definition, fields }: CheckedFleet): Diagnostic[] {
  const first = new Map<string, PropertyKey[]>();
  return (["secrets", "optionalSecrets"] as const).flatMap((list) =>
    fields.app[list].flatMap((name, index): Diagnostic[] => {
      const path = ["app", list, index];
      const known = first.get(name);
      if (known === undefined) first.set(name, path);
      if (known === undefined) return [];
      return [
        {
          code: "SECRET_REPEATED",
          severity: "error",
          message: `secret ${show(name)} of app ${show(fields.app.name)} is declared twice${known[1] === list ? "" : ", as required and as optional"}.`,
          fix: "declare it once.",
          field: { root: definition, path },
          also: [{ root: definition, path: known }],
        },
      ];
    }),
  );
}

/** A name that has a value in the definition and one in the server's `.env`: only one can reach the container. */
export function envIsSecret({ definition, fields }: CheckedFleet): Diagnostic[] {
  const secrets = new Map<string, PropertyKey[]>();
  for (const list of ["optionalSecrets", "secrets"] as const) {
    fields.app[list].forEach((name, index) => {
      secrets.set(name, ["app", list, index]);
    });
  }
  const inEnv = (env: Readonly<Record<string, string>>, who: () => string, path: PropertyKey[]) =>
    Object.keys(env).flatMap((name): Diagnostic[] => {
      const secret = secrets.get(name);
      if (secret === undefined) return [];
      return [
        {
          code: "ENV_IS_SECRET",
          severity: "error",
          message: `${who()} gives ${show(name)} a value, and the app declares it a secret of the server.`,
          fix: "remove it from env, where everybody can read it, or from the app's secrets.",
          field: { root: definition, path: [...path, name] },
          also: [{ root: definition, path: secret }],
        },
      ];
    });
  return [
    ...inEnv(fields.app.env, () => `app ${show(fields.app.name)}`, ["app", "env"]),
    ...Object.entries(fields.tenants).flatMap(([key, tenant]) =>
      inEnv(tenant.env, () => `tenant ${tenantLabel(key, tenant)}`, ["tenants", key, "env"]),
    ),
  ];
}
