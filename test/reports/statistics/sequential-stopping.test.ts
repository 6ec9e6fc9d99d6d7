import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { decideStopping } from '../../../reports/statistics/sequential-stopping.ts';

describe('sequential stopping', () => {
  it('stops once the interval is narrow enough, not before the minimum', () => {
    expect(decideStopping([10, 10, 10], { precision: 0.02 })).toMatchObject({ stop: false, expectedSeeds: 5 });
    expect(decideStopping([10, 10, 10, 10, 10], { precision: 0.02 })).toMatchObject({ stop: true, reason: 'precision reached', reached: 0 });
  });
  it('stops at the cap and says so', () => {
    expect(decideStopping([1, 100, 3, 50, 7, 80], { precision: 0.01, cap: 6 })).toMatchObject({ stop: true, reason: 'cap reached' });
  });
  it('foretells the seeds needed', () => {
    // s = 1, mean 10, ± 2 % = 0.2: n ≈ (1.98/0.2)² ≈ 99; t is a little above 1.96 there.
    const values = [9, 11, 9, 11, 9, 11, 10, 10, 10.5, 9.5];
    const decision = decideStopping(values, { precision: 0.02, cap: 1000 });
    expect(decision.stop).toBe(false);
    expect(decision.expectedSeeds).toBeGreaterThan(60);
    expect(decision.expectedSeeds).toBeLessThan(100);
  });
  it('reaches the precision asked for, and still covers the mean nearly as often as it says', () => {
    let covered = 0;
    for (let repetition = 0; repetition < 200; repetition++) {
      const random = seedrandom.alea(`stop-${repetition}`);
      const values: number[] = [];
      for (;;) {
        values.push(5 + random() + random() + random());
        const decision = decideStopping(values, { precision: 0.02, cap: 500 });
        if (!decision.stop) continue;
        expect(decision.reason).toBe('precision reached');
        expect(decision.reached).toBeLessThanOrEqual(0.02);
        if (decision.interval.low <= 6.5 && decision.interval.high >= 6.5) covered += 1;
        break;
      }
    }
    // Looking after every seed costs some coverage: at least 88 % of the nominal 95 %.
    expect(covered / 200).toBeGreaterThanOrEqual(0.88);
  });
  it('refuses rules that cannot be met', () => {
    expect(() => decideStopping([1], { precision: 0 })).toThrow('precision 0');
    expect(() => decideStopping([1], { precision: 0.1, minimum: 2 })).toThrow('minimum 2');
    expect(() => decideStopping([1], { precision: 0.1, cap: 3 })).toThrow('cap 3');
  });
  it('needs more than one observation, and never stops on a zero mean that varies', () => {
    expect(decideStopping([], { precision: 0.1 }).stop).toBe(false);
    expect(decideStopping([-1, 1, -1, 1, -1, 1], { precision: 0.1 })).toMatchObject({ stop: false, expectedSeeds: 100 });
  });
});
