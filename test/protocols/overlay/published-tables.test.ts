import { describe, expect, it } from 'vitest';
import { chordFigure10a, chordFigure10b, chordTable2, chordTable3 } from '../../../experiments/overlay-tables/chord-tables.ts';
import { formatTable, holds, meanInterval } from '../../../experiments/overlay-tables/comparison.ts';
import type { ComparisonTable } from '../../../experiments/overlay-tables/comparison.ts';
import { correctness, dhtComparisonCosts, dhtComparisonHops } from '../../../experiments/overlay-tables/dht-comparison.ts';
import { joinedAgainstBuilt } from '../../../experiments/overlay-tables/joined-tables.ts';
import { kademliaIdeal } from '../../../experiments/overlay-tables/kademlia-tables.ts';
import { pastryFigure4 } from '../../../experiments/overlay-tables/pastry-tables.ts';

/** The small form of `npm run validate:overlay`: the same code and limits, fewer rings. Seeds are fixed, so nothing here is left to chance. */
function expectAllLimits(table: ComparisonTable): void {
  const missed = table.rows.filter((row) => holds(row) === false);
  expect(missed, formatTable(table)).toEqual([]);
  expect(table.rows.some((row) => holds(row) === true)).toBe(true);
}

describe('published overlay tables, small form', () => {
  it('hops of the three at 5 … 50 nodes, 30 seeds', () => {
    expectAllLimits(dhtComparisonHops({ seeds: 30, lookups: 100 }));
  });

  it('correctness at rest, after 15 % leave, after 15 % crash', () => {
    expectAllLimits(correctness({ sizes: [5, 20], seeds: 2, lookups: 100 }));
  });

  it('Chord Fig. 10', () => {
    expectAllLimits(chordFigure10a({ smallRings: 10, rings: 6, lookups: 1000, largest: 1024 }));
    expectAllLimits(chordFigure10b({ rings: 10, lookups: 500 }));
  });

  it('Chord Tables II and III', () => {
    expectAllLimits(chordTable2({ rings: 4, lookups: 400 }));
    expectAllLimits(chordTable3({ seeds: 1, seconds: 1500, rates: [0.4] }));
  });

  it('Pastry Fig. 4', () => {
    expectAllLimits(pastryFigure4({ rings: 3, lookups: 2000, largest: 5000 }));
  });

  it('Kademlia with ideal tables', () => {
    expectAllLimits(kademliaIdeal({ rings: 2, lookups: 1000, largest: 1000 }));
  });

  it('tables built by messages against tables built directly', () => {
    expectAllLimits(joinedAgainstBuilt({ nodes: 100, seeds: 2, lookups: 1000 }));
  });

  it('costs at 20 nodes: joins are counted, and the tail of hops is short', () => {
    const { rows } = dhtComparisonCosts({ seeds: 2, lookups: 200 });
    for (const row of rows) expect(row.ours).toBeGreaterThan(0);
    for (const row of rows.filter(({ quantity }) => quantity === 'most hops')) expect(row.ours).toBeLessThanOrEqual(6);
  });
});

describe('comparison rows', () => {
  it('judge by their limit', () => {
    const row = { label: 'x', quantity: 'y', ours: 1.02, published: 1 };
    expect(holds(row)).toBeUndefined();
    expect(holds({ ...row, limit: { kind: 'relative', most: 0.03 } })).toBe(true);
    expect(holds({ ...row, limit: { kind: 'relative', most: 0.01 } })).toBe(false);
    expect(holds({ ...row, limit: { kind: 'absolute', most: 0.01 } })).toBe(false);
    expect(holds({ ...row, limit: { kind: 'not above' } })).toBe(false);
    expect(holds({ ...row, limit: { kind: 'equals', value: 1.02 } })).toBe(true);
  });

  it('intervals are those of Student’s t', () => {
    // 97.5 % quantiles: 2.776 at 4 degrees of freedom, 2.045 at 29.
    expect((meanInterval([1, 2, 3, 4, 5]).interval * Math.sqrt(5)) / Math.sqrt(2.5)).toBeCloseTo(2.776, 1);
    const many = Array.from({ length: 30 }, (_, i) => i);
    const { interval, sd } = meanInterval(many);
    expect((interval * Math.sqrt(30)) / sd).toBeCloseTo(2.045, 1);
    expect(meanInterval([4])).toEqual({ mean: 4, interval: 0, sd: 0 });
  });
});
