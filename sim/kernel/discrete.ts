import type { RandomStream } from './random-stream.ts';

/**
 * Any finite distribution: index i with probability weights[i] / Σ weights, in constant time per draw.
 * The alias method of Walker, built in linear time (Vose, *A linear algorithm for generating random numbers with a given distribution*, 1991).
 */
export class Discrete {
  private readonly threshold: Float64Array;
  private readonly alias: Int32Array;

  /** Weights are finite, at least 0, and not all 0; their sum need not be 1. */
  constructor(weights: ArrayLike<number>) {
    const n = weights.length;
    let total = 0;
    for (let i = 0; i < n; i++) {
      if (!(weights[i] >= 0 && weights[i] < Infinity)) throw new RangeError(`weight ${i} is ${weights[i]}: expected a finite number, at least 0`);
      total += weights[i];
    }
    if (!(total > 0 && total < Infinity)) throw new RangeError(`the weights sum to ${total}: expected a finite number above 0`);
    this.threshold = new Float64Array(n).fill(1);
    this.alias = Int32Array.from({ length: n }, (_, i) => i);
    const scaled = Float64Array.from(weights, (w) => (w / total) * n);
    const small: number[] = [];
    const large: number[] = [];
    for (let i = 0; i < n; i++) (scaled[i] < 1 ? small : large).push(i);
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop()!;
      const rich = large[large.length - 1];
      this.threshold[poor] = scaled[poor]!;
      this.alias[poor] = rich;
      scaled[rich] = scaled[rich] - (1 - scaled[poor]);
      if (scaled[rich] < 1) small.push(large.pop()!);
    }
    // What is left is 1 but for rounding, except a zero weight that rounding left alone: it must never be drawn.
    for (const i of small) {
      if (weights[i] === 0) {
        this.threshold[i] = 0;
        this.alias[i] = heaviest(weights);
      }
    }
  }

  sample(stream: RandomStream): number {
    const u = stream.next() * this.threshold.length;
    const i = Math.floor(u);
    return u - i < this.threshold[i] ? i : this.alias[i];
  }
}

function heaviest(weights: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < weights.length; i++) if (weights[i] > weights[best]) best = i;
  return best;
}
