/** How far predictions lie from measurements. */

export interface Comparison {
  readonly label: string;
  readonly measured: number;
  readonly predicted: number;
}

export interface ErrorSummary {
  readonly count: number;
  /** Relative, absolute values. */
  readonly median: number;
  readonly p90: number;
  readonly mean: number;
  readonly worst: number;
  readonly worstLabel: string;
}

/** Predicted ÷ measured − 1. */
export function relativeError(comparison: Comparison): number {
  return comparison.predicted / comparison.measured - 1;
}

/** @throws RangeError without comparisons. */
export function summarise(comparisons: readonly Comparison[]): ErrorSummary {
  if (comparisons.length === 0) throw new RangeError('nothing to compare');
  const errors = comparisons.map((comparison) => Math.abs(relativeError(comparison)));
  const sorted = [...errors].sort((a, b) => a - b);
  const worst = errors.reduce((best, error, index) => (error > errors[best] ? index : best), 0);
  return {
    count: errors.length,
    median: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    worst: errors[worst],
    worstLabel: comparisons[worst].label,
  };
}

/** The comparisons with the largest errors, worst first. */
export function worst(comparisons: readonly Comparison[], count: number): Comparison[] {
  return [...comparisons].sort((a, b) => Math.abs(relativeError(b)) - Math.abs(relativeError(a))).slice(0, count);
}

/** Quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan). */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function signedPercent(share: number): string {
  return `${share >= 0 ? '+' : '−'}${(Math.abs(share) * 100).toFixed(1)} %`;
}
