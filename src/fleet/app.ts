import { z } from "zod";
import { noteCallSite } from "./call-site.ts";
import { record, show, text, wholeNumber } from "./checks.ts";
import { ImageSource } from "./image.ts";
import { EnvName, EnvValue, Label, SecretName } from "./names.ts";
import { AbsolutePath, PathBeside, RelativePath } from "./paths.ts";

/** A TCP port that an app publishes, 1024-65535: below that a container needs a privilege. Else PORT_OUT_OF_RANGE. */
export const Port = wholeNumber(1024, 65535, "PORT_OUT_OF_RANGE", "a TCP port that needs no privilege,");

const Health = z.strictObject({
  /** The port that is probed, one of the app's `ports`. Else HEALTH_PORT_UNKNOWN. */
  port: z.string(),
  /** Path of the probe, starting with `/`. Else HEALTH_PATH_INVALID. */
  path: text(
    (value) => /^\/[A-Za-z0-9_.~/-]{0,199}$/.test(value),
    (value) => ({
      code: "HEALTH_PATH_INVALID",
      message: `${show(value)} is not a path to probe`,
      fix: "write it as /health, without query or fragment",
    }),
  ),
  /** The one HTTP status that means healthy, 200-599, default 200. Else STATUS_INVALID. */
  status: wholeNumber(200, 599, "STATUS_INVALID", "an HTTP status").default(200),
  /** Seconds after the start in which a failing probe does not count, 5-600, default 60. Else DURATION_INVALID. */
  startSeconds: wholeNumber(5, 600, "DURATION_INVALID", "a whole number of seconds").default(60),
});

const DataDirectory = z.strictObject({
  /**
   * Path under the account's home; `{env}` stands for the fleet's environment (the branch in lower case). Every tenant of
   * a `multi` fleet gets `-<tenant>` appended; a directory inside another of the app's follows that one. Else PATH_INVALID.
   */
  directory: text(
    (value) =>
      value
        .replaceAll("{env}", "x")
        .split("/")
        .every((part) => /^[A-Za-z0-9_@+.-]+$/.test(part) && part !== ".." && part !== "."),
    (value) => ({
      code: "PATH_INVALID",
      message: `${show(value)} is not a path under a home directory`,
      fix: 'write it as ".openclaw-{env}"',
    }),
  ),
  /** Where the containers see it. Else PATH_INVALID; MOUNT_REPEATED when another directory of the app is seen there. */
  mount: AbsolutePath,
  /** Directories that a deploy creates in it where they are missing, none by default. Else PATH_INVALID. */
  subdirectories: z.array(RelativePath).default([]),
});

/** What is deployed: its own compose file, image, ports, health, state, environment, secrets. */
export const App = z.strictObject({
  kind: z.literal("app"),
  /** Names directories and containers, so it is fixed once deployed. Else NAME_INVALID. */
  name: Label,
  /**
   * The app's compose file, relative to the definition's folder, anywhere in the repository: `../docker-compose.yml`. Else PATH_INVALID;
   * COMPOSE_FILE_UNREADABLE when it is not there.
   */
  compose: PathBeside,
  image: ImageSource,
  /**
   * `one`: a second instance on the same state would break it, so a deploy stops the old one first (the default);
   * `many`: two may run side by side.
   */
  instances: z.enum(["one", "many"]).default("one"),
  /**
   * Container ports by name, 1024-65535; each is published on the same port of the server unless the tenant says otherwise. The compose
   * file must publish each. Else PORT_OUT_OF_RANGE, PORT_NOT_IN_COMPOSE.
   */
  ports: record(Label, Port),
  health: Health,
  /**
   * End of each service's container name, `<prefix>_<BRANCH>_<end>`, default the service's name. Else NAME_INVALID;
   * CONTAINER_SERVICE_UNKNOWN.
   */
  containers: z.record(z.string(), Label).default({}),
  /** State on the server, by name; none by default. Else NAME_INVALID; DATA_NOT_IN_COMPOSE when no service mounts it. */
  data: record(Label, DataDirectory).default({}),
  /**
   * Variables of the server's `.env` that must be filled in, else the deploy is refused. Else SECRET_NAME_INVALID;
   * SECRET_REPEATED, SECRET_NOT_IN_COMPOSE.
   */
  secrets: z.array(SecretName).default([]),
  /** Variables of `.env` that may be missing; the deploy warns. Else as for `secrets`. */
  optionalSecrets: z.array(SecretName).default([]),
  /**
   * Values for the compose file's `${…}` variables, for every tenant. Else ENV_NAME_INVALID, ENV_VALUE_INVALID;
   * ENV_IS_SECRET, ENV_NOT_IN_COMPOSE, ENV_OVERRULED.
   */
  env: record(EnvName, EnvValue).default({}),
  /** Seconds that the app may take to end after SIGTERM before it is killed, 1-600, default 30. Else DURATION_INVALID. */
  drainSeconds: wholeNumber(1, 600, "DURATION_INVALID", "a whole number of seconds").default(30),
});
export type App = z.output<typeof App>;
type AppFields = z.input<typeof App>;

export interface AppInput<Ports extends string, Data extends string>
  extends Omit<AppFields, "kind" | "name" | "ports" | "health" | "data"> {
  readonly ports: Readonly<Record<Ports, number>>;
  readonly health: Omit<AppFields["health"], "port"> & { readonly port: NoInfer<Ports> };
  readonly data?: Readonly<Record<Data, z.input<typeof DataDirectory>>>;
}

/** An app as `fleet(…)` takes it; the type parameters carry the names of its ports and data directories. */
export interface AppDefinition<Ports extends string = string, Data extends string = string>
  extends Omit<AppFields, "ports" | "data"> {
  readonly ports: Readonly<Record<Ports, number>>;
  readonly data?: Readonly<Record<Data, z.input<typeof DataDirectory>>>;
}

/** Declares an app. Port and data names given here are the only ones that a tenant may use. */
export function app<const Ports extends string, const Data extends string = never>(
  name: string,
  options: AppInput<Ports, Data>,
): AppDefinition<Ports, Data> {
  return noteCallSite({ ...options, kind: "app", name }, app);
}
