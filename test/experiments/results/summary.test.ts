import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanInterval, studentT975 } from '../../../experiments/results/mean-interval.ts';
import { METRICS } from '../../../experiments/results/metrics.ts';
import { QUERY_COLUMNS } from '../../../experiments/results/query-columns.ts';
import { summarise, summaryCsv } from '../../../experiments/results/summary.ts';
import type { Cell, TrialRecord } from '../../../experiments/results/trial-result.ts';

describe('the mean and its interval', () => {
  // Two-sided 95 % points of Student's t, as printed in any table to three decimals.
  it.each([
    [1, 12.706],
    [2, 4.303],
    [4, 2.776],
    [9, 2.262],
    [30, 2.042],
    [1000, 1.962],
  ])('uses t(%d) = %d', (degrees, t) => {
    expect(studentT975(degrees)).toBeCloseTo(t, 3);
  });

  it('is mean ± t·s/√n', () => {
    // s = 1 and n = 4, so the half-width is 3.182446… / 2.
    const { mean, low, high, n } = meanInterval([1, 2, 2, 3].map((x) => 10 + (x - 2) * Math.sqrt(1.5)));
    expect([mean, n]).toEqual([10, 4]);
    expect(high - mean).toBeCloseTo(3.182446305 / 2, 9);
    expect(mean - low).toBeCloseTo(high - mean, 12);
  });

  it('has no width for equal values and no ends for a single one', () => {
    expect(meanInterval([5, 5, 5])).toEqual({ mean: 5, low: 5, high: 5, n: 3 });
    expect(meanInterval([5])).toEqual({ mean: 5, low: Number.NaN, high: Number.NaN, n: 1 });
    expect(() => meanInterval([])).toThrow(RangeError);
  });

  it('moves with the values and scales with them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 }), fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 8 }), (values, shift, factor) => {
        const plain = meanInterval(values);
        const moved = meanInterval(values.map((value) => value * factor + shift));
        expect(moved.mean).toBeCloseTo(plain.mean * factor + shift, 6);
        expect(moved.high - moved.low).toBeCloseTo((plain.high - plain.low) * factor, 6);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

const record = (index: number, cell: Cell, system: string, metrics: Record<string, number>, sharedWith?: number): TrialRecord => ({
  key: { index, cell, system, seed: String(index) },
  queryRows: 0,
  digest: '',
  metrics,
  labels: { busiestResource: index < 2 ? 'GPU' : 'disk' },
  flags: { seen: 1 },
  ...(sharedWith === undefined ? {} : { sharedWith }),
});

describe('the summary', () => {
  const rows = summarise([
    record(0, { k: 1 }, 'p2p', { ttftMeanMs: 1, hitRate: 0.5 }),
    record(1, { k: 1 }, 'p2p', { ttftMeanMs: 3 }),
    record(2, { k: 1 }, 'p2p', { ttftMeanMs: 2 }),
    record(3, { k: 2 }, 'p2p', { ttftMeanMs: 4 }, 0),
  ]);

  it('has a row per cell and system, over the seeds that report each metric', () => {
    expect(rows.map(({ cell, system, seeds, shared }) => [cell, system, seeds, shared])).toEqual([
      [{ k: 1 }, 'p2p', 3, false],
      [{ k: 2 }, 'p2p', 1, true],
    ]);
    expect(rows[0].metrics['ttftMeanMs']).toMatchObject({ mean: 2, n: 3 });
    expect(rows[0].metrics['hitRate']).toMatchObject({ mean: 0.5, n: 1 });
    expect(rows[0].metrics['prefillMs']).toBeUndefined();
    expect(rows[0].labels).toEqual({ busiestResource: 'GPU' });
    expect(rows[0].flags).toEqual({ seen: 3 });
  });

  it('is CSV with mean, interval and n of each metric, quoted where it must be', () => {
    const csv = summaryCsv(rows, ['k']).split('\n');
    expect(csv[0]).toBe('k,system,seeds,ttftMeanMs_mean,ttftMeanMs_low,ttftMeanMs_high,ttftMeanMs_n,hitRate_mean,hitRate_low,hitRate_high,hitRate_n');
    expect(csv[2]).toBe('2,p2p,1,4,,,1,,,,0');
    expect(summaryCsv(summarise([record(0, { k: 'a "b", c' }, 'p2p', {})]), ['k'])).toContain('"a ""b"", c",p2p,1');
  });
});

describe('the registries', () => {
  it('name each metric and column once, with unit and definition', () => {
    for (const table of [METRICS, QUERY_COLUMNS]) {
      expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
      for (const { unit, definition } of table) expect([unit, definition]).not.toContain('');
    }
  });
});
