/** Two sides compared, metric by metric, cell by cell and system by system, and what of it is a regression. */
import type { Interval } from '../../reports/statistics/interval.ts';
import { isBounded } from '../../reports/statistics/interval.ts';
import { mean } from '../../reports/statistics/moments.ts';
import { pairedComparison } from '../../reports/statistics/paired-difference.ts';
import { welchDifference } from '../../reports/statistics/welch-difference.ts';
import type { Metric } from '../results/metrics.ts';
import { findMetric } from '../results/metrics.ts';
import type { Cell } from '../results/trial-result.ts';
import type { Side, SideRow } from './side.ts';

/**
 * `equal`: every seed has the same value on both sides, bit for bit. `worse`, `better`, `changed` (where no direction is better): the interval lies
 * clear of zero and the change is not below the margin. `gone`: only the first side reports the metric.
 */
export type Verdict = 'equal' | 'worse' | 'better' | 'changed' | 'unclear' | 'gone';

export interface ComparedRow {
  readonly metric: Metric;
  readonly system: string;
  readonly cell: Cell;
  readonly before: number;
  readonly after: number;
  /** after − before, with the joint interval; in the unit of the metric. */
  readonly difference: Interval;
  /** Whether the two shared seeds. */
  readonly paired: boolean;
  readonly verdict: Verdict;
}

export interface Comparison {
  /** One a metric, system and cell; those that the same runs serve on both sides are one, of the first cell. */
  readonly rows: readonly ComparedRow[];
  /** Level of each interval, by Bonferroni: 1 − (1 − joint level) ÷ rows. */
  readonly level: number;
  /** Seeds that both sides ran. */
  readonly commonSeeds: number;
  /** Rows, in words of cell and system, that only one side has. */
  readonly onlyBefore: number;
  readonly onlyAfter: number;
}

export interface ComparisonRules {
  readonly metrics: readonly string[];
  /** Joint level: the chance that none of all intervals misses its true difference, at least. */
  readonly level: number;
  /** Changes below this share of the first side's mean are no regression, however sure. */
  readonly margin: number;
}

/** Metrics that are compared unless others are named: what a user of the system, or of an overlay, notices first. */
export const DEFAULT_METRICS: readonly string[] = ['ttftMeanMs', 'ttftP99Ms', 'e2eMeanMs', 'throughputRps', 'hitRate', 'hopsMean', 'correctShare', 'messagesPerLookup', 'lookupMeanMs'];

/** The verdicts on which `compare` fails. */
export function isRegression({ verdict }: ComparedRow): boolean {
  return verdict === 'worse' || verdict === 'gone';
}

/**
 * Compares the rows that both sides have. Where the sides share at least two seeds the differences are paired on them, so what the seeds do to both
 * cancels; else the sides are independent samples (Welch). Among many intervals of 95 % some would miss by chance, so each gets a higher level
 * (Bonferroni's inequality): that any of them misses has a chance of at most 1 − `level`, however they depend on each other.
 */
export function compareSides(before: Side, after: Side, rules: ComparisonRules): Comparison {
  const id = (row: SideRow): string => JSON.stringify([Object.entries(row.cell).sort(([a], [b]) => (a < b ? -1 : 1)), row.system]);
  const there = new Map(after.rows.map((row) => [id(row), row]));
  const pairs = before.rows.flatMap((row) => {
    const other = there.get(id(row));
    return other === undefined ? [] : [{ row, other }];
  });
  const distinct = pairs.filter(({ row, other }, i) => pairs.findIndex((p) => p.row.system === row.system && p.row.run === row.run && p.other.run === other.run) === i);
  const metrics = rules.metrics.map((name) => findMetric(name)!);
  const asked = distinct.flatMap(({ row, other }) => metrics.filter(({ name }) => row.values.has(name)).map((metric) => ({ row, other, metric })));
  const level = 1 - (1 - rules.level) / Math.max(1, asked.length);
  return {
    rows: asked.map(({ row, other, metric }) => compareRow(row, other, metric, level, rules.margin)),
    level,
    commonSeeds: before.seeds.filter((seed) => after.seeds.includes(seed)).length,
    onlyBefore: before.rows.length - pairs.length,
    onlyAfter: after.rows.length - pairs.length,
  };
}

function compareRow(row: SideRow, other: SideRow, metric: Metric, level: number, margin: number): ComparedRow {
  const first = row.values.get(metric.name)!;
  const second = other.values.get(metric.name) ?? new Map<string, number>();
  const common = [...first.keys()].filter((seed) => second.has(seed));
  const paired = common.length >= 2 || (common.length === 1 && first.size === 1 && second.size === 1);
  const [a, b] = paired ? [common.map((seed) => second.get(seed)!), common.map((seed) => first.get(seed)!)] : [[...second.values()], [...first.values()]];
  const difference = paired ? pairedComparison(second, first, level).difference : welchDifference(a, b, level);
  const base = { metric, system: row.system, cell: row.cell, before: mean(b), after: mean(a), difference, paired };
  if (second.size === 0) return { ...base, before: mean([...first.values()]), verdict: 'gone' };
  if (paired && a.every((value, i) => value === b[i])) return { ...base, verdict: 'equal' };
  return { ...base, verdict: verdictOf(base, margin) };
}

function verdictOf({ metric, before, difference }: Pick<ComparedRow, 'metric' | 'before' | 'difference'>, margin: number): Verdict {
  const { estimate, low, high } = difference;
  if (!isBounded(difference) || (low <= 0 && high >= 0) || Math.abs(estimate) < margin * Math.abs(before)) return 'unclear';
  if (metric.better === 'none') return 'changed';
  return estimate > 0 === (metric.better === 'higher') ? 'better' : 'worse';
}
