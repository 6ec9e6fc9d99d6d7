import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Curve } from '../../../sim/hardware/curve.ts';

const points = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0.1, max: 1e6, noNaN: true })), { minLength: 1, maxLength: 40, selector: ([x]) => x });

describe('a measured curve', () => {
  it('law: exact at the given points, never NaN nor negative anywhere', () => {
    fc.assert(
      fc.property(points, fc.double({ min: 0.001, max: 1e9, noNaN: true }), (given, anywhere) => {
        const curve = new Curve(given);
        for (const [x, y] of given) expect(curve.at(x)).toBe(y);
        expect(curve.at(anywhere)).toBeGreaterThanOrEqual(0);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('law: between neighbours it stays between their values', () => {
    fc.assert(
      fc.property(points, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
        fc.pre(given.length >= 2);
        const sorted = [...given].sort(([a], [b]) => a - b);
        const curve = new Curve(given);
        for (let index = 1; index < sorted.length; index += 1) {
          const [[x0, y0], [x1, y1]] = [sorted[index - 1], sorted[index]];
          const value = curve.at(x0 + share * (x1 - x0));
          expect(value).toBeGreaterThanOrEqual(Math.min(y0, y1) - 1e-9 * y0);
          expect(value).toBeLessThanOrEqual(Math.max(y0, y1) + 1e-9 * Math.max(y0, y1));
        }
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it('joins a straight cost by straight lines, and goes on beyond it with its slope', () => {
    const curve = new Curve([1, 10, 20, 40, 80].map((x) => [x, 5 + 2 * x] as const));
    expect(curve.tileRows).toBe(0);
    expect(curve.at(33)).toBeCloseTo(71, 9);
    expect(curve.at(200)).toBeCloseTo(405, 9);
    expect(curve.at(0.5)).toBe(7);
  });

  it('recognises a staircase of tiles, and does not average across a jump', () => {
    const stairs = (x: number): number => 100 * Math.ceil(x / 64);
    const curve = new Curve(Array.from({ length: 64 }, (_, index) => [(index + 1) * 16, stairs((index + 1) * 16)] as const));
    expect(curve.tileRows).toBe(64);
    // 129 begins the third tile, of which 144 is measured; 128 ends the second.
    expect([curve.at(128), curve.at(129), curve.at(150)]).toEqual([200, 300, 300]);
  });

  it('one point is a constant below and proportional above; repeated points are averaged', () => {
    const curve = new Curve([[10, 4], [10, 6]]);
    expect([curve.at(3), curve.at(10), curve.at(20)]).toEqual([5, 5, 10]);
    expect(() => new Curve([])).toThrow(/at least one point/);
    expect(() => new Curve([[0, 1]])).toThrow(/positive and finite/);
    expect(() => new Curve([[1, Number.NaN]])).toThrow(/positive and finite/);
  });
});
