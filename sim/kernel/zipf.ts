import type { RandomStream } from './random-stream.ts';

/** A power of two, so that dividing the unit interval is exact. */
const MAX_GUIDE_ENTRIES = 1_048_576;

/**
 * Zipf's law over ranks 0 … n − 1: P(rank) ∝ (rank + 1)^−exponent, exact for any exponent ≥ 0 (0 is uniform).
 *
 * Inversion of the tabulated distribution, with a guide table that starts each search near its end (Chen & Asau, *On generating random variates
 * from an empirical distribution*, 1974). Inversion rather than an alias table because it is monotone: with the same uniform, a greater exponent
 * gives a rank at most as large, so popularity sweeps compare like with like. 8 bytes a rank.
 */
export class Zipf {
  readonly n: number;
  readonly exponent: number;
  /** cumulative[k] = P(rank ≤ k); the last is exactly 1. */
  private readonly cumulative: Float64Array;
  /** guide[j] = least rank whose cumulative probability exceeds j / guide.length. */
  private readonly guide: Int32Array;
  private readonly total: number;

  constructor(n: number, exponent: number) {
    if (!(Number.isInteger(n) && n >= 1 && n <= 2_147_483_647)) throw new RangeError(`Zipf n is ${n}: expected a whole number from 1 to 2^31 − 1`);
    if (!(exponent >= 0 && exponent < Infinity)) throw new RangeError(`Zipf exponent is ${exponent}: expected a finite number, at least 0`);
    this.n = n;
    this.exponent = exponent;
    this.cumulative = new Float64Array(n);
    this.total = tabulate(this.cumulative, exponent);
    this.guide = guideTable(this.cumulative);
  }

  /** A rank from 0 (the most popular) to n − 1. */
  sample(stream: RandomStream): number {
    const { cumulative, guide } = this;
    const u = stream.next();
    const j = Math.floor(u * guide.length);
    let low = guide[j];
    let high = j + 1 < guide.length ? guide[j + 1] : this.n - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle] > u) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  probability(rank: number): number {
    if (!(Number.isInteger(rank) && rank >= 0 && rank < this.n)) throw new RangeError(`rank is ${rank}: expected a whole number from 0 to ${this.n - 1}`);
    return weight(rank, this.exponent) / this.total;
  }
}

function weight(rank: number, exponent: number): number {
  return Math.exp(-exponent * Math.log(rank + 1));
}

/** Fills in the cumulative probabilities; returns the sum of the weights. Compensated (Neumaier), since 10^7 roundings would show. */
function tabulate(cumulative: Float64Array, exponent: number): number {
  let sum = 0;
  let lost = 0;
  for (let k = 0; k < cumulative.length; k++) {
    const w = weight(k, exponent);
    const next = sum + w;
    lost += sum >= w ? sum - next + w : w - next + sum;
    sum = next;
    cumulative[k] = sum + lost;
  }
  const total = cumulative[cumulative.length - 1];
  for (let k = 0; k < cumulative.length; k++) cumulative[k] /= total;
  return total;
}

function guideTable(cumulative: Float64Array): Int32Array {
  let entries = 1;
  while (entries < MAX_GUIDE_ENTRIES && entries * 2 <= cumulative.length) entries *= 2;
  const guide = new Int32Array(entries);
  let rank = 0;
  for (let j = 0; j < guide.length; j++) {
    const edge = j / guide.length;
    while (cumulative[rank] <= edge) rank++;
    guide[j] = rank;
  }
  return guide;
}
