import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arc } from '../../../protocols/store/arc.ts';
import { EVICTION_POLICIES, evictionPolicy } from '../../../protocols/store/eviction-policies.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';
import { naiveUnitArc } from './naive-policies.ts';
import type { NaiveCache } from './naive-policies.ts';
import { TWINS } from './policy-twins.ts';

/** Skewed references, so that some entries come back soon, some late, some never. */
const references = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 40 })), { maxLength: 400, size: 'max' });

function expectSameHistory(store: TieredStore, naive: NaiveCache, ids: readonly number[], sizeOf: (id: number) => number): void {
  ids.forEach((id, step) => {
    const hit = store.touch(id) >= 0;
    if (!hit) store.write(id, sizeOf(id));
    if (hit !== naive.access(id, sizeOf(id))) expect([step, id, hit]).toEqual([step, id, !hit]);
    const held = naive.ids().sort((a, b) => a - b);
    const ours = Array.from({ length: 41 }, (_, i) => i).filter((i) => store.has(i));
    if (ours.join() !== held.join()) expect([step, ours]).toEqual([step, held]);
  });
}

const tier = (capacityBytes: number): [{ name: string; capacityBytes: number }] => [{ name: 'memory', capacityBytes }];

describe.each(EVICTION_POLICIES.map((name) => [name, TWINS[name]] as const))('%s', (name, { make, naive }) => {
  it.each([
    ['of one size', () => 1],
    // With a capacity of 0 to 24, entries of up to 13 bytes are often larger than the store.
    ['of unequal sizes, some larger than the store', (id: number) => 1 + ((id * 7) % 13)],
  ])('holds what the naive twin holds after every access, entries %s', (_, sizeOf) => {
    fc.assert(
      fc.property(references, fc.integer({ min: 0, max: 24 }), (ids, capacity) => {
        expectSameHistory(new TieredStore(tier(capacity), () => make(capacity)), naive(capacity), ids, sizeOf);
      }),
      { seed: 1, numRuns: 80 },
    );
  });

  it('never evicts what is pinned, never exceeds its capacity, and forgets what is removed', () => {
    const step = fc.record({ id: fc.integer({ min: 0, max: 20 }), action: fc.constantFrom('access', 'access', 'access', 'pin', 'unpin', 'remove') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), fc.integer({ min: 0, max: 30 }), (steps, capacity) => {
        const store = new TieredStore(tier(capacity), () => make(capacity));
        const pins = new Map<number, number>();
        for (const { id, action } of steps) {
          const pinned = pins.get(id) ?? 0;
          if (action === 'access' && store.touch(id) < 0) store.write(id, 1 + (id % 7));
          if (action === 'pin' && store.has(id)) {
            store.pin(id);
            pins.set(id, pinned + 1);
          }
          if (action === 'unpin' && pinned > 0) {
            store.unpin(id);
            pins.set(id, pinned - 1);
          }
          if (action === 'remove' && pinned === 0) store.remove(id);
          for (const [i, count] of pins) if (count > 0 && !store.has(i)) expect([i, 'pinned']).toEqual([i, 'gone']);
          let used = 0;
          for (let i = 0; i <= 20; i++) if (store.has(i)) used += 1 + (i % 7);
          if (store.usedBytes(0) !== used || used > capacity) expect([store.usedBytes(0), 'within', capacity]).toEqual([used, 'within', capacity]);
        }
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('holds nothing at capacity 0 but entries of 0 bytes, and everything at infinite capacity', () => {
    const none = new TieredStore(tier(0), () => make(0));
    expect([none.write(1, 1), none.size]).toEqual([undefined, 0]);
    expect(none.write(2, 0)).toMatchObject({ tier: 0, evictedBytes: 0 });
    const all = new TieredStore(tier(Infinity), () => make(Infinity));
    for (let id = 0; id < 2000; id++) for (let again = 0; again < 3; again++) if (all.touch(id) < 0) all.write(id, 1e9);
    expect(all.size).toBe(2000);
  });

  it('names the same victim twice, refuses slots it does not know, and known ones again', () => {
    const policy = make(10);
    for (let slot = 0; slot < 8; slot++) policy.insert(slot, slot + 100, 1, 1);
    policy.touch(0);
    policy.touch(0);
    const victim = policy.victim();
    expect(policy.victim()).toBe(victim);
    expect(policy.victim((slot) => slot === victim)).not.toBe(victim);
    expect(policy.victim(() => true)).toBe(-1);
    expect(() => { policy.insert(0, 100, 1, 1); }).toThrow(RangeError);
    expect(() => { policy.touch(99); }).toThrow(RangeError);
    expect(() => { policy.remove(99); }).toThrow(RangeError);
    expect(policy.name).toBe(name);
  });
});

describe('ARC', () => {
  it('is the algorithm of the paper, case by case, where all sizes are 1', () => {
    fc.assert(
      fc.property(references, fc.integer({ min: 0, max: 12 }), (ids, capacity) => {
        expectSameHistory(new TieredStore(tier(capacity), (spec) => new Arc(spec)), naiveUnitArc(capacity), ids, () => 1);
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});

describe('evictionPolicy', () => {
  it('refuses a name it does not know', () => {
    expect(() => evictionPolicy('mru' as 'lru', { capacityBytes: 1 })).toThrow(/mru; expected one of lru, fifo/);
  });
});
