import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lru } from '../../../protocols/store/lru.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';

const lru = (): Lru => new Lru();

describe('TieredStore', () => {
  it('demotes the least recently used entry, then evicts it', () => {
    const evicted: number[] = [];
    const store = new TieredStore([{ name: 'memory', capacityBytes: 20 }, { name: 'ssd', capacityBytes: 10 }], lru, (id) => evicted.push(id));
    store.write(1, 10);
    store.write(2, 10);
    store.touch(1);
    expect(store.write(3, 10)).toMatchObject({ demotedBytes: 10, evictedBytes: 0 });
    expect([1, 2, 3].map((id) => store.tierOf(id))).toEqual([0, 1, 0]);
    expect(store.write(4, 10)).toMatchObject({ demotedBytes: 10, evictedBytes: 10 });
    expect(evicted).toEqual([2]);
    expect([1, 2, 3, 4].map((id) => store.tierOf(id))).toEqual([1, -1, 0, 0]);
  });

  it('never moves a pinned entry, and refuses a write when all are pinned', () => {
    const store = new TieredStore([{ name: 'memory', capacityBytes: 20 }], lru);
    store.write(1, 10);
    store.write(2, 10);
    store.pin(1);
    store.write(3, 10);
    expect([1, 2, 3].map((id) => store.has(id))).toEqual([true, false, true]);
    store.pin(3);
    expect(store.write(4, 10)).toBeUndefined();
    store.unpin(3);
    expect(store.write(4, 10)).toMatchObject({ demotedBytes: 0, evictedBytes: 10 });
  });

  it('puts an entry larger than memory on the SSD, and refuses one larger than both', () => {
    const store = new TieredStore([{ name: 'memory', capacityBytes: 5 }, { name: 'ssd', capacityBytes: 50 }], lru);
    store.write(1, 10);
    expect(store.tierOf(1)).toBe(1);
    expect(store.write(2, 60)).toBeUndefined();
    expect(store.has(2)).toBe(false);
  });

  it('agrees with a naive one-tier LRU on every step of a random history', () => {
    const step = fc.record({ id: fc.integer({ min: 0, max: 12 }), sizeBytes: fc.constant(0), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const store = new TieredStore([{ name: 'memory', capacityBytes: 30 }], lru);
        let naive: number[] = [];
        for (const { id, remove } of steps) {
          const size = 3 + (id % 5);
          const sizes = (ids: number[]): number => ids.reduce((sum, i) => sum + 3 + (i % 5), 0);
          naive = naive.filter((i) => i !== id).concat(remove ? [] : [id]);
          if (remove) store.remove(id);
          else {
            // A new entry must not be evicted by its own write: the naive list drops from the old end until it fits.
            while (sizes(naive) > 30) naive.shift();
            store.write(id, size);
          }
          expect(Array.from({ length: 13 }, (_, i) => store.has(i))).toEqual(Array.from({ length: 13 }, (_, i) => naive.includes(i)));
          expect(store.usedBytes(0)).toBe(sizes(naive));
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('keeps used bytes equal to the sum of its entries through demotion, eviction and clearing', () => {
    const writes = fc.array(fc.record({ id: fc.integer({ min: 0, max: 30 }), size: fc.integer({ min: 1, max: 9 }) }), { maxLength: 150 });
    fc.assert(
      fc.property(writes, (steps) => {
        const sizes = new Map<number, number>();
        const store = new TieredStore([{ name: 'memory', capacityBytes: 17 }, { name: 'ssd', capacityBytes: 40 }], lru);
        for (const { id, size } of steps) {
          if (!store.has(id)) sizes.set(id, size);
          store.write(id, sizes.get(id)!);
          const held = [...sizes].filter(([i]) => store.has(i));
          for (const tier of [0, 1]) {
            const expected = held.filter(([i]) => store.tierOf(i) === tier).reduce((sum, [, s]) => sum + s, 0);
            expect(store.usedBytes(tier)).toBe(expected);
            expect(store.freeBytes(tier)).toBeGreaterThanOrEqual(0);
          }
        }
        store.clear();
        expect([store.usedBytes(0), store.usedBytes(1), store.size]).toEqual([0, 0, 0]);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
