import { DEFAULT_LEVEL, type Interval, requireFinite, requireLevel, unbounded } from './interval.ts';
import { covariance, mean, variance } from './moments.ts';
import { studentQuantile } from './student-interval.ts';

/** Two sample means with the variances and covariance *of the means*, and the degrees of freedom they rest on. */
interface MeanPair {
  top: number;
  bottom: number;
  varTop: number;
  varBottom: number;
  cov: number;
  degreesOfFreedom: number;
  n: number;
}

function pairedMeans(top: readonly number[], bottom: readonly number[]): MeanPair {
  const n = top.length;
  return {
    top: mean(top), bottom: mean(bottom), varTop: variance(top) / n, varBottom: variance(bottom) / n, cov: covariance(top, bottom) / n,
    degreesOfFreedom: n - 1, n,
  };
}

function independentMeans(top: readonly number[], bottom: readonly number[]): MeanPair {
  const n = Math.min(top.length, bottom.length);
  return {
    top: mean(top), bottom: mean(bottom), varTop: variance(top) / top.length, varBottom: variance(bottom) / bottom.length, cov: 0,
    degreesOfFreedom: n - 1, n,
  };
}

function checked(top: readonly number[], bottom: readonly number[], level: number, paired: boolean): MeanPair {
  requireLevel(level);
  requireFinite('top', top);
  requireFinite('bottom', bottom);
  if (paired && top.length !== bottom.length) throw new RangeError(`paired ratio of ${top.length} and ${bottom.length} values: expected equal lengths`);
  return paired ? pairedMeans(top, bottom) : independentMeans(top, bottom);
}

/**
 * Ratio of means, mean(top) ÷ mean(bottom), with Fieller's interval (E. C. Fieller, "Some problems in interval estimation",
 * JRSS B 16, 1954): the set of ρ for which top − ρ·bottom does not differ from zero. With `paired` the two samples share
 * their seeds and their covariance narrows the interval; without it the smaller sample's degrees of freedom are used
 * (conservative). Where the denominator is not clear of zero the interval is unbounded.
 */
export function ratioInterval(
  top: readonly number[],
  bottom: readonly number[],
  options: { paired: boolean; level?: number },
): Interval {
  const level = options.level ?? DEFAULT_LEVEL;
  const m = checked(top, bottom, level, options.paired);
  const estimate = m.top / m.bottom;
  if (m.n < 2 || m.bottom === 0) return unbounded(estimate, m.n, level);
  const t = studentQuantile(level, m.degreesOfFreedom);
  const a = m.bottom * m.bottom - t * t * m.varBottom;
  if (!(a > 0)) return unbounded(estimate, m.n, level);
  const b = m.top * m.bottom - t * t * m.cov;
  const c = m.top * m.top - t * t * m.varTop;
  // Rounding can leave a constant ratio with a discriminant a hair below zero.
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  return { estimate, low: (b - root) / a, high: (b + root) / a, n: m.n, level };
}

/**
 * The same ratio with the first-order (delta method) error: var(R) ≈ R²·(var(x̄)/x̄² + var(ȳ)/ȳ² − 2·cov/(x̄·ȳ)).
 * Symmetric, and too narrow where the denominator's error is not small; kept as the check of `ratioInterval`, with which it
 * agrees to first order.
 */
export function ratioDeltaInterval(
  top: readonly number[],
  bottom: readonly number[],
  options: { paired: boolean; level?: number },
): Interval {
  const level = options.level ?? DEFAULT_LEVEL;
  const m = checked(top, bottom, level, options.paired);
  const estimate = m.top / m.bottom;
  if (m.n < 2 || m.bottom === 0) return unbounded(estimate, m.n, level);
  // d(x̄/ȳ) = (dx̄ − R·dȳ)/ȳ, so no division by x̄ is needed.
  const variance2 = Math.max(0, m.varTop - 2 * estimate * m.cov + estimate * estimate * m.varBottom) / (m.bottom * m.bottom);
  const half = studentQuantile(level, m.degreesOfFreedom) * Math.sqrt(variance2);
  return { estimate, low: estimate - half, high: estimate + half, n: m.n, level };
}
