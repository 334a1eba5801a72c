import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "../../support/run.ts";
import { inScratch } from "../../support/scratch.ts";
import { tool } from "../../support/tools.ts";
import { docker } from "./docker.ts";
import type { ImageRegistry } from "./image-registry.ts";

/**
 * How the app in an image behaves. `sick` runs, and answers 404 where it is asked for its health. `crash` ends with
 * code 1 at its start. `slow` listens only after `startSeconds`. `ignores-term` has to be killed.
 */
export type Behaviour = "healthy" | "sick" | "crash" | "slow" | "ignores-term";

export interface ImageVariant {
  readonly behaviour: Behaviour;
  /** What `/version` answers. Two versions are two digests. */
  readonly version: string;
  /** Seconds from its start until it listens. Default 0, and 3 for `slow`. */
  readonly startSeconds?: number;
  /**
   * With a number above 0 the app keeps state in /home/node/.openclaw: `format` holds this number, `history` one line
   * for each start. It refuses to start on a higher number. Default 0: stateless.
   */
  readonly stateFormat?: number;
  /** The label org.opencontainers.image.revision. Default: none. */
  readonly revision?: string;
}

/** An image in the bench's engine. */
export interface BuiltImage {
  /** `sha256:…` of the image's configuration: what `docker inspect` gives as a container's `.Image`. */
  readonly id: string;
  /** A tag in the engine that nobody else uses. */
  readonly tag: string;
  readonly variant: ImageVariant;
}

/** An image in the image registry. */
export interface PushedImage extends BuiltImage {
  /** `127.0.0.1:<port>/<name>`, without tag and digest. */
  readonly repository: string;
  /** `sha256:…` of the manifest: what a release is deployed by. */
  readonly digest: string;
}

export const HEALTHY_ANSWER = "ok\n";

/** Builds an image from nothing but busybox and the stand-in app. */
export async function buildImage(variant: ImageVariant): Promise<BuiltImage> {
  const base = await baseImage();
  const label =
    variant.revision === undefined ? [] : ["--label", `org.opencontainers.image.revision=${variant.revision}`];
  // A tag of its own: without one, another test that removes the same image would take this one with it.
  const tag = `tenantry-bench/build:${randomBytes(8).toString("hex")}`;
  const id = await inScratch("image", contextOf(base, variant), (context) =>
    docker(["build", "--quiet", "--tag", tag, ...label, context]),
  );
  return { id: id.trim(), tag, variant };
}

export interface PushOptions {
  /** Name in the image registry. Default `openclaw`. */
  readonly name?: string;
  /** Default: the version. */
  readonly tag?: string;
  /** Keep it in the engine too. Default false: it is gone from there, so that a deploy has something to pull. */
  readonly keep?: boolean;
}

/** Pushes an image and gives its digest. */
export async function pushImage(
  image: BuiltImage,
  registry: ImageRegistry,
  { name = "openclaw", tag = image.variant.version, keep = false }: PushOptions = {},
): Promise<PushedImage> {
  const repository = `${registry.address}/${name}`;
  const reference = `${repository}:${tag}`;
  await docker(["tag", image.tag, reference]);
  const output = await docker(["push", reference], { config: await registry.login() });
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
  if (digest === undefined) throw new Error(`docker push said no digest:\n${output}`);
  if (!keep) await docker(["rmi", reference, image.tag]);
  return { ...image, repository, digest };
}

/** Build and push in one. */
export async function publish(
  variant: ImageVariant,
  registry: ImageRegistry,
  options?: PushOptions,
): Promise<PushedImage> {
  return pushImage(await buildImage(variant), registry, options);
}

const APP = join(import.meta.dirname, "stand-in-app");
const BASE = "tenantry-bench/base:latest";
let base: Promise<string> | undefined;

/** busybox under all its names, and the stand-in. It is the same for all variants, so it is built once a process. */
export function baseImage(): Promise<string> {
  base ??= inScratch("image", baseFiles, async (context) => {
    mkdirSync(join(context, "bin"));
    copyFileSync(tool("busybox"), join(context, "bin/busybox"));
    const applets = (await runOrThrow(tool("busybox"), ["--list"])).split("\n");
    for (const name of applets.filter((applet) => applet !== "" && applet !== "busybox")) {
      symlinkSync("busybox", join(context, "bin", name));
    }
    for (const folder of ["usr/local/bin", "usr/local/lib", "home/node", "tmp"]) {
      mkdirSync(join(context, folder), { recursive: true });
    }
    copyFileSync(join(APP, "node"), join(context, "usr/local/bin/node"));
    copyFileSync(join(APP, "stand-in"), join(context, "usr/local/lib/stand-in"));
    await docker(["build", "--quiet", "--tag", BASE, context]);
    return BASE;
  });
  return base;
}

const baseFiles = {
  Dockerfile: `FROM scratch
COPY . /
ENV PATH=/usr/local/bin:/bin HOME=/home/node
WORKDIR /home/node
EXPOSE 18789 18790
CMD ["node", "openclaw.mjs", "gateway", "--bind", "lan", "--port", "18789"]
`,
  ".dockerignore": "Dockerfile\n.dockerignore\n",
  "etc/passwd": "root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n",
  "etc/group": "root:x:0:\nnode:x:1000:\n",
};

export function contextOf(base: string, variant: ImageVariant): Record<string, string> {
  const { behaviour, version, stateFormat = 0 } = variant;
  const startSeconds = variant.startSeconds ?? (behaviour === "slow" ? 3 : 0);
  const health =
    behaviour === "sick" ? {} : { health: HEALTHY_ANSWER, healthz: HEALTHY_ANSWER, readyz: HEALTHY_ANSWER };
  const served = Object.entries({ ...health, version }).map(([name, text]) => [`root/srv/gateway/${name}`, text]);
  return {
    Dockerfile: `FROM ${base}\nCOPY root/ /\n`,
    "root/etc/stand-in": settings({
      VERSION: version,
      BEHAVIOUR: behaviour,
      START_SECONDS: startSeconds,
      STATE_FORMAT: stateFormat,
    }),
    "root/srv/bridge/version": version,
    ...Object.fromEntries(served),
  };
}

function settings(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([key, value]) => {
      if (!/^[\w.+-]+$/.test(String(value))) throw new Error(`${key}: use letters, digits and . + - _, not "${value}"`);
      return `${key}=${value}\n`;
    })
    .join("");
}
