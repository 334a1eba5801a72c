import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic, FieldRef } from "../diagnostic.ts";
import { nearest } from "../nearest.ts";
import { tenantLabel } from "../words.ts";

/** Phase `single` or a canary names a tenant that is not there. */
export function tenantUnknown({ definition, fields }: CheckedFleet): Diagnostic[] {
  const keys = Object.keys(fields.tenants);
  if (keys.length === 0) return []; // TENANTS_MISSING
  const mentions: { name: string; what: string; path: PropertyKey[] }[] = [];
  if (fields.phases.single) {
    mentions.push({ name: fields.phases.single.tenant, what: "phase single", path: ["phases", "single", "tenant"] });
  }
  fields.rollout.forEach((step, index) => {
    if (!("canary" in step)) return;
    step.canary.forEach((name, at) => {
      mentions.push({ name, what: "a canary", path: ["rollout", index, "canary", at] });
    });
  });
  return mentions.flatMap(({ name, what, path }): Diagnostic[] => {
    if (Object.hasOwn(fields.tenants, name)) return [];
    const meant = nearest(name, keys);
    return [
      {
        code: "TENANT_UNKNOWN",
        severity: "error",
        message: `${what} names tenant ${show(name)}, which is not there.`,
        fix: meant ? `did you mean ${show(meant)}?` : `use one of the keys of tenants, or add ${show(name)} to them.`,
        field: { root: definition, path },
      },
    ];
  });
}

/** A tenant gives a port or a data directory under a name that the app does not have. */
export function portNameUnknown(checked: CheckedFleet): Diagnostic[] {
  return unknownNames(checked, "ports", "PORT_NAME_UNKNOWN", "port");
}
export function dataNameUnknown(checked: CheckedFleet): Diagnostic[] {
  return unknownNames(checked, "data", "DATA_NAME_UNKNOWN", "data directory");
}

function unknownNames(
  { definition, fields }: CheckedFleet,
  area: "ports" | "data",
  code: string,
  what: string,
): Diagnostic[] {
  const known = fields.app[area];
  const complain = (who: () => string, name: string, field: FieldRef): Diagnostic => {
    const meant = nearest(name, Object.keys(known));
    return {
      code,
      severity: "error",
      message: `${who()} gives a ${what} ${show(name)}, which app ${show(fields.app.name)} does not have.`,
      fix: meant ? `did you mean ${show(meant)}?` : `remove it, or declare it in the app's ${area}.`,
      field,
    };
  };
  const names = (given: object) => Object.keys(given).filter((name) => !Object.hasOwn(known, name));
  const inTenants = Object.entries(fields.tenants).flatMap(([key, tenant]) =>
    names(tenant[area]).map((name) =>
      complain(() => `tenant ${tenantLabel(key, tenant)}`, name, {
        root: definition,
        path: ["tenants", key, area, name],
      }),
    ),
  );
  if (area === "ports" || !fields.phases.single) return inTenants;
  const inSingle = names(fields.phases.single.data).map((name) =>
    complain(() => "phase single", name, { root: definition, path: ["phases", "single", "data", name] }),
  );
  return [...inTenants, ...inSingle];
}

/** The health probe asks a port that the app does not have. */
export function healthPortUnknown({ definition, fields }: CheckedFleet): Diagnostic[] {
  const { name, ports, health } = fields.app;
  if (Object.hasOwn(ports, health.port)) return [];
  const names = Object.keys(ports);
  const meant = nearest(health.port, names);
  return [
    {
      code: "HEALTH_PORT_UNKNOWN",
      severity: "error",
      message: `app ${show(name)} is probed on port ${show(health.port)}, which is none of its ports.`,
      fix: meant
        ? `did you mean ${show(meant)}?`
        : `use one of ${names.map(show).join(", ") || "the app's ports, and declare one first"}.`,
      field: { root: definition, path: ["app", "health", "port"] },
    },
  ];
}
