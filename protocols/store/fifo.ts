import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { SlotQueues } from './slot-queues.ts';

const ALL = 0;

/** First in, first out: reads change nothing. Every operation O(1). */
export class Fifo implements EvictionPolicy {
  readonly name = 'fifo';
  readonly #queue = new SlotQueues('fifo', 1);

  insert(slot: number): void {
    this.#queue.add(ALL, slot, 0);
  }

  touch(slot: number): void {
    if (this.#queue.queueOf(slot) < 0) throw new RangeError(`fifo: slot ${slot} is not present`);
  }

  remove(slot: number): void {
    this.#queue.remove(slot);
  }

  evict(slot: number): void {
    this.#queue.remove(slot);
  }

  victim(held?: SlotFilter): number {
    return this.#queue.oldest(ALL, held);
  }
}
