import { findMetric } from '../../experiments/results/metrics.ts';
import type { Cell } from '../../experiments/results/trial-result.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import { type Interval, isBounded } from '../statistics/interval.ts';
import { pairedComparison } from '../statistics/paired-difference.ts';
import { type Study, bySeed } from '../study/study.ts';

/** 'better' and 'worse' are claims: the 95 % interval of the paired difference lies clear of zero. */
export type Verdict = 'better' | 'worse' | 'unclear';

/** One system against one baseline in one cell, paired on common seeds. */
export interface Comparison {
  readonly system: SystemStyle;
  readonly baseline: SystemStyle;
  readonly cell: Cell;
  readonly metric: string;
  /** Mean of system − baseline, in the unit of the metric. */
  readonly difference: Interval;
  /** mean(system) ÷ mean(baseline). */
  readonly ratio: Interval;
  readonly verdict: Verdict;
}

/** Systems that the study asks about: those of the peer-to-peer family; in a study without them, KV Cache P2P. */
export function subjects(study: Study): SystemStyle[] {
  const ours = study.systems.filter((s) => isPeerToPeer(s.name));
  return ours.length > 0 ? ours : study.systems.filter((s) => s.name.startsWith('kv-cache-p2p'));
}

/** Systems that the subjects are measured against. */
export function baselines(study: Study): SystemStyle[] {
  const asked = subjects(study);
  return study.systems.filter((s) => !asked.includes(s));
}

function isPeerToPeer(name: string): boolean {
  return name === 'p2p' || name.startsWith('p2p-');
}

/** Compares in one cell; undefined where the two have no seed in common that reports the metric. */
export function compare(study: Study, system: SystemStyle, baseline: SystemStyle, cell: Cell, metric: string): Comparison | undefined {
  const result = pairedComparison(bySeed(study, cell, system.name, metric), bySeed(study, cell, baseline.name, metric));
  if (result.difference.n === 0) return undefined;
  return { system, baseline, cell, metric, difference: result.difference, ratio: result.ratio, verdict: verdictOf(result.difference, metric) };
}

/** What an interval of a difference in this metric says. */
export function verdictOf(difference: Interval, metric: string): Verdict {
  const better = findMetric(metric)?.better ?? 'none';
  if (!isBounded(difference) || better === 'none') return 'unclear';
  const lower = difference.high < 0;
  const higher = difference.low > 0;
  if (!lower && !higher) return 'unclear';
  return lower === (better === 'lower') ? 'better' : 'worse';
}

/** All cells in which the two can be compared, in the order of the study. */
export function compareEverywhere(study: Study, system: SystemStyle, baseline: SystemStyle, metric: string): Comparison[] {
  return study.cells.flatMap((cell) => compare(study, system, baseline, cell, metric) ?? []);
}

/** Differences of less than this share are not called, however sure: nobody would act on them. */
export const RELEVANT_SHARE = 0.01;

/** The verdict, but 'unclear' where the difference is too small to matter. */
export function relevantVerdict(comparison: Comparison): Verdict {
  return Math.abs(comparison.ratio.estimate - 1) < RELEVANT_SHARE ? 'unclear' : comparison.verdict;
}
