/** Mean and exact percentiles of a column. */

/** NaN for an empty column. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** The smallest value that at least `percent` % of the values do not exceed (nearest rank); NaN for an empty column. */
export function exactPercentile(sorted: ArrayLike<number>, percent: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Largest value ÷ mean; NaN where all are zero. */
export function maxOverMean(values: readonly number[]): number {
  return Math.max(...values) / mean(values);
}
