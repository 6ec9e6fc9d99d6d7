/** Arithmetic mean by Neumaier's compensated sum: exact enough that the order of the seeds never shows. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return (sum + lost) / values.length;
}

/** Unbiased sample covariance, divisor n − 1, of two samples of one length; NaN below two observations. */
export function covariance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new RangeError(`covariance of ${a.length} and ${b.length} values: expected equal lengths`);
  if (a.length < 2) return NaN;
  const meanA = mean(a);
  const meanB = mean(b);
  return mean(a.map((value, i) => (value - meanA) * (b[i] - meanB))) * (a.length / (a.length - 1));
}

/** Unbiased sample variance, divisor n − 1; NaN below two observations. */
export function variance(values: readonly number[]): number {
  return covariance(values, values);
}
