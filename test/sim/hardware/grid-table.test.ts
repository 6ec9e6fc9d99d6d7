import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GridTable, type GridPoint } from '../../../sim/hardware/grid-table.ts';

/** A cost that is linear in each variable: multilinear interpolation is exact for it. */
const cost = (x: number, y: number): number => 10 + 3 * x + 2 * y + 0.5 * x * y;
const XS = [1, 2, 4, 8, 16];
const YS = [0, 16, 32, 64, 128];
const full: GridPoint[] = XS.flatMap((x) => YS.map((y) => ({ at: [x, y], value: cost(x, y) })));

describe('a measured grid', () => {
  it('is exact at the given points and for costs that are linear in each variable', () => {
    const table = new GridTable(2, full);
    for (const { at, value } of full) expect(table.at(at)).toBe(value);
    for (const [x, y] of [[3, 20], [10.5, 100], [1, 8], [16, 127]]) expect(table.at([x, y])).toBeCloseTo(cost(x, y), 9);
    expect([table.above, table.below, table.extrapolated]).toEqual([0, 0, false]);
  });

  it('fills holes from the neighbours along each axis', () => {
    const table = new GridTable(2, full.filter(({ at: [x, y] }) => !(x === 4 && y === 32)));
    expect(table.measured).toBe(full.length - 1);
    expect(table.at([4, 32])).toBeCloseTo(cost(4, 32), 6);
    expect(table.extrapolated).toBe(false);
  });

  it('continues lines into a missing corner, and says so', () => {
    const table = new GridTable(2, full.filter(({ at: [x, y] }) => !(x === 16 && y >= 64)));
    expect(table.at([16, 128])).toBeCloseTo(cost(16, 128), -1);
    expect(table.extrapolated).toBe(true);
    table.at([8, 64]);
    expect(table.extrapolated).toBe(false);
  });

  it('goes on linearly above the range, clamps below it, and says which', () => {
    const table = new GridTable(2, full);
    expect(table.at([32, 200])).toBeCloseTo(cost(32, 200), 9);
    expect([table.above, table.below]).toEqual([0b11, 0]);
    expect(table.at([0, 16])).toBe(cost(1, 16));
    expect([table.above, table.below]).toEqual([0, 0b01]);
  });

  it('never goes down above the range', () => {
    const table = new GridTable(1, [{ at: [1], value: 10 }, { at: [2], value: 9 }]);
    expect(table.at([100])).toBe(9);
  });

  it('law: on any half of any grid it is exact where given, and positive everywhere', () => {
    const values = fc.array(fc.double({ min: 0.5, max: 1e4, noNaN: true }), { minLength: 60, maxLength: 60 });
    const where = fc.tuple(fc.double({ min: 0, max: 50, noNaN: true }), fc.double({ min: 0, max: 500, noNaN: true }), fc.double({ min: 0, max: 9, noNaN: true }));
    fc.assert(
      fc.property(values, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), where, (all, kept, anywhere) => {
        const points = all
          .map((value, index) => ({ at: [XS[index % 5], YS[Math.floor(index / 5) % 4], 1 + Math.floor(index / 20)], value }))
          .filter((_, index) => kept[index]);
        fc.pre(points.length > 0);
        const table = new GridTable(3, points);
        for (const { at, value } of points) expect(table.at(at)).toBe(value);
        const answer = table.at(anywhere);
        expect(Number.isFinite(answer) && answer > 0).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('repeated measurements of one point are averaged; a single point is a constant', () => {
    const table = new GridTable(2, [{ at: [3, 7], value: 4 }, { at: [3, 7], value: 8 }]);
    expect([table.at([3, 7]), table.at([100, 100])]).toEqual([6, 6]);
  });

  it('refuses no points, wrong dimensions, bad values, and rows that are no grid', () => {
    expect(() => new GridTable(2, [])).toThrow(/at least one point/);
    expect(() => new GridTable(2, [{ at: [1], value: 1 }])).toThrow(/1 coordinates, not 2/);
    expect(() => new GridTable(1, [{ at: [1], value: 0 }])).toThrow(/positive and finite/);
    expect(() => new GridTable(1, [{ at: [-1], value: 1 }])).toThrow(/at least 0/);
    const scattered = Array.from({ length: 300 }, (_, index) => ({ at: [index, index * 7, index * 13], value: 1 }));
    expect(() => new GridTable(3, scattered)).toThrow(/do not lie on common axes/);
  });
});
