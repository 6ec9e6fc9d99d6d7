import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { SlotQueues } from './slot-queues.ts';

const ALL = 0;

/** Least recently used: the entry that was not read for longest leaves. Every operation O(1). */
export class Lru implements EvictionPolicy {
  readonly name = 'lru';
  readonly #queue = new SlotQueues('lru', 1);

  insert(slot: number): void {
    this.#queue.add(ALL, slot, 0);
  }

  touch(slot: number): void {
    this.#queue.move(ALL, slot);
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
