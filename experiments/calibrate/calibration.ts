/** What one calibration gives: a report for people, and cost profiles for configs. */
import type { CostProfile } from '../../sim/hardware/cost-profile.ts';
import { percent, relativeError, signedPercent, summarise, worst, type Comparison } from './error-summary.ts';
import { textTable } from './text-table.ts';

export interface Calibration {
  readonly title: string;
  /** Printed lines. */
  readonly report: readonly string[];
  /** Models that `--out` can write, by kind. */
  readonly profiles: readonly CostProfile[];
}

/** Settings of the command line that calibrations read; absent ones are worked out or defaulted. */
export interface CalibrationSettings {
  readonly gpu?: string;
  readonly model?: string;
  readonly tensorParallel?: number;
  readonly stepOverheadNs?: number;
  /** Hold-out splits to average over. */
  readonly splits: number;
}

/** `n points, median …, P90 …, worst … (where)`. */
export function errorLine(name: string, comparisons: readonly Comparison[]): string {
  const errors = summarise(comparisons);
  return `${name}: ${errors.count} points, error median ${percent(errors.median)}, P90 ${percent(errors.p90)}, mean ${percent(errors.mean)}, worst ${percent(errors.worst)} (${errors.worstLabel})`;
}

/** Every comparison as a row. */
export function comparisonTable(unit: string, comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison) => [comparison.label, significant(comparison.measured), significant(comparison.predicted), signedPercent(relativeError(comparison))]);
  return textTable([['case', `measured ${unit}`, `predicted ${unit}`, 'error'], ...rows]);
}

/** The worst few, by name. */
export function worstLines(comparisons: readonly Comparison[], unit: string, count = 5): string[] {
  return worst(comparisons, count).map((c) => `  ${c.label}: measured ${significant(c.measured)} ${unit}, predicted ${significant(c.predicted)} ${unit}, ${signedPercent(relativeError(c))}`);
}

/** Four significant digits, without an exponent. */
export function significant(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(12, digits));
}
