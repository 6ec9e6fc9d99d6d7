import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Discrete } from '../../../sim/kernel/discrete.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { chiSquareDeviate } from './goodness-of-fit.ts';

describe('Discrete', () => {
  it('draws each index as often as its weight says', () => {
    const stream = new RandomStream('discrete');
    for (const weights of [[1], [1, 1], [5, 3, 2], [0, 1, 0, 3], [1e-9, 1, 1e9], Array.from({ length: 200 }, (_, i) => (i * 7919) % 31)]) {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const discrete = new Discrete(weights);
      const counts = new Array<number>(weights.length).fill(0);
      for (let i = 0; i < 60_000; i++) counts[discrete.sample(stream)]++;
      expect(chiSquareDeviate(counts, (i) => weights[i] / total)).toBeLessThan(3.1);
    }
  });

  it('spreads the unit interval over the indices exactly as the weights do', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(10), fc.double({ min: 0, max: 1e6, noNaN: true })), { minLength: 1, maxLength: 40 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0);
        const { threshold, alias } = new Discrete(weights) as unknown as { threshold: Float64Array; alias: Int32Array };
        const share = new Array<number>(weights.length).fill(0);
        threshold.forEach((t, i) => {
          share[i] += t / weights.length;
          share[alias[i]] += (1 - t) / weights.length;
        });
        weights.forEach((weight, i) => {
          expect(Math.abs(share[i] - weight / total)).toBeLessThan(1e-12);
          if (weight === 0) expect(share[i]).toBe(0);
        });
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it.each([[[]], [[0, 0]], [[1, -1]], [[NaN]], [[1, Infinity]], [[1e308, 1e308]]])('refuses the weights %j', (weights) => {
    expect(() => new Discrete(weights)).toThrow(RangeError);
  });

  it('should not change its output', () => {
    const stream = new RandomStream('golden');
    const discrete = new Discrete([1, 2, 3, 4]);
    expect(Array.from({ length: 12 }, () => discrete.sample(stream))).toEqual([1, 3, 3, 3, 0, 1, 2, 3, 3, 3, 2, 3]);
  });
});
