import { outcomeRows } from "../outcomes.ts";

/** The outcomes as templates read them. */
export const outcomeTable = outcomeRows().map(([name, row]) => ({ name, ...row }));

/** The green ones with a space on each side, so that a script finds a whole word: `*" deployed "*`. */
export const greenOutcomes = ` ${outcomeTable
  .filter(({ green }) => green)
  .map(({ name }) => name)
  .join(" ")} `;
