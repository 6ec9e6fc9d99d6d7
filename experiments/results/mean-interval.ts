/** A mean and its 95 % interval across seeds. */
import jStat from 'jstat';

export interface MeanInterval {
  readonly mean: number;
  /** Ends of the 95 % Student-t interval; NaN with fewer than two values. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

const quantiles = new Map<number, number>();

/**
 * The 97.5 % quantile of Student's t, so that mean ± t·s/√n is a 95 % interval. Rounded to nine decimals: the library
 * goes through powers whose last bits differ between JavaScript engines, and results must not.
 */
export function studentT975(degreesOfFreedom: number): number {
  if (!Number.isInteger(degreesOfFreedom) || degreesOfFreedom < 1) {
    throw new RangeError(`degreesOfFreedom is ${degreesOfFreedom}; expected a whole number of at least 1`);
  }
  let t = quantiles.get(degreesOfFreedom);
  if (t === undefined) {
    t = Math.round(jStat.studentt.inv(0.975, degreesOfFreedom) * 1e9) / 1e9;
    quantiles.set(degreesOfFreedom, t);
  }
  return t;
}

/** Mean ± t·s/√n over independent values (one a seed), s the sample standard deviation. Throws on an empty list. */
export function meanInterval(values: readonly number[]): MeanInterval {
  const n = values.length;
  if (n === 0) throw new RangeError('meanInterval needs at least one value');
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, low: Number.NaN, high: Number.NaN, n };
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const half = studentT975(n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { mean, low: mean - half, high: mean + half, n };
}
