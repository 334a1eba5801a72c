import { z } from "zod";
import { App, type AppDefinition } from "./app.ts";
import { noteCallSite } from "./call-site.ts";
import { record, show, text, wholeNumber } from "./checks.ts";
import { Label } from "./names.ts";
import { Phases, type SingleDefinition } from "./phase.ts";
import { RolloutStep, type RolloutStepInput } from "./rollout.ts";
import { Tenant, type TenantInput } from "./tenant.ts";

/** The tenants of one environment, deployed from one branch. */
export const FleetFields = z.strictObject({
  kind: z.literal("fleet"),
  /** Names the registry file, the generated folder and the GitHub environment, such as `production`. Else NAME_INVALID. */
  name: Label,
  /** `owner/name` on GitHub; every deploying job runs only there. Else REPOSITORY_INVALID. */
  repository: text(
    (value) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(value),
    (value) => ({
      code: "REPOSITORY_INVALID",
      message: `${show(value)} is not a repository on GitHub`,
      fix: "write it as owner/name",
    }),
  ),
  /** The branch whose pushes deploy, such as `PRD`; in lower case it names directories, ids and the workflow file. Else BRANCH_INVALID. */
  branch: text(
    (value) => /^[A-Za-z][A-Za-z0-9-]{0,19}$/.test(value),
    (value) => ({
      code: "BRANCH_INVALID",
      message: `${show(value)} cannot name a branch, directories and containers at once`,
      fix: "use 1 to 20 letters, digits and '-', starting with a letter",
    }),
  ),
  app: App,
  /** How tenants are deployed; several may be declared. */
  phases: Phases,
  /** The phase whose workflow is the deploy workflow, default the one that is declared. PHASE_UNDECLARED when `phases` lacks it. */
  active: z.enum(["single", "multi", "k8s"]),
  /** Order of a `multi` deploy, default all at once. Else ROLLOUT_ORDER, CANARY_REPEATED, TENANT_UNKNOWN. */
  rollout: z.array(RolloutStep).default([{ rest: {} }]),
  /** Which GitHub environment holds the deploy key: `<fleet>`, `<fleet>-<server>` or `<fleet>-<tenant>`. Default per-fleet. */
  credentials: z.enum(["per-fleet", "per-server", "per-tenant"]).default("per-fleet"),
  /** Releases that a server keeps to go back to, 1-20, default 3. Else RELEASES_INVALID. */
  keepReleases: wholeNumber(1, 20, "RELEASES_INVALID", "a whole number of releases").default(3),
  /** The repository is public: hosts must be secrets, else HOST_PUBLIC. Default false. */
  public: z.boolean().default(false),
  /** The tenants by key. A key names directories, containers and jobs, so it is fixed once deployed. Else NAME_INVALID; TENANTS_MISSING. */
  tenants: record(Label, Tenant),
});
export type FleetFields = z.output<typeof FleetFields>;
type FleetFieldsInput = z.input<typeof FleetFields>;

export interface FleetInput<Ports extends string, Data extends string, Key extends string>
  extends Omit<FleetFieldsInput, "kind" | "name" | "app" | "phases" | "active" | "rollout" | "tenants"> {
  readonly app: AppDefinition<Ports, Data>;
  readonly phases: Omit<FleetFieldsInput["phases"], "single"> & { readonly single?: SingleDefinition<NoInfer<Key>> };
  /** May be left out where one phase is declared. */
  readonly active?: FleetFieldsInput["active"];
  readonly rollout?: readonly RolloutStepInput<NoInfer<Key>>[];
  readonly tenants: Readonly<Record<Key, TenantInput<NoInfer<Ports>, NoInfer<Data>>>>;
}

/** A fleet as a definition file exports it: not checked yet. `validate` does that for all fleets of a repository together. */
export interface FleetDefinition {
  readonly kind: "fleet";
  readonly name: string;
}

/** Declares a fleet. Tenant keys, port and data names are typed from the object itself: a wrong one is an error in the editor. */
export function fleet<const Ports extends string, const Data extends string, const Key extends string>(
  name: string,
  options: FleetInput<Ports, Data, Key>,
): FleetDefinition {
  return noteCallSite({ ...onlyPhase(options.phases), ...options, kind: "fleet", name }, fleet);
}

/** A definition is not checked yet, so `phases` may be anything. */
function onlyPhase(phases: object | undefined): { active?: string } {
  const [active, ...others] = Object.keys(phases ?? {});
  return active === undefined || others.length > 0 ? {} : { active };
}

/** Whether a module's default export is a fleet, so that a loader can say what it found instead. */
export function isFleet(value: unknown): value is FleetDefinition {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "fleet";
}
