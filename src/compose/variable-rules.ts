import type { Installation } from "../fleet/installation.ts";
import { tenantLabel } from "../fleet/words.ts";
import { bindingsOf } from "./bindings.ts";
import { readReferences } from "./pins.ts";
import { allFields } from "./read.ts";
import { type Rule, type RuleContext, report } from "./rule.ts";
import { appResolver } from "./services.ts";
import { textsOf } from "./values.ts";
import { parseTemplate, type Reference, referencesOf } from "./variables.ts";

/** Rules about the variables that the compose file reads. */
export const variableRules: readonly Rule[] = [
  variableUnknown,
  sourceWithoutDefault,
  variableRequired,
  secretNotInCompose,
  envNotInCompose,
  envOverruled,
  valueInDefault,
];

/** Compose would put nothing in its place, with a warning that nobody reads. */
function variableUnknown(context: RuleContext) {
  const { definition, fleet, compose } = context;
  const settled = new Set([
    ...boundNames(context, ["image", "platform", "container", "port"]),
    ...Object.keys(fleet.app.env),
    ...bareNames(context, sourceReferences(context)),
  ]);
  const unknown = bareNames(context, readReferences(compose)).filter(
    (name) => !settled.has(name) && !everyTenantGives(fleet.tenants, name),
  );
  return unknown.map((name) =>
    report(definition, "COMPOSE_VARIABLE_UNKNOWN", ["app", "compose"])(
      `${compose.path} reads \${${name}}, which has no default there and no value in the definition`,
      `add it to app.secrets or app.env, or give it a default: \${${name}:-…}`,
    ),
  );
}

/** Compose reads the app's file before it sees the overlay, and refuses a volume `:/data`. */
function sourceWithoutDefault(context: RuleContext) {
  const { definition, compose } = context;
  return bareNames(context, sourceReferences(context)).map((name) =>
    report(definition, "COMPOSE_VARIABLE_UNKNOWN", ["app", "compose"])(
      `${compose.path} reads \${${name}} in a volume without a default, which Compose refuses where .env does not have it`,
      `give it a default: \${${name}:-./${name.toLowerCase()}}`,
    ),
  );
}

function sourceReferences({ compose }: RuleContext): Reference[] {
  const texts = Object.values(compose.services).flatMap(({ volumes }) => textsOf(volumes));
  return texts.flatMap((text) => referencesOf(parseTemplate(text)));
}

/** Names, other than secrets, that some reference has without an operator. */
function bareNames({ fleet }: RuleContext, references: readonly Reference[]): string[] {
  const { keep } = appResolver(fleet);
  return namesOf(references.filter(({ name, operator }) => operator === undefined && !keep(name)));
}

/** The base file is interpolated before the overlay is laid over it, so a required variable must stand in `.env`. */
function variableRequired({ definition, fleet, compose }: RuleContext) {
  const { keep } = appResolver(fleet);
  const everywhere = textsOf(allFields(compose)).flatMap((text) => referencesOf(parseTemplate(text)));
  const required = everywhere.filter(({ name, operator }) => operator?.endsWith("?") && !keep(name));
  return namesOf(required).map((name) =>
    report(definition, "COMPOSE_VARIABLE_REQUIRED", ["app", "compose"])(
      `${compose.path} insists on ${name} in the server's .env (\${${name}:?…}), and it is no declared secret`,
      `add it to app.secrets, or give it a default: \${${name}:-…}`,
    ),
  );
}

/** The app would never get it. */
function secretNotInCompose({ definition, fleet, compose }: RuleContext) {
  const read = new Set(namesOf(readReferences(compose)));
  return (["secrets", "optionalSecrets"] as const).flatMap((field) =>
    fleet.app[field].flatMap((name, index) =>
      read.has(name)
        ? []
        : [
            report(definition, "SECRET_NOT_IN_COMPOSE", ["app", field, index])(
              `no service of ${compose.path} reads the secret ${name}, so the app would never get it`,
              `add ${name}: \${${name}${field === "secrets" ? ":?set it in .env" : ":-"}} to a service's environment, or remove it here`,
            ),
          ],
    ),
  );
}

function envNotInCompose(context: RuleContext) {
  const read = new Set(namesOf(readReferences(context.compose)));
  return envFields(context, (name) => !read.has(name)).map(({ path, name, who }) =>
    report(
      context.definition,
      "ENV_NOT_IN_COMPOSE",
      path,
    )(
      `nothing in ${context.compose.path} reads ${name}, so the value that ${who} gives it would have no effect`,
      `add ${name}: \${${name}:-} to a service's environment, or remove it here`,
    ),
  );
}

/** Ports, names, paths and the image have fields of their own. */
function envOverruled(context: RuleContext) {
  const bound = new Set(boundNames(context, ["image", "platform", "container", "port", "data"]));
  return envFields(context, (name) => bound.has(name)).map(({ path, name, who }) =>
    report(
      context.definition,
      "ENV_OVERRULED",
      path,
    )(
      `${who} gives ${name} a value, and in ${context.compose.path} it stands for a port, a path, a name or the image, which the definition gives elsewhere`,
      "use ports, data, containers, image or the server's platform instead",
    ),
  );
}

/** A default behind a secret cannot hold a brace: no version of Compose has a way to write one there. */
function valueInDefault(context: RuleContext) {
  const { fleet, compose, definition } = context;
  const { keep } = appResolver(fleet);
  const inside = new Set(
    namesOf(
      readReferences(compose)
        .filter(({ name }) => keep(name))
        .flatMap(({ operand = [] }) => referencesOf(operand)),
    ),
  );
  return envFields(context, (name, value) => inside.has(name) && /[{}]/.test(value)).map(({ path, name, who }) =>
    report(
      definition,
      "ENV_VALUE_INVALID",
      path,
    )(
      `${who} gives ${name} a value with a brace, and ${compose.path} reads it in the default of a secret, where none can stand`,
      "use a value without braces, or read the variable outside the secret's default",
    ),
  );
}

/** The env fields, of the app and of tenants, that a rule picks. */
function envFields({ definition, fleet }: RuleContext, pick: (name: string, value: string) => boolean) {
  const ofApp = Object.entries(fleet.app.env).map(([name, value]) => {
    return { name, value, who: `app "${fleet.app.name}"`, path: ["app", "env", name] };
  });
  const ofTenants = Object.entries(rawTenants(definition)).flatMap(([key, tenant]) =>
    Object.entries(tenant.env ?? {}).map(([name, value]) => {
      return { name, value, who: `tenant ${tenantLabel(key, tenant)}`, path: ["tenants", key, "env", name] };
    }),
  );
  return [...ofApp, ...ofTenants].filter(({ name, value }) => pick(name, String(value)));
}

/** Tenants as written: in an installation the app's env is mixed in. */
function rawTenants(definition: object): Readonly<Record<string, { readonly env?: Readonly<Record<string, string>> }>> {
  return (definition as { tenants?: Record<string, { env?: Record<string, string> }> }).tenants ?? {};
}

function boundNames({ fleet, compose }: RuleContext, kinds: readonly string[]): string[] {
  const bindings = bindingsOf(fleet, compose, appResolver(fleet));
  return bindings.filter(({ meaning }) => kinds.includes(meaning.kind)).map(({ variable }) => variable);
}

function everyTenantGives(tenants: readonly Installation[], name: string): boolean {
  return tenants.length > 0 && tenants.every(({ env }) => Object.hasOwn(env, name));
}

function namesOf(references: readonly Reference[]): string[] {
  return [...new Set(references.map(({ name }) => name))].sort();
}
