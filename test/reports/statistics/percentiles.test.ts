import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { nearestRank, percentile } from '../../../reports/statistics/percentile.ts';
import { StreamingPercentiles } from '../../../reports/statistics/streaming-percentiles.ts';

const PERCENTS = [0, 1, 25, 50, 75, 90, 95, 99, 99.9, 100];
const latencies = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e12, noNaN: true })), { minLength: 1, maxLength: 300 });

describe('exact percentiles (nearest rank)', () => {
  it('gives the published example: 15, 20, 35, 40, 50', () => {
    // The usual worked example of the nearest-rank method: P5 = 15, P30 = 20, P40 = 20, P50 = 35, P100 = 50.
    const values = [50, 15, 40, 20, 35];
    expect([5, 30, 40, 50, 100].map((p) => percentile(values, p))).toEqual([15, 20, 20, 35, 50]);
  });
  it('puts P99.9 of 1 000 at rank 999 and P99 of 1 000 at rank 990', () => {
    expect(nearestRank(1000, 99.9)).toBe(999);
    expect(nearestRank(1000, 99)).toBe(990);
  });
  it('is an observed value with at least p % at or below it and at most p % strictly below', () => {
    fc.assert(fc.property(latencies, fc.constantFrom(...PERCENTS), (values, p) => {
      const answer = percentile(values, p);
      expect(values).toContain(answer);
      expect(values.filter((v) => v <= answer).length * 100).toBeGreaterThanOrEqual(p * values.length * (1 - 1e-9));
      expect(values.filter((v) => v < answer).length * 100).toBeLessThanOrEqual(p * values.length * (1 + 1e-9));
    }), { seed: 1, numRuns: 200 });
  });
  it('has no answer without data and refuses a percentage outside 0 to 100', () => {
    expect(percentile([], 50)).toBeNaN();
    expect(() => percentile([1], 101)).toThrow('percent 101');
  });
});

describe('streaming percentiles', () => {
  it('stay within the stated relative error of the exact ones', () => {
    fc.assert(fc.property(latencies, fc.constantFrom(0.001, 0.005, 0.02), (values, error) => {
      const sketch = new StreamingPercentiles(error);
      for (const value of values) sketch.add(value);
      for (const p of PERCENTS) {
        const exact = percentile(values, p);
        expect(Math.abs(sketch.percentile(p) - exact)).toBeLessThanOrEqual(error * exact * (1 + 1e-9));
      }
    }), { seed: 2, numRuns: 200 });
  });
  it('hold on a hundred thousand heavy-tailed values, merged from parts in any order', () => {
    const random = seedrandom.alea('stream');
    const values = Array.from({ length: 100_000 }, () => Math.exp(8 * random()) / (1 - random()));
    const parts = [0, 1, 2].map((k) => {
      const part = new StreamingPercentiles();
      values.forEach((v, i) => { if (i % 3 === k) part.add(v); });
      return part;
    });
    const merged = new StreamingPercentiles();
    for (const part of [parts[2], parts[0], parts[1]]) merged.merge(part);
    const whole = new StreamingPercentiles();
    for (const v of values) whole.add(v);
    for (const p of PERCENTS) {
      expect(merged.percentile(p)).toBe(whole.percentile(p));
      const exact = percentile(values, p);
      expect(Math.abs(whole.percentile(p) / exact - 1)).toBeLessThanOrEqual(0.005 * (1 + 1e-9));
    }
    expect(whole.count).toBe(100_000);
  });
  it('refuse negative and infinite values, foreign sketches and an impossible error', () => {
    const sketch = new StreamingPercentiles();
    expect(() => { sketch.add(-1); }).toThrow('value -1');
    expect(() => { sketch.add(Infinity); }).toThrow('value Infinity');
    expect(() => { sketch.merge(new StreamingPercentiles(0.1)); }).toThrow('cannot merge');
    expect(() => new StreamingPercentiles(0)).toThrow('relativeError 0');
    expect(sketch.percentile(50)).toBeNaN();
  });
});
