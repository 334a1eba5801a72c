import { docker, tryDocker } from "../../test/rehearsal/bench/docker.ts";

/** Removes all that a Compose project has in the engine, images apart. */
export async function removeProject(project: string): Promise<void> {
  const ids = await docker(["ps", "--all", "--quiet", "--filter", `label=com.docker.compose.project=${project}`]);
  const containers = ids.split("\n").filter(Boolean);
  if (containers.length > 0) await tryDocker(["rm", "--force", "--volumes", ...containers]);
  await tryDocker(["network", "rm", `${project}_default`]);
}

/** Removes all images of a repository from the engine. */
export async function removeImages(repository: string): Promise<void> {
  const ids = await docker(["images", "--quiet", "--no-trunc", repository]);
  const images = [...new Set(ids.split("\n").filter(Boolean))];
  if (images.length > 0) await tryDocker(["rmi", "--force", ...images]);
}
