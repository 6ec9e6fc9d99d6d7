/**
 * Exact percentiles by the nearest-rank definition (type 1 of Hyndman and Fan, "Sample quantiles in statistical packages",
 * The American Statistician 50, 1996): P_p is the smallest observed value with at least p % of the observations at or below
 * it, that is, observation ⌈p/100 · n⌉ in rising order, and the smallest one at p = 0. Always a value that was observed.
 */
export function percentileOfSorted(sorted: ArrayLike<number>, percent: number): number {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`percent ${percent}: expected 0 to 100`);
  if (sorted.length === 0) return NaN;
  return sorted[nearestRank(sorted.length, percent) - 1];
}

/** Rank, from 1 to `count`, of the nearest-rank percentile. */
export function nearestRank(count: number, percent: number): number {
  const exact = (percent * count) / 100;
  // 99.9 % of 1 000 must be rank 999 even where the product rounds up to 999.0000000000001.
  return Math.min(count, Math.max(1, Math.ceil(exact - exact * 1e-12)));
}

/** The same for values in any order; sorts a copy. */
export function percentile(values: ArrayLike<number>, percent: number): number {
  return percentileOfSorted(Float64Array.from(values).sort(), percent);
}
