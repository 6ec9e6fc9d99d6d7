import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TinyLfuAdmission } from '../../../protocols/store/admission.ts';
import { EVICTION_POLICIES, evictionPolicy } from '../../../protocols/store/eviction-policies.ts';
import { Lru } from '../../../protocols/store/lru.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';
import { PROMOTIONS, WRITE_POLICIES } from '../../../protocols/store/tiering.ts';
import type { TieringOptions } from '../../../protocols/store/tiering.ts';
import { PerfectCounts } from '../../../protocols/store/use-frequency.ts';

const GPU_MEMORY_SSD = [
  { name: 'gpu', capacityBytes: 10 },
  { name: 'memory', capacityBytes: 20 },
  { name: 'ssd', capacityBytes: 40 },
];
const make = (options: TieringOptions = {}, tiers = GPU_MEMORY_SSD, onEvict?: (id: number) => void): TieredStore => new TieredStore(tiers, () => new Lru(), onEvict, options);
const tiersOf = (store: TieredStore, ids: readonly number[]): number[] => ids.map((id) => store.tierOf(id));

describe('write-back', () => {
  it('pushes entries down tier by tier, each move counted, and loses memory to a crash', () => {
    const store = make();
    for (const id of [1, 2, 3, 4]) store.write(id, 10);
    // 4 pushed 3 to memory, which pushed 1 on to the SSD.
    expect(tiersOf(store, [1, 2, 3, 4])).toEqual([2, 1, 1, 0]);
    expect(store.write(5, 10)).toEqual({ tier: 0, throughBytes: 0, demotedBytes: 20, evictedBytes: 0 });
    store.clearTier(0);
    store.clearTier(1);
    expect(tiersOf(store, [1, 2, 3, 4, 5])).toEqual([2, 2, -1, -1, -1]);
  });

  it('swaps places on promotion: what goes down finds the room that the entry left', () => {
    const store = make({ promotion: 'on-read' }, [{ name: 'memory', capacityBytes: 10 }, { name: 'ssd', capacityBytes: 10 }]);
    store.write(1, 10);
    store.write(2, 10);
    expect(store.read(1)).toEqual({ tier: 1, promotedBytes: 10, demotedBytes: 10, evictedBytes: 0 });
    expect(tiersOf(store, [1, 2])).toEqual([0, 1]);
    expect(store.read(1)).toEqual({ tier: 0, promotedBytes: 0, demotedBytes: 0, evictedBytes: 0 });
    expect(store.read(7)).toEqual({ tier: -1, promotedBytes: 0, demotedBytes: 0, evictedBytes: 0 });
  });

  it('promotes at the second read if told so, counting afresh after each move, and never what is pinned', () => {
    const store = make({ promotion: 'on-second-read' }, [{ name: 'memory', capacityBytes: 10 }, { name: 'ssd', capacityBytes: 30 }]);
    store.write(1, 10);
    store.write(2, 10);
    expect([store.read(1).tier, store.tierOf(1)]).toEqual([1, 1]);
    expect([store.read(1).tier, store.tierOf(1)]).toEqual([1, 0]);
    store.write(3, 10);
    expect([store.read(1).tier, store.tierOf(1)]).toEqual([1, 1]);
    store.pin(1);
    expect([store.read(1).tier, store.read(1).tier, store.tierOf(1)]).toEqual([1, 1, 1]);
  });

  it('promotes past a tier that is too small, and leaves in place what only its own tier can hold', () => {
    const store = make({ promotion: 'on-read' });
    store.write(1, 15);
    store.write(2, 15);
    expect(tiersOf(store, [1, 2])).toEqual([2, 1]);
    expect(store.read(1)).toEqual({ tier: 2, promotedBytes: 15, demotedBytes: 15, evictedBytes: 0 });
    store.write(3, 35);
    expect(store.read(3)).toMatchObject({ tier: 2, promotedBytes: 0 });
  });
});

