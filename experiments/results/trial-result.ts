/**
 * What one trial is and what it gives: the contract between the simulation that makes results, the writer that saves
 * them and the reports that read them.
 */

/** A swept value as it is written in a cell: objects and lists appear as one line of YAML text. */
export type CellValue = string | number | boolean | null;

/** One cell of a sweep: swept key → value, in the order in which the config states the keys. Empty without a sweep. */
export type Cell = Readonly<Record<string, CellValue>>;

/** Names one trial: a cell, a system under test and a seed. `index` is its place in the plan, dense from 0. */
export interface TrialKey {
  readonly index: number;
  readonly cell: Cell;
  readonly system: string;
  readonly seed: string;
}

/** Values of one column, one per measured query. */
export type QueryColumn = Float64Array | Int32Array | readonly string[];

/** Measured queries of one trial, column by column; every column has the same length. Names: see `query-columns.ts`. */
export type QueryTable = Readonly<Record<string, QueryColumn>>;

/** A time line: `value[i]` holds from `timeS[i]` seconds of simulated time. Both lists have the same length. */
export interface Series {
  readonly timeS: readonly number[];
  readonly value: readonly number[];
}

/** How often each whole value occurred: `counts[i]` times the value from + i. */
export interface Histogram {
  readonly from: number;
  readonly counts: readonly number[];
}

/** What a trial gives back. A pure function of config, system and seed. */
export interface TrialResult {
  readonly key: TrialKey;
  /** Rolling digest of the events the trial dispatched, in hexadecimal. */
  readonly digest: string;
  /** Flat metrics; every name is in `metrics.ts`. A value that is not finite means "does not apply" and is not saved. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Facts in words, such as `busiestResource: 'central NIC up'`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Honesty flags: what the reader must know → how often it happened, such as `'context limit lifted': 3`. */
  readonly flags: Readonly<Record<string, number>>;
  readonly queries?: QueryTable;
  readonly series?: Readonly<Record<string, Series>>;
  readonly histograms?: Readonly<Record<string, Histogram>>;
}

/** A saved trial: one line of `trials.jsonl`. The queries lie in `queries.parquet`. */
export interface TrialRecord extends Omit<TrialResult, 'queries'> {
  /**
   * The trial that was run in this one's place: the system reads no key in which the two differ, so one run serves both.
   * Absent when this trial was run itself.
   */
  readonly sharedWith?: number;
  /** Rows this trial has in `queries.parquet`; 0 for a shared trial, whose rows are those of `sharedWith`. */
  readonly queryRows: number;
}
