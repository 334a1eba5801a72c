import { z } from "zod";
import { noteCallSite } from "./call-site.ts";
import { complain, record, show, text, wholeNumber } from "./checks.ts";
import { BuildValue, EnvName, Words } from "./names.ts";
import { RelativePath } from "./paths.ts";

/**
 * An image repository with its registry, in lower case as the distribution specification has it
 * (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests), without tag or digest. Else IMAGE_NAME_INVALID.
 */
const Repository = text(isRepository, (value) => ({
  code: "IMAGE_NAME_INVALID",
  message: /[A-Z]/.test(value)
    ? `${show(value)} has capital letters, and image names are lower case`
    : `${show(value)} is not an image repository with its registry`,
  fix: `${withRegistry(value.toLowerCase())}, without tag or digest`,
}));

function isRepository(value: string): boolean {
  return (
    value.length <= 200 &&
    /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost|[a-z0-9.-]+:\d{1,5})(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+$/.test(
      value,
    )
  );
}

/** What was meant by a name that Docker itself would take: `ghost` is docker.io/library/ghost. */
function withRegistry(value: string): string {
  const repository = repositoryOf(value);
  if (!isRepository(repository)) return "write it as ghcr.io/owner/name";
  return repository.startsWith("docker.io/")
    ? `write ${show(repository)} for Docker Hub's, or another registry's as ghcr.io/owner/name`
    : `write ${show(repository)}`;
}

/**
 * The repository of an image as Docker reads a name: without tag and digest, with the registry and Docker Hub's `library/` that a short name
 * leaves out (https://github.com/distribution/reference/blob/v0.6.0/normalize.go).
 */
export function repositoryOf(image: string): string {
  const name = (image.split("@", 1)[0] as string).replace(/:[^:/]*$/, "");
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  if (first === "docker.io" || first === "index.docker.io") return onDockerHub(name.slice(slash + 1));
  return name === "" || /[.:]/.test(first) || first === "localhost" ? name : onDockerHub(name);
}

function onDockerHub(name: string): string {
  return name.includes("/") ? `docker.io/${name}` : `docker.io/library/${name}`;
}

/** A digest as the deploy takes it. Else DIGEST_INVALID. */
export const Digest = text(
  (value) => /^sha256:[0-9a-f]{64}$/.test(value),
  (value) => ({
    code: "DIGEST_INVALID",
    message: `${show(value)} is not a digest`,
    fix: "write sha256: and 64 hexadecimal digits in lower case",
  }),
);

/** Each once, else PLATFORM_REPEATED: a build for it would run twice. */
const Platforms = z
  .array(z.enum(["linux/amd64", "linux/arm64"]))
  .min(1)
  .check((context) => {
    context.value.forEach((platform, index, all) => {
      if (all.indexOf(platform) === index) return;
      const fix = "name each platform once";
      complain(context, { code: "PLATFORM_REPEATED", message: `${show(platform)} stands twice`, fix }, [index]);
    });
  });

/** Where the server's right to pull comes from. */
const Pull = z.enum(["job-token", "server-login", "public"]);

const common = {
  /** The image's repository, such as `ghcr.io/owner/name`. Else IMAGE_NAME_INVALID. */
  repository: Repository,
  /**
   * `job-token`: the workflow's own token, handed over for the pull and then gone (the default for ghcr.io);
   * `server-login`: what the operator's `docker login` left on the server (the default elsewhere); `public`: none is needed.
   */
  pull: Pull.optional(),
};

const RunnerLabel = text(
  (value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(value),
  (value) => ({
    code: "RUNNER_INVALID",
    message: `${show(value)} is not a runner label`,
    fix: "write a label such as ubuntu-24.04-arm",
  }),
);

const Build = z.strictObject({
  kind: z.literal("build"),
  ...common,
  /** Build context relative to the repository's root, default the root. Else PATH_INVALID. */
  context: RelativePath.default("."),
  /** Dockerfile relative to the context, default `Dockerfile`. Else PATH_INVALID. */
  dockerfile: RelativePath.default("Dockerfile"),
  /** Build arguments. They are public in the image's history: no secrets. Else ENV_NAME_INVALID, ENV_VALUE_INVALID. */
  args: record(EnvName, BuildValue).default({}),
  /** What the image is built for, default what the tenants' servers run. */
  platforms: Platforms.optional(),
  /** A native runner for a platform, such as `{ "linux/arm64": "ubuntu-24.04-arm" }`; without one QEMU emulates it. Else RUNNER_INVALID. */
  nativeRunners: z.partialRecord(z.enum(["linux/amd64", "linux/arm64"]), RunnerLabel).default({}),
});

const Follow = z.strictObject({
  kind: z.literal("follow"),
  ...common,
  /** Name of the workflow that builds and pushes the image, such as `Docker Release`. Else TEXT_INVALID. */
  workflow: Words,
  /**
   * The immutable tag that it pushes for a commit; `{sha}` stands, once, for the commit's 40 hex digits, default `sha-{sha}`. At most 128
   * characters with them (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests). Else TAG_INVALID.
   */
  tag: text(
    (value) =>
      value.includes("{sha}") && /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(value.replace("{sha}", "0".repeat(40))),
    (value) => ({
      code: "TAG_INVALID",
      message: `${show(value)} is not a tag that names the commit`,
      fix: "write {sha} once, where the commit stands, as in sha-{sha}; with 40 digits in its place a tag has 128 characters at most",
    }),
  ).default("sha-{sha}"),
  /** Minutes to wait for that workflow's run, 1-300, default 60. Else DURATION_INVALID. */
  waitMinutes: wholeNumber(1, 300, "DURATION_INVALID", "a whole number of minutes").default(60),
  /** What that workflow builds for, default what the tenants' servers run. */
  platforms: Platforms.optional(),
});

const Prebuilt = z.strictObject({
  kind: z.literal("prebuilt"),
  ...common,
  /** The digest to deploy; changing it is a deploy. Else DIGEST_INVALID. */
  digest: Digest,
  /** What the image was built for, default what the tenants' servers run. */
  platforms: Platforms.optional(),
});

const OnServer = z.strictObject({ kind: z.literal("on-server"), ...common });

export const ImageSource = z.discriminatedUnion("kind", [Build, Follow, Prebuilt, OnServer]);
export type ImageSource = z.output<typeof ImageSource>;
export type BuildImage = z.output<typeof Build>;
export type FollowImage = z.output<typeof Follow>;
export type BuildInput = Omit<z.input<typeof Build>, "kind">;
export type FollowInput = Omit<z.input<typeof Follow>, "kind">;
export type PrebuiltInput = Omit<z.input<typeof Prebuilt>, "kind">;
export type OnServerInput = Omit<z.input<typeof OnServer>, "kind">;

/** The fleet's own workflow builds the image, once for each state of its context. */
export function build(options: BuildInput): z.input<typeof Build> {
  return noteCallSite({ ...options, kind: "build" }, build);
}

/** Another workflow of the repository builds it; the deploy waits for that workflow's run of the same commit. */
export function follow(options: FollowInput): z.input<typeof Follow> {
  return noteCallSite({ ...options, kind: "follow" }, follow);
}

/** The image exists; the definition names its digest. */
export function prebuilt(options: PrebuiltInput): z.input<typeof Prebuilt> {
  return noteCallSite({ ...options, kind: "prebuilt" }, prebuilt);
}

/** Built on the server itself. Refused with NOT_YET. */
export function onServer(options: OnServerInput): z.input<typeof OnServer> {
  return noteCallSite({ ...options, kind: "on-server" }, onServer);
}