describe('write-through', () => {
  it('writes to every tier that can hold the entry, and leaves memory at no cost', () => {
    const evicted: number[] = [];
    const store = make({ writes: 'through' }, GPU_MEMORY_SSD, (id) => evicted.push(id));
    expect(store.write(1, 10)).toEqual({ tier: 0, throughBytes: 20, demotedBytes: 0, evictedBytes: 0 });
    expect(store.write(2, 10)).toEqual({ tier: 0, throughBytes: 20, demotedBytes: 0, evictedBytes: 0 });
    expect([0, 1, 2].map((tier) => store.holds(1, tier))).toEqual([false, true, true]);
    expect([0, 1, 2].map((tier) => store.usedBytes(tier))).toEqual([10, 20, 20]);
    for (const id of [3, 4, 5]) store.write(id, 10);
    expect([evicted, store.has(1)]).toEqual([[1], false]);
  });

  it('keeps the copy on the SSD through a crash that takes memory', () => {
    const store = make({ writes: 'through' });
    store.write(1, 10);
    store.clearTier(0);
    store.clearTier(1);
    expect(store.tierOf(1)).toBe(2);
    store.clearTier(2);
    expect([store.has(1), store.size]).toEqual([false, 0]);
  });

  it('copies on promotion, and does not push the entry itself out meanwhile', () => {
    const store = make({ writes: 'through', promotion: 'on-read' }, [{ name: 'memory', capacityBytes: 10 }, { name: 'ssd', capacityBytes: 20 }]);
    store.write(1, 10);
    store.write(2, 10);
    // Copies of 1 and 2 fill the SSD; 2 is in memory.
    expect(store.read(1)).toEqual({ tier: 1, promotedBytes: 10, demotedBytes: 0, evictedBytes: 0 });
    expect([store.holds(1, 0), store.holds(1, 1), store.holds(2, 0), store.holds(2, 1)]).toEqual([true, true, false, true]);
  });
});

describe('admission', () => {
  it('lets in what is used more often than what would leave, and counts what it refuses', () => {
    const store = make({ admission: new TinyLfuAdmission(new PerfectCounts()) }, [{ name: 'memory', capacityBytes: 20 }]);
    for (const id of [1, 1, 2, 2]) store.touch(id);
    expect([store.write(1, 10), store.write(2, 10)].map((effect) => effect?.tier)).toEqual([0, 0]);
    store.touch(3);
    expect([store.write(3, 10), store.refusedWrites, store.size]).toEqual([undefined, 1, 2]);
    store.touch(3);
    store.touch(3);
    expect(store.write(3, 10)).toMatchObject({ tier: 0, evictedBytes: 10 });
  });

  it('sends what memory refuses to the tier below, if that has room', () => {
    const store = make({ admission: new TinyLfuAdmission(new PerfectCounts()) }, [{ name: 'memory', capacityBytes: 10 }, { name: 'ssd', capacityBytes: 10 }]);
    store.touch(1);
    store.write(1, 10);
    store.touch(2);
    expect([store.write(2, 10)?.tier, store.tierOf(1)]).toEqual([1, 0]);
  });
});

