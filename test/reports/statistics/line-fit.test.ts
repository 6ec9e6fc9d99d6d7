import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLine } from '../../../reports/statistics/line-fit.ts';

describe('a line through points', () => {
  it('recovers any line it is given, and explains all of it', () => {
    fc.assert(
      fc.property(fc.double({ min: -10, max: 10, noNaN: true }), fc.double({ min: -10, max: 10, noNaN: true }), (slope, intercept) => {
        const fit = fitLine([1, 2, 5, 10, 20].map((x) => ({ x, y: intercept + slope * x })))!;
        expect(fit.slope).toBeCloseTo(slope, 9);
        expect(fit.intercept).toBeCloseTo(intercept, 8);
      }),
      { seed: 1, numRuns: 50 },
    );
    expect(fitLine([1, 2, 3].map((x) => ({ x, y: 2 * x })))!.rSquared).toBeCloseTo(1, 12);
  });

  it('by hand: (0, 0), (1, 2), (2, 1) has slope ½ and explains a quarter; two points have no line', () => {
    const fit = fitLine([{ x: 0, y: 0 }, { x: 1, y: 2 }, { x: 2, y: 1 }])!;
    expect([fit.slope, fit.intercept, fit.rSquared]).toEqual([0.5, 0.5, 0.25]);
    expect(fitLine([{ x: 0, y: 0 }, { x: 1, y: 2 }])).toBeUndefined();
  });
});
