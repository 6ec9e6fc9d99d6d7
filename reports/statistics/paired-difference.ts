import { DEFAULT_LEVEL, type Interval } from './interval.ts';
import { ratioInterval } from './ratio.ts';
import { studentInterval } from './student-interval.ts';

/** One system against another on the seeds they have in common. */
export interface PairedComparison {
  /** Seeds used, in the order of `a`. */
  readonly seeds: readonly string[];
  /** Seeds that only one of the two has; they take no part. */
  readonly unpaired: number;
  /** Mean of a − b over the common seeds, t interval. */
  readonly difference: Interval;
  /** mean(a) ÷ mean(b) over the common seeds, Fieller's interval for paired data. */
  readonly ratio: Interval;
}

/**
 * Paired comparison on common random numbers: the same seed gives both systems the same requests, so what the seeds share
 * cancels in each difference and the interval is that of the system alone (Law, Simulation Modeling and Analysis,
 * 5th ed., section 10.2.1, the paired-t interval).
 *
 * @param a seed → value of the system in question
 * @param b seed → value of the system it is compared with
 */
export function pairedComparison(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
  level: number = DEFAULT_LEVEL,
): PairedComparison {
  const seeds = [...a.keys()].filter((seed) => b.has(seed));
  const left = seeds.map((seed) => a.get(seed)!);
  const right = seeds.map((seed) => b.get(seed)!);
  return {
    seeds,
    unpaired: a.size + b.size - 2 * seeds.length,
    difference: studentInterval(left.map((value, i) => value - right[i]), level),
    ratio: seeds.length === 0
      ? { estimate: NaN, low: -Infinity, high: Infinity, n: 0, level }
      : ratioInterval(left, right, { paired: true, level }),
  };
}
