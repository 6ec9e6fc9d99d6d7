/** `manifest.json`: what a results folder holds and how to check it. The same bytes for the same config and code. */
import type { Cell, CellValue } from './trial-result.ts';

/** Bumped when the meaning of a results file changes, so that an old folder is not resumed or misread. */
export const RESULTS_FORMAT = 2;

export interface SweptKey {
  /** Dotted config key, such as `placement.replicas`. */
  readonly key: string;
  readonly values: readonly CellValue[];
  /** What the key means, from the schema. */
  readonly description: string;
}

/** Values of one metric of one system that others published, by cell. */
export interface PublishedSeries {
  readonly source: string;
  readonly metric: string;
  readonly system: string;
  /** The swept key that `at` lists values of; empty for a single value. */
  readonly over: string;
  readonly at: readonly CellValue[];
  readonly values: readonly number[];
  /** Other swept keys and the value that the numbers belong to. */
  readonly where: Readonly<Record<string, CellValue>>;
  /** The definition behind them. */
  readonly note: string;
}

/** A law of one swept key: offset + factor · log_base(value). */
export interface ReferenceCurve {
  readonly label: string;
  readonly metric: string;
  readonly over: string;
  readonly base: number;
  readonly factor: number;
  readonly offset: number;
}

/** How seeds were added. */
export interface Stopping {
  /** Relative half-width of the 95 % intervals that was asked for: 0.02 for ± 2 %. */
  readonly precision: number;
  readonly metrics: readonly string[];
  readonly maxSeeds: number;
  /** Widest relative half-width in the end; null where a mean of zero has none. */
  readonly reached: number | null;
}

export interface Manifest {
  readonly format: typeof RESULTS_FORMAT;
  readonly package: { readonly name: string; readonly version: string };
  readonly name: string;
  /** Kind of study; `serving` where absent. */
  readonly study?: 'serving' | 'overlay';
  readonly question: string;
  readonly summary: string;
  /** SHA-256 of the resolved config in canonical JSON: what `config.resolved.yaml` says, without its layout. */
  readonly configHash: string;
  /** Files the trials read, with the SHA-256 of their bytes. */
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  readonly systems: readonly { readonly name: string; readonly label: string }[];
  readonly seeds: readonly string[];
  /** Once complete: how the seeds came to be as many; absent where they are as stated. */
  readonly stopping?: Stopping;
  readonly sweep: readonly SweptKey[];
  /** Which combinations of the swept values are cells; `factorial`, all of them, where absent. */
  readonly design?: 'factorial' | 'one-at-a-time';
  readonly cells: readonly Cell[];
  /** Which figures the report draws: `auto`, or their names. */
  readonly figures: 'auto' | readonly string[];
  /** What is shown beside the results; absent where nothing is. */
  readonly published?: readonly PublishedSeries[];
  readonly curves?: readonly ReferenceCurve[];
  /** Trials in the plan, and how many of them are runs of their own; the others share a run. */
  readonly trials: number;
  readonly runs: number;
  /** False until the last trial has ended and every results file has been written. */
  readonly complete: boolean;
  /** Once complete: SHA-256 of each data file. */
  readonly files?: Readonly<Record<string, string>>;
  /** Once complete: event digest of each run, by trial index; trials that share a run are left out. */
  readonly digests?: Readonly<Record<string, string>>;
}
