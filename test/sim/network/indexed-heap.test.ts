import fc from 'fast-check';
import { describe, it } from 'vitest';
import { IndexedHeap } from '../../../sim/network/indexed-heap.ts';

describe('IndexedHeap', () => {
  it('agrees with a sorted list through insertions, changes and removals, ties by identifier', () => {
    const step = fc.record({ id: fc.nat(20), key: fc.oneof(fc.nat(5), fc.constant(Infinity)), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const heap = new IndexedHeap(4);
        heap.grow(21);
        const held = new Map<number, number>();
        for (const { id, key, remove } of steps) {
          if (remove) {
            heap.remove(id);
            held.delete(id);
          } else {
            heap.set(id, key);
            held.set(id, key);
          }
          const [top, topKey] = [...held].sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : a[0] - b[0]))[0] ?? [-1, Infinity];
          if (heap.top() !== top || heap.topKey() !== topKey || heap.size !== held.size || heap.has(id) !== held.has(id)) {
            throw new Error(`${heap.top()} at ${heap.topKey()} of ${heap.size}, expected ${top} at ${topKey} of ${held.size}`);
          }
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