describe('TieredStore', () => {
  it('keeps its books under every policy, promotion and way of writing: bytes, pins, evictions', () => {
    const action = fc.constantFrom('read', 'read', 'read', 'touch', 'pin', 'unpin', 'remove', 'crash', 'break', 'replace');
    const steps = fc.array(fc.record({ id: fc.integer({ min: 0, max: 25 }), action }), { maxLength: 150, size: 'max' });
    const setups = fc.record({
      policy: fc.constantFrom(...EVICTION_POLICIES),
      writes: fc.constantFrom(...WRITE_POLICIES),
      promotion: fc.constantFrom(...PROMOTIONS),
      admits: fc.boolean(),
      capacities: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 3 }),
    });
    const sizeOf = (id: number): number => id % 9;
    fc.assert(
      fc.property(steps, setups, (history, { policy, writes, promotion, admits, capacities }) => {
        const tiers = capacities.map((capacityBytes, i) => ({ name: `tier-${i}`, capacityBytes }));
        const held = new Set<number>();
        const told = { entry: 0, demotion: 0, promotion: 0, through: 0 };
        const moved = { demotion: 0, promotion: 0, through: 0 };
        let broken = false;
        const pins = new Map<number, number>();
        const admission = admits ? new TinyLfuAdmission() : undefined;
        const store = new TieredStore(tiers, (tier) => evictionPolicy(policy, tier), (id) => { expect(held.delete(id)).toBe(true); }, { writes, promotion, admission, onWritten: (_, sizeBytes, cause) => { told[cause] += sizeBytes; } });
        for (const { id, action: what } of history) {
          const pinned = pins.get(id) ?? 0;
          if (what === 'touch') expect(store.touch(id) >= 0).toBe(held.has(id));
          else if (what === 'read') {
            const { tier, promotedBytes, demotedBytes } = store.read(id);
            moved.promotion += promotedBytes;
            moved.demotion += demotedBytes;
            expect(tier >= 0).toBe(held.has(id));
            // Added before the write ends, for its own write must not evict it.
            const effect = tier < 0 ? store.write(id, sizeOf(id)) : undefined;
            if (effect !== undefined) {
              held.add(id);
              moved.demotion += effect.demotedBytes;
              moved.through += effect.throughBytes;
            }
          } else if (what === 'pin' && held.has(id)) {
            store.pin(id);
            pins.set(id, pinned + 1);
          } else if (what === 'unpin' && pinned > 0) {
            store.unpin(id);
            pins.set(id, pinned - 1);
          } else if (what === 'remove' && pinned === 0) expect(store.remove(id)).toBe(held.delete(id));
          else if (what === 'crash' && tiers.length > 0) {
            store.clearTier(0);
            for (const i of held) if (!store.has(i)) held.delete(i);
            for (const i of pins.keys()) if (!held.has(i)) pins.delete(i);
          }
          if ((what === 'break' || what === 'replace') && tiers.length > 0) {
            broken = what === 'break';
            if (broken) store.failTier(tiers.length - 1);
            else store.replaceTier(tiers.length - 1);
            for (const i of held) if (!store.has(i)) held.delete(i);
            for (const i of pins.keys()) if (!held.has(i)) pins.delete(i);
          }
          if (broken) expect(store.usedBytes(tiers.length - 1)).toBe(0);
          // Who charges the devices hears of every byte that the effects count.
          expect({ demotion: told.demotion, promotion: told.promotion, through: told.through }).toEqual(moved);
          for (const [i, count] of pins) if (count > 0) expect(store.has(i)).toBe(true);
          expect(store.size).toBe(held.size);
          for (let tier = 0; tier < tiers.length; tier++) {
            const inTier = [...held].filter((i) => store.holds(i, tier));
            expect(store.usedBytes(tier)).toBe(inTier.reduce((sum, i) => sum + sizeOf(i), 0));
            expect(store.freeBytes(tier)).toBeGreaterThanOrEqual(0);
          }
          for (const i of held) {
            const copies = tiers.filter((_, tier) => store.holds(i, tier)).length;
            expect(copies).toBeGreaterThanOrEqual(1);
            if (writes === 'back') expect(copies).toBe(1);
          }
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('is refused wrong sizes, costs, tiers and options', () => {
    const store = make();
    for (const size of [-1, NaN, Infinity, 1.5]) expect(() => store.write(1, size)).toThrow(/size of entry 1/);
    expect(() => store.write(1, 1, NaN)).toThrow(/cost of entry 1/);
    expect(() => make({}, [{ name: 'memory', capacityBytes: -1 }])).toThrow(/capacity of memory/);
    expect(() => make({}, Array.from({ length: 9 }, () => ({ name: 'x', capacityBytes: 1 })))).toThrow(/9 tiers/);
    expect(() => make({ promotion: 'always' as 'never' })).toThrow(/expected one of never, on-read/);
    expect(() => make({ writes: 'around' as 'back' })).toThrow(/expected one of back, through/);
    expect(() => { store.unpin(1); }).toThrow(/not pinned/);
    expect(() => { store.pin(1); }).toThrow(/absent/);
  });
});
