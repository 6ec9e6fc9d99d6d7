import { describe, expect, it } from 'vitest';
import { chordFigure10a, chordFigure10b, chordTable2, chordTable3 } from '../../../experiments/overlay-tables/chord-tables.ts';
import { formatTable, holds, markdownTable, meanInterval, refuted } from '../../../experiments/overlay-tables/comparison.ts';
import type { ComparisonTable } from '../../../experiments/overlay-tables/comparison.ts';
import { correctness, dhtComparisonCosts, dhtComparisonHops } from '../../../experiments/overlay-tables/dht-comparison.ts';
import { joinedAgainstBuilt } from '../../../experiments/overlay-tables/joined-tables.ts';
import { kademliaIdeal } from '../../../experiments/overlay-tables/kademlia-tables.ts';
import { OverlayRun } from '../../../experiments/overlay-tables/overlay-run.ts';
import { pastryFigure4 } from '../../../experiments/overlay-tables/pastry-tables.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { nodeIds } from '../../../protocols/overlay/identity.ts';

/**
 * The small form of `npm run validate:overlay`: the same code and limits, fewer rings. Means of few rings fall on the wrong side of a limit by
 * chance, so a row fails where its whole 95 % interval does; and to be worth its place an interval must be narrower than twice its limit.
 */
function expectAllLimits(table: ComparisonTable): void {
  expect(table.rows.filter((row) => refuted(row) === true), formatTable(table)).toEqual([]);
  expect(table.rows.some((row) => holds(row) === true)).toBe(true);
  for (const { label, quantity, interval = 0, published = 0, limit } of table.rows) {
    const most = limit?.kind === 'relative' ? limit.most * published : limit?.kind === 'absolute' ? limit.most : Infinity;
    expect(interval, `${label}, ${quantity}: interval against its limit`).toBeLessThanOrEqual(2 * most);
  }
}

describe('published overlay tables, small form', () => {
  it('hops of the three at 5 … 50 nodes', () => {
    expectAllLimits(dhtComparisonHops({ seeds: 30, chordSeeds: 200, lookups: 100 }));
  });

  it('correctness at rest, after 15 % leave, after 15 % crash', () => {
    expectAllLimits(correctness({ sizes: [5, 20], seeds: 2, lookups: 100 }));
  });

  it('Chord Fig. 10', () => {
    expectAllLimits(chordFigure10a({ smallRings: 10, rings: 8, lookups: 800, largest: 1024 }));
    expectAllLimits(chordFigure10b({ rings: 20, lookups: 500 }));
  });

  it('Chord Tables II and III', () => {
    expectAllLimits(chordTable2({ rings: 6, lookups: 200 }));
    const { rows } = chordTable3({ seeds: 4, seconds: 1000, rates: [0.4] });
    expectAllLimits({ name: '', conditions: '', rows: rows.filter(({ quantity }) => quantity === 'path') });
    // Failures are counts of a few: of the published order is within a factor of five, or none yet in 2 000 lookups.
    expect(rows.find(({ quantity }) => quantity.startsWith('failures'))!.ours).toBeLessThan(5 * 15);
  });

  it('Pastry Fig. 4', () => {
    expectAllLimits(pastryFigure4({ rings: 3, lookups: 2000, largest: 5000 }));
  });

  it('Kademlia with ideal tables', () => {
    expectAllLimits(kademliaIdeal({ rings: 3, lookups: 500, largest: 1000 }));
  });

  it('tables built by messages against tables built directly', () => {
    // At 100 nodes; from about 300 on Kademlia's nodes that came one at a time need more hops (see joinedAgainstBuilt).
    const table = joinedAgainstBuilt({ nodes: 100, seeds: 3, lookups: 800 });
    // Both forms stand on the same rings and run the same lookups, so their difference has none of the spread between rings that "±" shows.
    expect(table.rows.filter((row) => holds(row) === false), formatTable(table)).toEqual([]);
  });

  it('costs at 20 nodes: joins are counted, and the tail of hops is short', () => {
    const { rows } = dhtComparisonCosts({ seeds: 2, lookups: 200 });
    for (const row of rows) expect(row.ours).toBeGreaterThan(0);
    for (const row of rows.filter(({ quantity }) => quantity === 'most hops')) expect(row.ours).toBeLessThanOrEqual(6);
  });
});

