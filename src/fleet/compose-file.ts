/** An app's compose file as the model sees it: plain data, read by src/compose. */
export interface ComposeFile {
  /** Relative to the repository's root, with `/`: where the deploy takes it from. */
  readonly path: string;
  readonly text: string;
  /** Value of the top-level `name:`, where there is one. */
  readonly name?: string;
  /** Services as written, by name: plain YAML data. */
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
