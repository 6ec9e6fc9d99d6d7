import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { SlotHeap } from './slot-heap.ts';
import { PerfectCounts } from './use-frequency.ts';

/**
 * Least frequently used with perfect counts: all uses of an entry count, those while it was absent too, and never fade. Under
 * independent references it comes to hold the most popular entries (but for the one that came in last); when popularity drifts
 * it clings to the past. Operations O(log n); memory grows with the ids ever seen.
 */
export class PerfectLfu implements EvictionPolicy {
  readonly name = 'lfu-perfect';
  readonly #heap = new SlotHeap('lfu-perfect');
  readonly #counts = new PerfectCounts();
  readonly #ids: number[] = [];

  observe(id: number): void {
    this.#counts.observe(id);
  }

  insert(slot: number, id: number): void {
    this.#ids[slot] = id;
    this.#heap.add(slot, this.#counts.estimate(id));
  }

  touch(slot: number): void {
    this.#heap.use(slot, this.#counts.estimate(this.#ids[slot]));
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
