// What a definition file imports. Checking, compiling and writing are other modules, so that loading a definition stays cheap.
export { type AppDefinition, type AppInput, app } from "./fleet/app.ts";
export { type FleetDefinition, type FleetInput, fleet } from "./fleet/fleet.ts";
export {
  type BuildInput,
  build,
  type FollowInput,
  follow,
  type OnServerInput,
  onServer,
  type PrebuiltInput,
  prebuilt,
} from "./fleet/image.ts";
export { k8s, multi, type SingleDefinition, type SingleInput, single } from "./fleet/phase.ts";
export type { RolloutStepInput } from "./fleet/rollout.ts";
export {
  type BastionInput,
  bastion,
  direct,
  type Platform,
  type Secret,
  type ServerInput,
  secret,
  server,
  type TailscaleInput,
  tailscale,
  unknown,
} from "./fleet/server.ts";
export { type TenantInput, tenant } from "./fleet/tenant.ts";
