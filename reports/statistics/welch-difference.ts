import { DEFAULT_LEVEL, type Interval, requireFinite, requireLevel, unbounded } from './interval.ts';
import { mean, variance } from './moments.ts';
import { studentQuantile } from './student-interval.ts';

/**
 * Difference of two independent means, mean(a) − mean(b), with Welch's t interval: unequal variances, degrees of freedom by
 * Satterthwaite (B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
 * involved", Biometrika 34, 1947). For samples that share no seed; samples that do are compared pair by pair.
 */
export function welchDifference(a: readonly number[], b: readonly number[], level: number = DEFAULT_LEVEL): Interval {
  requireLevel(level);
  requireFinite('a', a);
  requireFinite('b', b);
  const n = Math.min(a.length, b.length);
  const estimate = n === 0 ? NaN : mean(a) - mean(b);
  if (n < 2) return unbounded(estimate, n, level);
  const [ofA, ofB] = [variance(a) / a.length, variance(b) / b.length];
  const squared = ofA + ofB;
  if (squared === 0) return { estimate, low: estimate, high: estimate, n, level };
  const degreesOfFreedom = (squared * squared) / ((ofA * ofA) / (a.length - 1) + (ofB * ofB) / (b.length - 1));
  const half = studentQuantile(level, Math.max(1, degreesOfFreedom)) * Math.sqrt(squared);
  return { estimate, low: estimate - half, high: estimate + half, n, level };
}
