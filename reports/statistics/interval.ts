/**
 * A point estimate with its confidence interval, in the unit of the quantity estimated.
 *
 * An interval that the data cannot bound (one observation, a denominator that may be zero) is the whole line:
 * `low = -Infinity`, `high = Infinity`. So a claim of the form `low > x` is never made from too few data.
 */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Independent observations behind the estimate (seeds, or pairs of seeds). */
  readonly n: number;
  /** Confidence level, between 0 and 1. */
  readonly level: number;
}

export const DEFAULT_LEVEL = 0.95;

export function unbounded(estimate: number, n: number, level: number): Interval {
  return { estimate, low: -Infinity, high: Infinity, n, level };
}

export function isBounded(interval: Interval): boolean {
  return Number.isFinite(interval.low) && Number.isFinite(interval.high);
}

/** Half the width of the interval; Infinity where the data bound nothing. */
export function halfWidth(interval: Interval): number {
  return (interval.high - interval.low) / 2;
}

/** Half-width ÷ |estimate|: 0.02 reads "± 2 %". Zero for a constant, Infinity for a zero mean that varies. */
export function relativeHalfWidth(interval: Interval): number {
  const half = halfWidth(interval);
  if (half === 0) return 0;
  return half / Math.abs(interval.estimate);
}

export function requireLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`level ${level}: expected a confidence level between 0 and 1, such as 0.95`);
}

export function requireFinite(name: string, values: readonly number[]): void {
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) throw new RangeError(`${name}[${i}] is ${value}: expected a finite number`);
  });
}