/** Chord at its plainest: the definition of successors, fingers and the walk, over numbers. */
function naiveChord(ring: readonly number[], size: number) {
  const successor = (point: number): number => ring.find((id) => id >= point % size) ?? ring[0];
  const ahead = (from: number, to: number): number => (to - from + size) % size;
  const fingers = new Map(ring.map((id) => [id, Array.from({ length: Math.log2(size) }, (_, i) => successor(id + (1 << i)))]));
  return (start: number, key: number): number => {
    let hops = 0;
    let node = start;
    // A key at a node's own place is a full circle away: the walk does not ask first whether the start owns it.
    for (const toKey = (id: number): number => ahead(id, key) || size; ahead(node, successor(node + 1)) < toKey(node); hops++) {
      node = fingers.get(node)!.findLast((finger) => finger !== node && ahead(node, finger) < toKey(node))!;
    }
    return hops;
  };
}

describe('Chord’s path', () => {
  const space = new IdSpace(16);

  it('is that of a walk by the definitions, lookup by lookup', () => {
    for (const nodes of [1, 2, 5, 20]) {
      for (let seed = 0; seed < 10; seed++) {
        const run = new OverlayRun({ protocol: 'chord', nodes, seed, idBits: 16, chord: { successors: 3, checkOwner: false, maintenance: false } }).buildConverged();
        const walk = naiveChord([...run.overlay.ids].sort((a, b) => a - b), 65536);
        run.lookUp(50, ({ origin, key, hops }) => {
          expect(hops).toBe(nodes === 1 ? 0 : walk(run.overlay.ids[origin], key[0]));
        });
      }
    }
  });

  it('has an expectation at 20 nodes within 0.15 of the published 1.90, over every start and key of 800 rings', () => {
    const means: number[] = [];
    for (let seed = 0; seed < 800; seed++) {
      const ring = [...nodeIds(space, seed, 20)].sort((a, b) => a - b);
      const walk = naiveChord(ring, 65536);
      let weighted = 0;
      // All keys between two nodes share their walks, so each arc counts by its length.
      ring.forEach((owner, i) => {
        const arc = (owner - ring.at(i - 1)! + 65536) % 65536;
        for (const start of ring) weighted += (arc * walk(start, owner)) / 20 / 65536;
      });
      means.push(weighted);
    }
    const { mean, interval } = meanInterval(means);
    // 2.04 ± 0.01.
    expect(Math.abs(mean - 1.9)).toBeLessThanOrEqual(0.15);
    expect(interval).toBeLessThan(0.01);
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

  it('are refuted only where the whole interval misses the limit', () => {
    const row = { label: 'x', quantity: 'y', published: 1, limit: { kind: 'relative', most: 0.03 } } as const;
    expect(refuted({ ...row, ours: 1.04, interval: 0.02 })).toBe(false);
    expect(refuted({ ...row, ours: 1.04, interval: 0.005 })).toBe(true);
    expect(refuted({ ...row, ours: 0.96, interval: 0.005 })).toBe(true);
    expect(refuted({ ...row, ours: 0.96, interval: 0.2 })).toBe(false);
    expect(refuted({ ...row, ours: 1.01 })).toBe(false);
    expect(refuted({ ...row, ours: 1.01, interval: 0.5, limit: { kind: 'not above' } })).toBe(false);
    expect(refuted({ ...row, ours: 2, interval: 5, limit: { kind: 'equals', value: 0 } })).toBe(true);
    expect(refuted({ label: 'x', quantity: 'y', ours: 3 })).toBeUndefined();
  });

  it('print as Markdown, a line a row', () => {
    const text = markdownTable({ name: 'A', conditions: 'under conditions', rows: [{ label: 'N = 5', quantity: 'hops', ours: 1.5, interval: 0.25, published: 1.25, limit: { kind: 'absolute', most: 0.1 } }] });
    expect(text).toContain('## A\n\nUnder conditions.\n');
    expect(text).toContain('| N = 5 | hops | 1.500 | 0.250 | 1.250 | +0.250 (+20.0 %) | ± 0.1 | MISSED |');
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
