/** A way to update the app on the bench's server. */
export interface Contender {
  /** What the probe asks: the app's health, as a client of the server reaches it. */
  readonly url: string;
  /** Its Compose project. */
  readonly project: string;
  /** Makes an update ready to be deployed, and gives what deploys it. */
  prepare(update: Update): Promise<Deploy>;
  remove(): Promise<void>;
}

export interface Update {
  readonly version: string;
  /** Seconds from the app's start until it listens. */
  readonly startSeconds: number;
}

/**
 * Deploys, and calls `verdict` as soon as somebody who watches it knows that the update serves. Throws when it does not.
 */
export type Deploy = (verdict: () => void) => Promise<void>;
