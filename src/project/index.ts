// What a `.projenrc.ts` imports. Deciding and writing are other modules; nothing else in Tenantry knows projen.
export { MinimalProject, type MinimalProjectOptions } from "./minimal-project.ts";
export { Tenantry, type TenantryOptions } from "./tenantry.ts";
