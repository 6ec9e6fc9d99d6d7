import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { SlotHeap } from './slot-heap.ts';

/**
 * Greedy-Dual-Size with Frequency (Cherkasova, *Improving WWW proxies performance with Greedy-Dual-Size-Frequency caching policy*,
 * HP Labs HPL-98-69R1, 1998): the entry of least L + uses · cost ÷ size leaves, and L becomes its value, so that what is no longer
 * read is overtaken. Cost 1 favours hits by count, cost = size hits by byte, cost = time to recompute the time saved. Equal values by
 * least recent use. Operations O(log n).
 */
export class Gdsf implements EvictionPolicy {
  readonly name = 'gdsf';
  readonly #heap = new SlotHeap('gdsf');
  /** L: value of the last entry that was given up. */
  #inflation = 0;
  // By slot.
  readonly #uses: number[] = [];
  readonly #costPerByte: number[] = [];

  insert(slot: number, _id: number, sizeBytes: number, cost: number): void {
    this.#uses[slot] = 1;
    this.#costPerByte[slot] = cost / Math.max(1, sizeBytes);
    this.#heap.add(slot, this.#value(slot));
  }

  touch(slot: number): void {
    this.#uses[slot]++;
    this.#heap.use(slot, this.#value(slot));
  }

  remove(slot: number): void {
    this.#heap.remove(slot);
  }

  evict(slot: number): void {
    this.#inflation = Math.max(this.#inflation, this.#heap.priorityOf(slot));
    this.#heap.remove(slot);
  }

  victim(held?: SlotFilter): number {
    return this.#heap.least(held);
  }

  #value(slot: number): number {
    return this.#inflation + this.#uses[slot] * this.#costPerByte[slot];
  }
}
