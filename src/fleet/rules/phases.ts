import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { imagesOf } from "./images.ts";

/** The active phase is not declared, or none is. */
export function phaseUndeclared({ definition, fields }: CheckedFleet): Diagnostic[] {
  const { phases, active } = fields;
  if (phases[active] !== undefined) return [];
  const declared = (["single", "multi", "k8s"] as const).filter((name) => phases[name] !== undefined);
  return [
    {
      code: "PHASE_UNDECLARED",
      severity: "error",
      message: `fleet ${show(fields.name)} has phase ${active} active, and phases declares ${declared.join(" and ") || "none"}.`,
      fix:
        active === "single"
          ? 'add single: single({ tenant: "…" }) to phases.'
          : `add ${active}: ${active}() to phases, or activate a declared one.`,
      field: { root: definition, path: ["active"] },
    },
  ];
}

/** What the compiler knows and cannot deploy yet. */
export function notYet(checked: CheckedFleet): Diagnostic[] {
  const { definition, fields } = checked;
  const refuse = (what: string, fix: string, path: readonly PropertyKey[]): Diagnostic => ({
    code: "NOT_YET",
    severity: "error",
    message: `${what}.`,
    fix,
    field: { root: definition, path },
  });
  const diagnostics: Diagnostic[] = [];
  if (fields.phases.k8s)
    diagnostics.push(refuse("phase k8s is not deployable yet", "remove phase k8s.", ["phases", "k8s"]));
  if (fields.active === "multi" && fields.phases.multi) {
    diagnostics.push(refuse("phase multi is not deployable yet", insteadOfMulti(fields), ["active"]));
  }
  const fix = "use build({…}), follow({…}) or prebuilt({…}).";
  for (const { image, path } of imagesOf(checked)) {
    if (image.kind !== "on-server") continue;
    const [area, key = ""] = path;
    const whose = area === "app" ? `app ${show(fields.app.name)}` : `the image of tenant ${show(key)}`;
    diagnostics.push(refuse(`${whose} is built on the server, which is not deployable yet`, fix, path));
  }
  return diagnostics;
}

function insteadOfMulti({ phases, tenants }: CheckedFleet["fields"]): string {
  if (phases.single) return 'use active: "single"; multi may stay declared.';
  const [tenant = "…"] = Object.keys(tenants);
  return `add single: single({ tenant: ${show(tenant)} }) to phases and use active: "single"; multi may stay declared.`;
}

/** A fleet without tenants deploys nothing, and GitHub rejects an empty matrix. */
export function tenantsMissing({ definition, fields }: CheckedFleet): Diagnostic[] {
  if (Object.keys(fields.tenants).length > 0) return [];
  return [
    {
      code: "TENANTS_MISSING",
      severity: "error",
      message: `fleet ${show(fields.name)} has no tenant.`,
      fix: "add one: tenants: { acme: { on: east } }.",
      field: { root: definition, path: ["tenants"] },
    },
  ];
}
