import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { GhostQueue } from './ghost-queue.ts';
import { SlotQueues } from './slot-queues.ts';

const SMALL = 0;
const MAIN = 1;
const USES_MAX = 3;

export interface S3FifoOptions {
  readonly capacityBytes: number;
  /** Share of the capacity that new entries pass through. 0.1 in the paper. */
  readonly smallShare?: number;
}

/**
 * S3-FIFO (Yang et al., *FIFO queues are all you need for cache eviction*, SOSP 2023, Algorithm 1): new entries enter a small FIFO
 * queue; those read more than once there move on to the main queue with their count cleared, the others leave and are remembered by
 * id; what comes back while remembered enters the main queue. The main queue puts an entry that was read back to its head, once per
 * read, three at most. Ghosts cover as many bytes as the main queue may hold.
 */
export class S3Fifo implements EvictionPolicy {
  readonly name = 's3-fifo';
  readonly #queues = new SlotQueues('s3-fifo', 2);
  readonly #ghosts = new GhostQueue();
  readonly #smallBytes: number;
  readonly #ghostBytes: number;
  // By slot.
  readonly #uses: number[] = [];
  readonly #ids: number[] = [];

  constructor({ capacityBytes, smallShare = 0.1 }: S3FifoOptions) {
    if (!(smallShare > 0 && smallShare < 1)) throw new RangeError(`s3-fifo: smallShare is ${smallShare}; expected more than 0 and less than 1`);
    this.#smallBytes = smallShare * capacityBytes;
    this.#ghostBytes = capacityBytes === Infinity ? 0 : capacityBytes - this.#smallBytes;
  }

  insert(slot: number, id: number, sizeBytes: number): void {
    this.#uses[slot] = 0;
    this.#ids[slot] = id;
    this.#queues.add(this.#ghosts.forget(id) ? MAIN : SMALL, slot, sizeBytes);
  }

  touch(slot: number): void {
    if (this.#queues.queueOf(slot) < 0) throw new RangeError(`s3-fifo: slot ${slot} is not present`);
    this.#uses[slot] = Math.min(USES_MAX, this.#uses[slot] + 1);
  }

  remove(slot: number): void {
    this.#queues.remove(slot);
  }

  evict(slot: number): void {
    if (this.#queues.remove(slot) !== SMALL) return;
    this.#ghosts.add(this.#ids[slot], this.#queues.sizeOf(slot));
    this.#ghosts.trim(this.#ghostBytes);
  }

  victim(held?: SlotFilter): number {
    if (this.#queues.bytes(SMALL) < this.#smallBytes) {
      const victim = this.#mainVictim(held);
      return victim >= 0 ? victim : this.#smallVictim(held);
    }
    const victim = this.#smallVictim(held);
    return victim >= 0 ? victim : this.#mainVictim(held);
  }

  /** Passes on to the main queue what was read more than once. */
  #smallVictim(held: SlotFilter | undefined): number {
    for (;;) {
      const slot = this.#queues.oldest(SMALL, held);
      if (slot < 0 || this.#uses[slot] <= 1) return slot;
      this.#uses[slot] = 0;
      this.#queues.move(MAIN, slot);
    }
  }

  /** Gives another round to what was read. */
  #mainVictim(held: SlotFilter | undefined): number {
    for (;;) {
      const slot = this.#queues.oldest(MAIN, held);
      if (slot < 0 || this.#uses[slot] === 0) return slot;
      this.#uses[slot]--;
      this.#queues.move(MAIN, slot);
    }
  }
}
