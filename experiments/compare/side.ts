/** One side of a comparison: what a results folder, or a baseline saved from one, says of each cell and system. */
import { statSync } from 'node:fs';
import { readResults } from '../results/reader.ts';
import type { Results } from '../results/reader.ts';
import type { Cell } from '../results/trial-result.ts';
import { readBaseline } from './baseline.ts';
import { UsageError } from '../cli/usage-parser.ts';

/** One cell and system. */
export interface SideRow {
  readonly cell: Cell;
  readonly system: string;
  /** Rows of one number are served by the same runs, because their system reads no key in which the cells differ. */
  readonly run: number;
  /** Metric → seed → value; a seed that does not report the metric is left out. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface Side {
  /** Where it was read from. */
  readonly path: string;
  readonly name: string;
  readonly configHash: string;
  readonly seeds: readonly string[];
  readonly systems: readonly { readonly name: string; readonly label: string }[];
  readonly rows: readonly SideRow[];
}

/**
 * Reads a results folder, or a baseline file.
 * @throws UsageError, one line, for anything else.
 */
export async function readSide(path: string): Promise<Side> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${path}: no such folder or file; expected a results folder, or a baseline saved with --save`);
  if (!found.isDirectory()) return readBaseline(path);
  try {
    return sideOf(path, await readResults(path));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The rows of results already read, in the order of the plan. */
export function sideOf(path: string, { manifest, trials }: Pick<Results, 'manifest' | 'trials'>): Side {
  const rows = new Map<string, { cell: Cell; system: string; run: number; values: Map<string, Map<string, number>> }>();
  for (const { key, sharedWith, metrics } of trials) {
    const id = JSON.stringify([key.cell, key.system]);
    let row = rows.get(id);
    if (row === undefined) {
      row = { cell: key.cell, system: key.system, run: sharedWith ?? key.index, values: new Map() };
      rows.set(id, row);
    }
    for (const [metric, value] of Object.entries(metrics)) {
      const seeds = row.values.get(metric) ?? new Map<string, number>();
      seeds.set(key.seed, value);
      row.values.set(metric, seeds);
    }
  }
  return { path, name: manifest.name, configHash: manifest.configHash, seeds: manifest.seeds, systems: manifest.systems, rows: [...rows.values()] };
}
