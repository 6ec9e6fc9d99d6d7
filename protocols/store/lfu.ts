import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { SlotHeap } from './slot-heap.ts';

/**
 * Least frequently used, counted in the cache: an entry's uses are those since it came in, its coming included, and are forgotten
 * when it leaves. Equal counts by least recent use. Operations O(log n).
 */
export class Lfu implements EvictionPolicy {
  readonly name = 'lfu';
  readonly #heap = new SlotHeap('lfu');

  insert(slot: number): void {
    this.#heap.add(slot, 1);
  }

  touch(slot: number): void {
    this.#heap.use(slot, this.#heap.priorityOf(slot) + 1);
  }

  remove(slot: number): void {
    this.#heap.remove(slot);
  }

  evict(slot: number): void {
    this.#heap.remove(slot);
  }

  victim(held?: SlotFilter): number {
    return this.#heap.least(held);
  }
}
