/** How many tokens a question, an answer or a chunk has: a law and its draws. */
import type { RandomStream } from '../sim/kernel/random-stream.ts';

/**
 * A number stands for a constant. The log-normal law is given by its mean and coefficient of variation before rounding
 * and clipping; prompt and answer lengths in served traffic are close to it. `values` are drawn with equal probability.
 */
export type TokenCountSpec =
  | number
  | { readonly law: 'uniform'; readonly min: number; readonly max: number }
  | { readonly law: 'log-normal'; readonly mean: number; readonly variation: number; readonly min?: number; readonly max?: number }
  | { readonly law: 'values'; readonly values: readonly number[] };

/** A law that has been checked. */
export interface TokenCount {
  /** True where every draw is the same: no stream is needed. */
  readonly constant: boolean;
  /** A whole number of at least 1. */
  sample(stream: RandomStream): number;
}

function count(name: string, value: number): number {
  if (!(Number.isInteger(value) && value >= 1 && value <= 0x7fff_ffff)) throw new RangeError(`${name} is ${value}: expected a whole number of tokens, at least 1`);
  return value;
}

/** @param name of the key it came from, for errors. @throws RangeError on an impossible law. */
export function tokenCount(name: string, spec: TokenCountSpec): TokenCount {
  if (typeof spec === 'number') {
    const tokens = count(name, spec);
    return { constant: true, sample: () => tokens };
  }
  switch (spec.law) {
    case 'uniform': {
      const min = count(`${name}.min`, spec.min);
      const max = count(`${name}.max`, spec.max);
      if (max < min) throw new RangeError(`${name}.max is ${max}: expected at least ${name}.min, ${min}`);
      return { constant: false, sample: (stream) => min + stream.integer(max - min + 1) };
    }
    case 'log-normal': {
      const { mean, variation } = spec;
      if (!(mean >= 1 && mean < Infinity)) throw new RangeError(`${name}.mean is ${mean}: expected a finite number of at least 1`);
      if (!(variation >= 0 && variation < Infinity)) throw new RangeError(`${name}.variation is ${variation}: expected a finite number of at least 0`);
      const min = count(`${name}.min`, spec.min ?? 1);
      const max = count(`${name}.max`, spec.max ?? 0x7fff_ffff);
      if (max < min) throw new RangeError(`${name}.max is ${max}: expected at least ${name}.min, ${min}`);
      const variance = Math.log(1 + variation * variation);
      const mu = Math.log(mean) - variance / 2;
      const sigma = Math.sqrt(variance);
      return { constant: false, sample: (stream) => Math.min(max, Math.max(min, Math.round(stream.logNormal(mu, sigma)))) };
    }
    case 'values': {
      if (spec.values.length === 0) throw new RangeError(`${name}.values is empty: expected at least one number of tokens`);
      const values = spec.values.map((value, index) => count(`${name}.values[${index}]`, value));
      return { constant: false, sample: (stream) => values[stream.integer(values.length)] };
    }
  }
}
