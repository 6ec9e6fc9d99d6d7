import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PinnedPool } from '../../../../protocols/systems/kv-cache-p2p/pinned-pool.ts';

describe('PinnedPool', () => {
  it('never grants more than it has, serves in order, and lets nobody wait who fits first in line', () => {
    const action = fc.oneof(fc.record({ take: fc.integer({ min: 1, max: 10 }) }), fc.constant({ take: 0 }));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const pool = new PinnedPool(10);
        const asked: number[] = [];
        const granted: number[] = [];
        const held: number[] = [];
        for (const { take } of actions) {
          if (take > 0) {
            const number = asked.push(take) - 1;
            pool.acquire(take, () => { granted.push(number); held.push(take); });
          } else if (held.length > 0) pool.release(held.shift()!);
          expect(pool.usedBytes).toBe(held.reduce((sum, each) => sum + each, 0));
          expect(pool.usedBytes).toBeLessThanOrEqual(10);
          expect(granted).toEqual(granted.map((_, i) => i));
          if (granted.length < asked.length) expect(pool.usedBytes + asked[granted.length]).toBeGreaterThan(10);
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('refuses what can never fit', () => {
    expect(() => { new PinnedPool(10).acquire(11, () => undefined); }).toThrow(/never fits/);
  });
});
