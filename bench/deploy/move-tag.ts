import type { ImageRegistry } from "../../test/rehearsal/bench/image-registry.ts";

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

/** Gives a manifest of the image registry another tag, as a release workflow moves `:prd`. No engine takes part. */
export async function moveTag(registry: ImageRegistry, name: string, digest: string, tag: string): Promise<void> {
  const manifests = `http://${registry.address}/v2/${name}/manifests`;
  const Authorization = `Basic ${Buffer.from(`${registry.user}:${registry.password}`).toString("base64")}`;
  const found = await fetch(`${manifests}/${digest}`, { headers: { Authorization, Accept: MANIFEST } });
  const type = found.headers.get("content-type") ?? MANIFEST;
  const headers = { Authorization, "Content-Type": type };
  const moved = await fetch(`${manifests}/${tag}`, { method: "PUT", headers, body: await found.text() });
  if (!moved.ok) throw new Error(`the tag ${tag} was not moved: status ${moved.status}`);
}
