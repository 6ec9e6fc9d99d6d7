/** How skewed uses are: the Zipf exponent of greatest likelihood, with a measure of how well it fits. */

/** A fitted law, how sure it is, and how well it fits. */
export interface ZipfFit {
  /** P(rank r, from 1) ∝ r^−exponent over the ranks that occur. */
  readonly exponent: number;
  /** 1 ÷ √(uses · variance of log rank): sampling error only, not that of the model. */
  readonly standardError: number;
  /** Kolmogorov–Smirnov distance: the largest gap between the shares of uses at or below a rank, counted and fitted. */
  readonly ksDistance: number;
  /** Ranks, that is distinct things used. */
  readonly ranks: number;
  readonly uses: number;
}

const EXACT_TERMS = 1024;
const PANELS = 256;
const MAX_EXPONENT = 16;
const BISECTIONS = 60;

/**
 * Fits a Zipf law over the ranks 1 … n to use counts in descending order. The likelihood depends on the mean log rank
 * alone, and is greatest where the law's mean log rank equals the counted one; that mean falls as the exponent grows, so
 * bisection finds it. Ranking by the counts themselves flatters rare items: with few uses each, the exponent is biased up.
 *
 * @returns undefined with fewer than two ranks, where there is nothing to fit.
 * @throws RangeError where the counts are not positive and descending.
 */
export function fitZipf(descendingCounts: ArrayLike<number>): ZipfFit | undefined {
  const ranks = descendingCounts.length;
  if (ranks < 2) return undefined;
  let uses = 0;
  let logRankSum = 0;
  for (let index = 0; index < ranks; index++) {
    const count = descendingCounts[index];
    if (!(count > 0 && (index === 0 || count <= descendingCounts[index - 1]))) {
      throw new RangeError(`use count ${index} is ${count}: expected positive counts in descending order`);
    }
    uses += count;
    logRankSum += count * Math.log(index + 1);
  }
  const meanLogRank = logRankSum / uses;
  let low = 0;
  let high = MAX_EXPONENT;
  if (moments(low, ranks).meanLog <= meanLogRank) high = 0;
  for (let step = 0; step < BISECTIONS && high > low; step++) {
    const middle = (low + high) / 2;
    if (moments(middle, ranks).meanLog > meanLogRank) low = middle;
    else high = middle;
  }
  const exponent = (low + high) / 2;
  const { sum, logVariance } = moments(exponent, ranks);
  let counted = 0;
  let fitted = 0;
  let ksDistance = 0;
  for (let index = 0; index < ranks; index++) {
    counted += descendingCounts[index] / uses;
    fitted += Math.exp(-exponent * Math.log(index + 1)) / sum;
    ksDistance = Math.max(ksDistance, Math.abs(counted - fitted));
  }
  return { exponent, standardError: logVariance > 0 ? 1 / Math.sqrt(uses * logVariance) : Infinity, ksDistance, ranks, uses };
}

/** Σ r^−s, and the mean and variance of log r under that law, over r = 1 … n: the head summed, the tail by Euler–Maclaurin. */
function moments(s: number, n: number): { sum: number; meanLog: number; logVariance: number } {
  const sums = [0, 0, 0];
  const head = Math.min(n, EXACT_TERMS - 1);
  for (let r = 1; r <= head; r++) {
    const log = Math.log(r);
    const weight = Math.exp(-s * log);
    sums[0] += weight;
    sums[1] += weight * log;
    sums[2] += weight * log * log;
  }
  if (n > head) for (let power = 0; power < 3; power++) sums[power] += tail(s, power, EXACT_TERMS, n);
  const meanLog = sums[1] / sums[0];
  return { sum: sums[0], meanLog, logVariance: Math.max(0, sums[2] / sums[0] - meanLog * meanLog) };
}

/** Σ from a to b of r^−s·(log r)^power: integral over u = log r by Simpson's rule, half the ends, and the first correction. */
function tail(s: number, power: number, a: number, b: number): number {
  const raised = (log: number, to: number): number => (to === 0 ? 1 : to === 1 ? log : log * log);
  const term = (r: number): number => Math.exp(-s * Math.log(r)) * raised(Math.log(r), power);
  if (a === b) return term(a);
  const slope = (r: number): number => {
    const log = Math.log(r);
    return Math.exp(-(s + 1) * log) * ((power === 0 ? 0 : power * raised(log, power - 1)) - s * raised(log, power));
  };
  const from = Math.log(a);
  const width = (Math.log(b) - from) / PANELS;
  const integrand = (u: number): number => Math.exp((1 - s) * u) * raised(u, power);
  let integral = integrand(from) + integrand(from + PANELS * width);
  for (let panel = 1; panel < PANELS; panel++) integral += integrand(from + panel * width) * (panel % 2 === 1 ? 4 : 2);
  return (integral * width) / 3 + (term(a) + term(b)) / 2 + (slope(b) - slope(a)) / 12;
}
