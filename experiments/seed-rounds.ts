/**
 * Sequential stopping over seeds: a study with `precision` runs in rounds, each with more seeds than the one before, until its intervals are
 * narrow enough. All cells and systems get the same seeds, so that comparisons stay paired. What the next round is depends on the records of the
 * seeds so far alone: not on workers, order or interruptions.
 */
import { decideStopping } from '../reports/statistics/sequential-stopping.ts';
import type { Study } from './config/resolve.ts';
import type { Stopping } from './results/manifest.ts';
import type { TrialRecord } from './results/trial-result.ts';

/** Fewest seeds at which an interval is believed: two can agree by chance. */
const LEAST_SEEDS = 3;

/** The study's seeds and those that may be added, in the order in which they are: whole numbers from 1 that it does not name. */
export function seedsUpTo(seeds: readonly string[], count: number): string[] {
  const all = [...seeds];
  for (let next = 1; all.length < count; next++) if (!seeds.includes(String(next))) all.push(String(next));
  return all;
}

/** The study with every seed that it may come to; itself where seeds are as stated. */
export function withAllSeeds(study: Study): Study {
  return study.precision === undefined ? study : { ...study, seeds: seedsUpTo(study.seeds, study.precision.maxSeeds) };
}

/** What the records of a round say. */
export interface RoundVerdict {
  /** Seeds of the next round; as many as now where the study is done. */
  readonly seeds: number;
  readonly stopping: Stopping;
}

/**
 * Judges every cell and system that reports a metric of the rule. At most twice as many seeds are run as so far, since a variance from few seeds foretells badly.
 *
 * @param records runs of the first `seeds` seeds, one for each cell, system and seed that is no share of another
 */
export function judgeRound(records: readonly TrialRecord[], seeds: number, rule: NonNullable<Study['precision']>): RoundVerdict {
  const { relative: precision, metrics, maxSeeds: cap } = rule;
  let [worst, expected] = [0, seeds];
  for (const values of rowsOf(records, metrics)) {
    const { stop, reason, reached, expectedSeeds } = decideStopping(values, { precision, minimum: LEAST_SEEDS, cap });
    if (!(reached <= worst)) worst = reached;
    if (!(stop && reason === 'precision reached')) expected = Math.max(expected, expectedSeeds, seeds + 1);
  }
  const next = Math.min(cap, 2 * seeds, expected);
  return { seeds: next, stopping: { precision, metrics, maxSeeds: cap, reached: Number.isFinite(worst) ? worst : null } };
}

/** For each cell, system and metric the values of its seeds, in their order. */
function rowsOf(records: readonly TrialRecord[], metrics: readonly string[]): number[][] {
  const rows = new Map<string, number[]>();
  for (const { key, metrics: found } of records) {
    for (const metric of metrics) {
      if (!Object.hasOwn(found, metric)) continue;
      const id = JSON.stringify([key.cell, key.system, metric]);
      const row = rows.get(id) ?? [];
      row.push(found[metric]);
      rows.set(id, row);
    }
  }
  return [...rows.values()];
}
