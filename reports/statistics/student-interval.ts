import jStat from 'jstat';
import { DEFAULT_LEVEL, type Interval, requireFinite, requireLevel, unbounded } from './interval.ts';
import { mean, variance } from './moments.ts';

/**
 * Two-sided quantile of Student's t: the t with P(|T| ≤ t) = level, for 1 degree of freedom or more. Rounded to nine decimals: the library goes
 * through powers whose last bits differ between JavaScript engines, and reports must not.
 */
export function studentQuantile(level: number, degreesOfFreedom: number): number {
  requireLevel(level);
  if (!(degreesOfFreedom >= 1)) throw new RangeError(`degreesOfFreedom ${degreesOfFreedom}: expected at least 1`);
  return Math.round(jStat.studentt.inv((1 + level) / 2, degreesOfFreedom) * 1e9) / 1e9;
}

/**
 * Mean with its t interval, mean ± t(n − 1) · s / √n (Student 1908): exact for independent normal observations, and the
 * usual interval across independent seeds. One observation bounds nothing; none has a NaN mean.
 */
export function studentInterval(values: readonly number[], level: number = DEFAULT_LEVEL): Interval {
  requireLevel(level);
  requireFinite('values', values);
  const n = values.length;
  const estimate = n === 0 ? NaN : mean(values);
  if (n < 2) return unbounded(estimate, n, level);
  const half = studentQuantile(level, n - 1) * Math.sqrt(variance(values) / n);
  return { estimate, low: estimate - half, high: estimate + half, n, level };
}
