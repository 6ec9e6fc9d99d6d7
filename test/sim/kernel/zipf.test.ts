import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { Zipf } from '../../../sim/kernel/zipf.ts';
import { chiSquareDeviate } from './goodness-of-fit.ts';

/** A stream whose next uniforms are given. */
function given(...uniforms: number[]): RandomStream {
  const stream = new RandomStream('unused');
  (stream as unknown as { next: () => number }).next = () => uniforms.shift()!;
  return stream;
}

const exponents = [0, 0.5, 0.99, 1, 1.2, 3];

describe('Zipf', () => {
  it.each(exponents)('exponent %s: the probabilities sum to one and fall as the power says', (exponent) => {
    for (const n of [1, 2, 10, 1000]) {
      const zipf = new Zipf(n, exponent);
      let sum = 0;
      for (let rank = 0; rank < n; rank++) {
        sum += zipf.probability(rank);
        expect(zipf.probability(rank) / zipf.probability(0)).toBeCloseTo((rank + 1) ** -exponent, 12);
      }
      expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
    }
  });

  it.each(exponents)('exponent %s: draws each rank as often as its probability says', (exponent) => {
    const stream = new RandomStream(`zipf ${exponent}`);
    for (const n of [3, 50, 5000]) {
      const zipf = new Zipf(n, exponent);
      const counts = new Array<number>(n).fill(0);
      for (let i = 0; i < 60_000; i++) counts[zipf.sample(stream)]++;
      expect(chiSquareDeviate(counts, (rank) => zipf.probability(rank))).toBeLessThan(3.1);
    }
  });

  it('inverts its distribution function for every uniform', () => {
    const uniform = fc.oneof(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.constantFrom(0, 1 - 2 ** -53, 0.5, 2 ** -53));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0, max: 4, noNaN: true }), uniform, (n, exponent, u) => {
        const zipf = new Zipf(n, exponent);
        const rank = zipf.sample(given(u));
        let below = 0;
        for (let k = 0; k < rank; k++) below += zipf.probability(k);
        expect(below).toBeLessThanOrEqual(u + 1e-12);
        expect(below + zipf.probability(rank)).toBeGreaterThan(u - 1e-12);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('gives a rank at most as large when the exponent grows and the uniform stays', () => {
    const [mild, steep] = [new Zipf(1000, 0.7), new Zipf(1000, 1.1)];
    for (let u = 0; u < 1; u += 1 / 512) expect(steep.sample(given(u))).toBeLessThanOrEqual(mild.sample(given(u)));
  });

  it('holds a million ranks, the last of them reachable', () => {
    const zipf = new Zipf(1_000_000, 1);
    expect(zipf.sample(given(1 - 2 ** -53))).toBe(999_999);
    expect(zipf.sample(given(0))).toBe(0);
    // 1 / H(10⁶), with H(n) = ln n + γ + 1/2n.
    expect(zipf.probability(0)).toBeCloseTo(1 / (Math.log(1e6) + 0.5772156649015329 + 5e-7), 12);
  });

  it('bears exponents whose tail underflows', () => {
    const zipf = new Zipf(1000, 400);
    expect(zipf.sample(given(1 - 2 ** -53))).toBe(0);
    expect(zipf.probability(999)).toBe(0);
  });

  it.each([
    [0, 1],
    [1.5, 1],
    [-3, 1],
    [NaN, 1],
    [10, -0.1],
    [10, NaN],
    [10, Infinity],
  ])('refuses n = %s with exponent %s', (n, exponent) => {
    expect(() => new Zipf(n, exponent)).toThrow(RangeError);
  });

  it('refuses the probability of a rank it does not have', () => {
    for (const rank of [-1, 10, 0.5, NaN]) expect(() => new Zipf(10, 1).probability(rank)).toThrow(RangeError);
  });

  it('should not change its output', () => {
    const stream = new RandomStream('golden');
    expect(Array.from({ length: 12 }, () => new Zipf(1000, 0.9).sample(stream))).toEqual([6, 32, 5, 5, 0, 10, 174, 1, 35, 35, 71, 3]);
  });
});
