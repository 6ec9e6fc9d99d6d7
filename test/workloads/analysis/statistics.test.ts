import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { Zipf } from '../../../sim/kernel/zipf.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { Fenwick } from '../../../workloads/analysis/fenwick.ts';
import { OctaveHistogram, gridIndex, gridSize } from '../../../workloads/analysis/octave-grid.ts';
import { ArrivalTally, LengthTally } from '../../../workloads/analysis/trace-summary.ts';
import { UseCounts, topShare } from '../../../workloads/analysis/use-counts.ts';
import { fitZipf } from '../../../workloads/analysis/zipf-fit.ts';

describe('Fenwick tree', () => {
  it('has the sums of a plain array', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.tuple(fc.nat(), fc.integer({ min: -9, max: 9 }))), (size, additions) => {
        const tree = new Fenwick(size);
        const plain = new Array<number>(size).fill(0);
        for (const [place, value] of additions) {
          tree.add(place % size, value);
          plain[place % size] += value;
        }
        const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0);
        for (let place = 0; place < size; place++) {
          expect(tree.sumTo(place)).toBe(sum(plain.slice(0, place + 1)));
          expect(tree.sumFrom(place)).toBe(sum(plain.slice(place)));
        }
        expect(tree.total).toBe(sum(plain));
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('octave grid', () => {
  it('sizes are exact, at most a quarter apart, and each value belongs to the least size not below it', () => {
    expect(Array.from({ length: 16 }, (_, index) => gridSize(index))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32]);
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })), (value) => {
        const index = gridIndex(value);
        expect(gridSize(index)).toBeGreaterThanOrEqual(value);
        if (index > 0) expect(gridSize(index - 1)).toBeLessThan(value);
        if (index >= 4) expect(gridSize(index) / gridSize(index - 1)).toBeLessThanOrEqual(1.25);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('quantiles are rounded up to the grid', () => {
    const histogram = new OctaveHistogram();
    for (let value = 1; value <= 100; value++) histogram.add(value);
    expect([histogram.quantile(0.5), histogram.quantile(0.9), histogram.quantile(1)]).toEqual([56, 96, 112]);
    expect(new OctaveHistogram().quantile(0.5)).toBeUndefined();
  });
});

describe('Zipf fit', () => {
  const counted = (exponent: number, n: number, draws: number): Float64Array => {
    const law = new Zipf(n, exponent);
    const stream = new RandomStream(`fit ${exponent}`);
    const counts = new Float64Array(n);
    for (let draw = 0; draw < draws; draw++) counts[law.sample(stream)]++;
    return counts.filter((count) => count > 0).sort().reverse();
  };

  it.each([0.5, 0.8, 1, 1.2, 2])('finds the exponent %d of 400 000 draws over 500 ranks', (exponent) => {
    const fit = fitZipf(counted(exponent, 500, 400_000))!;
    // Sorting by the counts themselves biases the tail by a little more than sampling error does.
    expect(Math.abs(fit.exponent - exponent)).toBeLessThan(Math.max(4 * fit.standardError, 0.01));
    expect(fit.ksDistance).toBeLessThan(0.01);
  });

  it.each([50, 3000, 200_000])('recovers an exact law over %d ranks: its head summed, its tail integrated', (n) => {
    for (const exponent of [0.3, 1, 1.7]) {
      const counts = Float64Array.from({ length: n }, (_, index) => 1e9 * Math.exp(-exponent * Math.log(index + 1)));
      const fit = fitZipf(counts)!;
      expect(fit.exponent).toBeCloseTo(exponent, 8);
      expect(fit.ksDistance).toBeLessThan(1e-8);
    }
  });

  it('shows by its distance that a law does not fit', () => {
    const twoClasses = Float64Array.from({ length: 1000 }, (_, index) => (index < 100 ? 100 : 1));
    expect(fitZipf(twoClasses)!.ksDistance).toBeGreaterThan(0.2);
  });

  it('calls equal counts exponent 0, a single use of each also, and fits nothing to one rank', () => {
    expect(fitZipf([5, 5, 5, 5])!.exponent).toBe(0);
    expect(fitZipf(new Float64Array(5000).fill(1))!.exponent).toBeCloseTo(0, 8);
    expect(fitZipf([7])).toBeUndefined();
    expect(fitZipf([])).toBeUndefined();
    expect(() => fitZipf([1, 2])).toThrow('use count 1 is 2: expected positive counts in descending order');
    expect(() => fitZipf([1, 0])).toThrow(RangeError);
  });

  it('a law far steeper than any trace ends at its bound, and is still finite', () => {
    const fit = fitZipf([1e15, 1])!;
    expect(fit.exponent).toBeGreaterThan(15);
    expect(Number.isFinite(fit.ksDistance)).toBe(true);
  });
});

describe('use counts', () => {
  const request = (ids: readonly number[]): Request => ({ id: 0, arrivalNs: 0, units: ids.map((id) => ({ id, tokens: 1 })), reuse: 'chunk', suffixTokens: 0, outputTokens: 1 });

  it('hot units make up half of all uses, the most used first, then the lower id', () => {
    const counts = new UseCounts();
    for (const ids of [[9, 4, 1], [9, 4, 2], [9, 7, 3], [9, 7, 5]]) counts.add(request(ids));
    expect([...counts.hot()]).toEqual([9, 4]);
    expect([...counts.hot(0)]).toEqual([]);
    expect(counts.hot(1).size).toBe(7);
    expect([counts.uses, counts.size, counts.of(9), counts.of(100)]).toEqual([12, 7, 4, 0]);
    expect([...counts.descending()]).toEqual([4, 2, 2, 1, 1, 1, 1]);
    expect(() => counts.hot(2)).toThrow('hot share is 2');
  });

  it('top shares count at least one unit', () => {
    expect([topShare([4, 2, 2, 1, 1], 0.01), topShare([4, 2, 2, 1, 1], 0.4), topShare([], 0.5)]).toEqual([0.4, 0.6, 0]);
  });
});

describe('summaries', () => {
  it('lengths: exact percentiles by nearest rank', () => {
    const tally = new LengthTally();
    for (let length = 1; length <= 100; length++) tally.add(length);
    expect(tally.summary()).toEqual({ mean: 50.5, variation: Math.sqrt(833.25) / 50.5, p50: 50, p95: 95, p99: 99, max: 100 });
    expect(new LengthTally().summary().max).toBe(0);
  });

  it('arrivals: rate, variation of gaps, the busiest minute', () => {
    const tally = new ArrivalTally();
    for (const seconds of [10, 20, 30, 75, 80, 85, 90, 200]) tally.add(seconds * SECOND);
    const gaps = [10, 10, 45, 5, 5, 5, 110];
    const mean = 190 / 7;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) * (gap - mean), 0) / 7);
    const summary = tally.summary();
    expect(summary).toMatchObject({ durationSeconds: 190, ratePerSecond: 7 / 190, busiestMinuteRequests: 4 });
    expect(summary.gapVariation).toBeCloseTo(deviation / mean, 12);
  });

  it('arrivals: one, none, and all at once', () => {
    expect(new ArrivalTally().summary()).toEqual({ durationSeconds: 0, ratePerSecond: 0, gapVariation: 0, busiestMinuteRequests: 0 });
    const tally = new ArrivalTally();
    for (let count = 0; count < 5; count++) tally.add(7);
    expect(tally.summary()).toEqual({ durationSeconds: 0, ratePerSecond: 0, gapVariation: 0, busiestMinuteRequests: 5 });
  });
});
