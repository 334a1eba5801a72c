import type { Sample } from "./measure-update.ts";

/** The machine and the programs that the numbers come from. */
export interface Machine {
  /** Day of the run, 2026-01-31. */
  readonly date: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly engine: string;
  readonly compose: string;
}

/** One app's updates, both ways, in the order of their runs. */
export interface Series {
  /** How the app starts. */
  readonly title: string;
  readonly handWritten: readonly Sample[];
  readonly tenantry: readonly Sample[];
}

export interface Results {
  readonly machine: Machine;
  readonly series: readonly Series[];
  /** The whole workflow in act, once; undefined where there is no act. */
  readonly workflow?: Sample;
}
