/**
 * Kolmogorov's statistic √n·sup|F_n − F| of a sample against a distribution function. Under the hypothesis it exceeds 1.95 with probability 0.001
 * (Kolmogorov's limit 2·exp(−2·1.95²)).
 */
export function kolmogorov(sample: readonly number[], distribution: (x: number) => number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const n = sorted.length;
  let worst = 0;
  sorted.forEach((x, i) => {
    const p = distribution(x);
    worst = Math.max(worst, p - i / n, (i + 1) / n - p);
  });
  return worst * Math.sqrt(n);
}

/**
 * Pearson's statistic of counts against probabilities, brought to about a standard normal (Wilson and Hilferty's cube root). Above 3.1 with
 * probability 0.001 when the counts follow the probabilities; cells expecting fewer than ten are thrown together.
 */
export function chiSquareDeviate(counts: ArrayLike<number>, probability: (cell: number) => number): number {
  let draws = 0;
  for (let i = 0; i < counts.length; i++) draws += counts[i];
  let statistic = 0;
  let cells = 0;
  let rareCount = 0;
  let rareExpected = 0;
  const add = (count: number, expected: number): void => {
    statistic += (count - expected) ** 2 / expected;
    cells++;
  };
  for (let i = 0; i < counts.length; i++) {
    const expected = draws * probability(i);
    if (expected >= 10) add(counts[i], expected);
    else {
      rareCount += counts[i];
      rareExpected += expected;
    }
  }
  if (rareExpected > 0) add(rareCount, rareExpected);
  const freedom = cells - 1;
  if (freedom === 0) return 0;
  return (Math.cbrt(statistic / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
}

/** The standard normal distribution function, to 1.5e-7 (Abramowitz & Stegun 7.1.26). */
export function normalDistribution(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-z * z);
  return x > 0 ? 1 - tail / 2 : tail / 2;
}
