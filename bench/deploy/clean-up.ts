/** What has to be undone, the last first. */
export class CleanUp {
  readonly #steps: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;

  constructor() {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      process.once(signal, () => void this.run().finally(() => process.exit(code)));
    }
  }

  /** Notes how to undo what was just made, and gives it back. */
  add<T extends { remove(): Promise<void> }>(thing: T): T {
    this.#steps.push(() => thing.remove());
    return thing;
  }

  /** Undoes everything once, also when a step fails. */
  run(): Promise<void> {
    this.#running ??= this.#undo();
    return this.#running;
  }

  async #undo(): Promise<void> {
    for (const step of this.#steps.reverse()) {
      await step().catch((error: unknown) => console.error("clean-up:", error));
    }
  }
}
