/** Percentile bootstrap (Efron 1979): intervals without assumptions on the distribution. */
import { SeededRandom } from '../train/seeded-random.ts';

/** A statistic with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Resamples; the ends of a 95 % interval then rest on 50 of them. */
export const RESAMPLES = 2000;

/**
 * Evaluates `statistic` on the cases and on `RESAMPLES` draws of as many cases with replacement. Cases are the units of independence: texts,
 * not tokens. One case gives an interval of no width, none gives NaN.
 */
export function bootstrap<T>(cases: readonly T[], statistic: (sample: readonly T[]) => number, seed = 'bootstrap'): Estimate {
  const value = cases.length === 0 ? NaN : statistic(cases);
  if (cases.length < 2) return { value, low: value, high: value };
  const random = new SeededRandom(seed, 'resamples');
  const sample = cases.slice();
  const values = Array.from({ length: RESAMPLES }, () => {
    for (let i = 0; i < sample.length; i++) sample[i] = cases[random.integer(cases.length)];
    return statistic(sample);
  }).toSorted((a, b) => a - b);
  return { value, low: percentile(values, 0.025), high: percentile(values, 0.975) };
}

/** Linear between order statistics. */
function percentile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}
