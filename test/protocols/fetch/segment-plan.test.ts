import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FetchJob, UnitFetch } from '../../../protocols/fetch/fetch-job.ts';
import { SegmentPlan } from '../../../protocols/fetch/segment-plan.ts';

/** A plan whose segments all lie on these holders. */
function planOf(segments: number, holders: readonly number[]): SegmentPlan {
  const plan = new SegmentPlan({ releasedBy: -1 } as unknown as FetchJob);
  const unit = { outcome: undefined, cancelled: false } as UnitFetch;
  for (let i = 0; i < segments; i++) {
    const wanted = plan.want(unit, i);
    wanted.holders = holders;
    plan.move(wanted, 'pending');
  }
  return plan;
}

describe('shares of a holder', () => {
  it('connections to one holder get shares that differ by at most one, and together all of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 10 }), (segments, connections) => {
        const plan = planOf(segments, [7]);
        // Other segments of the job, elsewhere, must not swell the first connection's share.
        for (const other of planOf(50, [8]).segments) { plan.segments.push(other); plan.pending++; }
        const shares: number[] = [];
        for (let i = 0; i < Math.min(connections, segments); i++) {
          shares.push(plan.takeFor(7, { sources: 1, connectionsPerSource: connections }).length);
          plan.active.set(7, i + 1);
        }
        expect(shares.reduce((sum, each) => sum + each, 0)).toBe(segments);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
      { seed: 3 },
    );
  });

  it('with one connection each, holders share what is open', () => {
    const plan = planOf(20, [1, 2, 3, 4, 5]);
    const shares = [1, 2, 3, 4, 5].map((holder) => {
      const taken = plan.takeFor(holder, { sources: 5, connectionsPerSource: 1 }).length;
      plan.active.set(holder, 1);
      return taken;
    });
    expect(shares).toEqual([4, 4, 4, 4, 4]);
  });
});
