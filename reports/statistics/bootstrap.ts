import seedrandom from 'seedrandom';
import { percentileOfSorted } from './percentile.ts';
import { DEFAULT_LEVEL, type Interval, requireLevel, unbounded } from './interval.ts';

export interface BootstrapOptions {
  readonly level?: number;
  /** Resamples drawn; 2 000 gives the ends of a 95 % interval a Monte-Carlo error of about 3 % of its width. */
  readonly resamples?: number;
  /** Names the random numbers: the same data and seed give the same interval. */
  readonly seed?: string;
}

/**
 * Percentile bootstrap interval of any statistic (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
 * Observations must be independent: resample seeds, not the requests of one run. For a paired statistic pass pairs.
 */
export function bootstrapInterval<T>(
  observations: readonly T[],
  statistic: (sample: readonly T[]) => number,
  options: BootstrapOptions = {},
): Interval {
  const { level = DEFAULT_LEVEL, resamples = 2000, seed = 'bootstrap' } = options;
  requireLevel(level);
  if (!(Number.isInteger(resamples) && resamples >= 1)) throw new RangeError(`resamples ${resamples}: expected a whole number of at least 1`);
  const n = observations.length;
  if (n === 0) return unbounded(NaN, 0, level);
  const estimate = statistic(observations);
  if (n < 2) return unbounded(estimate, n, level);
  const random = seedrandom.alea(seed);
  const draws = new Float64Array(resamples);
  const sample = observations.slice();
  for (let i = 0; i < resamples; i++) {
    for (let j = 0; j < n; j++) sample[j] = observations[Math.floor(random() * n)]!;
    draws[i] = statistic(sample);
  }
  draws.sort();
  const tail = (1 - level) / 2;
  return { estimate, low: percentileOfSorted(draws, 100 * tail), high: percentileOfSorted(draws, 100 * (1 - tail)), n, level };
}
