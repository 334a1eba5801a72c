import { Styled } from "../yaml/node.ts";
import type { PinnedAction } from "./model.ts";

/**
 * The third-party actions that workflows use, by full commit id: a tag can be moved to other code, a commit cannot.
 * Each commit is the one that the version's tag named when it was pinned.
 */
export const PINS = {
  "actions/attest-build-provenance": { version: "v4.1.0", sha: "a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32" },
  "actions/cache": { version: "v5.0.5", sha: "27d5ce7f107fe9357f9df03efb73ab90386fccae" },
  "actions/checkout": { version: "v7.0.1", sha: "3d3c42e5aac5ba805825da76410c181273ba90b1" },
  "actions/create-github-app-token": { version: "v3.1.1", sha: "1b10c78c7865c340bc4f6099eb2f838309f1e8c3" },
  "actions/deploy-pages": { version: "v5.0.0", sha: "cd2ce8fcbc39b97be8ca5fce6e763baed58fa128" },
  "actions/download-artifact": { version: "v8.0.1", sha: "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c" },
  "actions/setup-go": { version: "v7.0.0", sha: "b7ad1dad31e06c5925ef5d2fc7ad053ef454303e" },
  "actions/setup-node": { version: "v7.0.0", sha: "820762786026740c76f36085b0efc47a31fe5020" },
  "actions/setup-python": { version: "v7.0.0", sha: "5fda3b95a4ea91299a34e894583c3862153e4b97" },
  "actions/upload-artifact": { version: "v7.0.0", sha: "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f" },
  "docker/build-push-action": { version: "v7.3.0", sha: "53b7df96c91f9c12dcc8a07bcb9ccacbed38856a" },
  "docker/login-action": { version: "v4.1.0", sha: "4907a6ddec9925e35a0a9e82d7399ccc52663121" },
  "docker/metadata-action": { version: "v6.2.0", sha: "dc802804100637a589fabce1cb79ff13a1411302" },
  "docker/setup-buildx-action": { version: "v4.3.0", sha: "37fe631027851001ddb9b187196cc803df7f5f0e" },
  "docker/setup-qemu-action": { version: "v4.2.0", sha: "96fe6ef7f33517b61c61be40b68a1882f3264fb8" },
  "fluxcd/flux2": { version: "v2.9.4", sha: "889be9d6cc8afa8ed639e1e1ba4ab678e3b38d8c" },
  "tailscale/github-action": { version: "v4.1.3", sha: "780049a30b6ff5c378a9e7b389d15ece7a204888" },
  "zizmorcore/zizmor-action": { version: "v0.1.1", sha: "f52a838cfabf134edcbaa7c8b3677dde20045018" },
} as const satisfies { readonly [action: string]: { readonly version: `v${string}`; readonly sha: string } };

export type ActionName = keyof typeof PINS;

/**
 * `uses("actions/checkout")` is written `actions/checkout@<commit> # v7.0.1`.
 * @param path the folder of an action that does not stand at its repository's root: `uses("fluxcd/flux2", "action")`
 */
export function uses(action: ActionName, path?: string): PinnedAction {
  const { version, sha } = PINS[action];
  const name = path === undefined ? action : (`${action}/${path}` as const);
  return new Styled(`${name}@${sha}` as const, { trailing: version });
}
