import { enlarged } from '../../sim/kernel/growth.ts';
import type { SlotFilter } from './eviction-policy.ts';

const NONE = -1;
/** As many as a store has room for at first. */
const LEAST_SLOTS = 1024;

/**
 * Queues of slots in order of age, as doubly linked lists in typed arrays that all queues share: a slot stands in one queue at
 * most, and every operation but `oldest` with a filter is O(1). Queues are numbered from 0.
 */
export class SlotQueues {
  readonly #owner: string;
  #older = new Int32Array(LEAST_SLOTS);
  #newer = new Int32Array(LEAST_SLOTS);
  #queueOf = new Int8Array(LEAST_SLOTS).fill(NONE);
  #sizes = new Float64Array(LEAST_SLOTS);
  readonly #oldest: number[];
  readonly #newest: number[];
  readonly #bytes: number[];
  readonly #counts: number[];

  /** @param owner the policy's name, for error messages */
  constructor(owner: string, queues: number) {
    this.#owner = owner;
    this.#oldest = new Array<number>(queues).fill(NONE);
    this.#newest = new Array<number>(queues).fill(NONE);
    this.#bytes = new Array<number>(queues).fill(0);
    this.#counts = new Array<number>(queues).fill(0);
  }

  /** The queue a slot stands in, -1 for an unknown slot. */
  queueOf(slot: number): number {
    return slot < this.#queueOf.length ? this.#queueOf[slot] : NONE;
  }

  /** Bytes of the entries in a queue. */
  bytes(queue: number): number {
    return this.#bytes[queue];
  }

  /** Entries in a queue. */
  count(queue: number): number {
    return this.#counts[queue];
  }

  /** Oldest slot of a queue that is not `held`, -1 when there is none. */
  oldest(queue: number, held?: SlotFilter): number {
    let slot = this.#oldest[queue];
    if (held !== undefined) while (slot !== NONE && held(slot)) slot = this.#newer[slot];
    return slot;
  }

  /** The slot that came into its queue just after this one, -1 for the newest. */
  newerThan(slot: number): number {
    return this.#newer[slot];
  }

  /** Adds an unknown slot as the newest of a queue. Throws RangeError when it is known. */
  add(queue: number, slot: number, sizeBytes: number): void {
    if (slot >= this.#older.length) this.#grow(slot);
    if (this.#queueOf[slot] !== NONE) throw new RangeError(`${this.#owner}: slot ${slot} is already present`);
    this.#sizes[slot] = sizeBytes;
    this.#link(queue, slot);
  }

  /** Makes a known slot the newest of a queue, its own or another. Throws RangeError when it is unknown. */
  move(queue: number, slot: number): void {
    const from = this.#requireKnown(slot);
    if (from === queue && slot === this.#newest[queue]) return;
    this.#unlink(from, slot);
    this.#link(queue, slot);
  }

  /** Takes a known slot out; returns the queue it stood in. Throws RangeError when it is unknown. */
  remove(slot: number): number {
    const queue = this.#requireKnown(slot);
    this.#unlink(queue, slot);
    this.#queueOf[slot] = NONE;
    return queue;
  }

  /** Size given for a known slot. */
  sizeOf(slot: number): number {
    return this.#sizes[slot];
  }

  #requireKnown(slot: number): number {
    const queue = this.queueOf(slot);
    if (!(queue >= 0)) throw new RangeError(`${this.#owner}: slot ${slot} is not present`);
    return queue;
  }

  #link(queue: number, slot: number): void {
    const newest = this.#newest[queue];
    this.#older[slot] = newest;
    this.#newer[slot] = NONE;
    if (newest === NONE) this.#oldest[queue] = slot;
    else this.#newer[newest] = slot;
    this.#newest[queue] = slot;
    this.#queueOf[slot] = queue;
    this.#bytes[queue] += this.#sizes[slot];
    this.#counts[queue]++;
  }

  #unlink(queue: number, slot: number): void {
    const older = this.#older[slot];
    const newer = this.#newer[slot];
    if (older === NONE) this.#oldest[queue] = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest[queue] = older;
    else this.#older[newer] = older;
    this.#bytes[queue] -= this.#sizes[slot];
    this.#counts[queue]--;
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.#older.length * 2);
    this.#older = enlarged(this.#older, new Int32Array(length));
    this.#newer = enlarged(this.#newer, new Int32Array(length));
    this.#queueOf = enlarged(this.#queueOf, new Int8Array(length).fill(NONE));
    this.#sizes = enlarged(this.#sizes, new Float64Array(length));
  }
}
