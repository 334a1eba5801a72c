import type { ImageSource } from "./image.ts";

type Named = Pick<ImageSource, "repository" | "pull">;

/** Where the server's right to pull comes from: as declared, else the job's token for ghcr.io, and the account's own login elsewhere. */
export function pullOf({ repository, pull }: Named): NonNullable<ImageSource["pull"]> {
  return pull ?? (isGitHubs(repository) ? "job-token" : "server-login");
}

/**
 * Whether the image registry may see the workflow's own token: GitHub's does, any other only where the definition says so with
 * `pull: "job-token"`. The token can write packages, so a foreign registry must not be sent it.
 */
export function takesJobToken({ repository, pull }: Named): boolean {
  return isGitHubs(repository) || pull === "job-token";
}

function isGitHubs(repository: string): boolean {
  return repository.startsWith("ghcr.io/");
}
