import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { GhostQueue } from './ghost-queue.ts';
import { SlotQueues } from './slot-queues.ts';

/** T1: entries read once since they came in. */
const RECENT = 0;
/** T2: entries read at least twice. */
const FREQUENT = 1;

/**
 * Adaptive replacement cache (Megiddo and Modha, *ARC: a self-tuning, low overhead replacement cache*, FAST 2003, Fig. 4): entries read
 * once and entries read again stand in two LRU lists; ids that left each are remembered; a return from either moves the
 * target size p of the first list towards the list that lost it. Lists are measured in bytes, and a return moves p by the entry's size
 * times the ratio of the memories; with equal sizes this is the paper's algorithm, step by step.
 */
export class Arc implements EvictionPolicy {
  readonly name = 'arc';
  readonly #capacityBytes: number;
  readonly #lists = new SlotQueues('arc', 2);
  /** B1: left from the list of entries read once. */
  readonly #recentGhosts = new GhostQueue();
  /** B2: left from the list of entries read again. */
  readonly #frequentGhosts = new GhostQueue();
  readonly #ids: number[] = [];
  /** p: bytes that the list of entries read once should have. */
  #targetBytes = 0;
  /** Whether the entry that is about to come in is remembered as read again. */
  #expectsFrequent = false;

  constructor({ capacityBytes }: { readonly capacityBytes: number }) {
    this.#capacityBytes = capacityBytes;
  }

  expect(id: number, sizeBytes: number): void {
    const recent = this.#recentGhosts.bytes;
    const frequent = this.#frequentGhosts.bytes;
    this.#expectsFrequent = this.#frequentGhosts.has(id);
    if (this.#recentGhosts.has(id)) {
      this.#targetBytes = Math.min(this.#capacityBytes, this.#targetBytes + sizeBytes * Math.max(1, frequent / recent));
    } else if (this.#expectsFrequent) {
      this.#targetBytes = Math.max(0, this.#targetBytes - sizeBytes * Math.max(1, recent / frequent));
    }
  }

  insert(slot: number, id: number, sizeBytes: number): void {
    this.#ids[slot] = id;
    this.#expectsFrequent = false;
    const known = this.#recentGhosts.forget(id) || this.#frequentGhosts.forget(id);
    this.#lists.add(known ? FREQUENT : RECENT, slot, sizeBytes);
    this.#trim();
  }

  touch(slot: number): void {
    this.#lists.move(FREQUENT, slot);
    this.#trim();
  }

  remove(slot: number): void {
    this.#lists.remove(slot);
  }

  evict(slot: number): void {
    const ghosts = this.#lists.remove(slot) === RECENT ? this.#recentGhosts : this.#frequentGhosts;
    ghosts.add(this.#ids[slot], this.#lists.sizeOf(slot));
  }

  victim(held?: SlotFilter): number {
    const recentBytes = this.#lists.bytes(RECENT);
    const fromRecent = recentBytes > this.#targetBytes || (this.#expectsFrequent && recentBytes === this.#targetBytes);
    const [first, second] = fromRecent ? [RECENT, FREQUENT] : [FREQUENT, RECENT];
    const victim = this.#lists.oldest(first, held);
    return victim >= 0 ? victim : this.#lists.oldest(second, held);
  }

  /** Keeps |T1| + |B1| ≤ c and all four lists together ≤ 2c. */
  #trim(): void {
    if (this.#capacityBytes === Infinity) return;
    const recent = this.#lists.bytes(RECENT);
    this.#recentGhosts.trim(Math.max(0, this.#capacityBytes - recent));
    this.#frequentGhosts.trim(Math.max(0, 2 * this.#capacityBytes - recent - this.#lists.bytes(FREQUENT) - this.#recentGhosts.bytes));
  }
}
