import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnitUses } from '../../../experiments/trial/unit-uses.ts';

describe('hit rate of the hot units', () => {
  it('is that of the most popular units, ties by id, until they make up half of all uses', () => {
    const use = fc.record({ unit: fc.nat(12), isHit: fc.boolean() });
    fc.assert(
      fc.property(fc.array(use, { minLength: 1, maxLength: 80 }), (uses) => {
        const ours = new UnitUses();
        for (const { unit, isHit } of uses) ours.add(unit, isHit);
        const of = (unit: number): typeof uses => uses.filter((each) => each.unit === unit);
        const ranked = [...new Set(uses.map(({ unit }) => unit))].sort((a, b) => of(b).length - of(a).length || a - b);
        let hot: typeof uses = [];
        for (const unit of ranked) if (2 * hot.length < uses.length) hot = [...hot, ...of(unit)];
        expect(ours.hotHitRate()).toBe(hot.filter(({ isHit }) => isHit).length / hot.length);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
