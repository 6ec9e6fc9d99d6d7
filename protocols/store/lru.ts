import type { EvictionPolicy } from './eviction-policy.ts';

const NONE = -1;
/** Neither linked nor a link: a slot that the policy does not know. */
const UNKNOWN = -2;

/** Least recently used: a doubly linked list in typed arrays, every operation O(1). */
export class Lru implements EvictionPolicy {
  readonly name = 'lru';
  #older = new Int32Array(64).fill(UNKNOWN);
  #newer = new Int32Array(64).fill(UNKNOWN);
  #oldest = NONE;
  #newest = NONE;

  insert(slot: number): void {
    if (slot >= this.#older.length) this.#grow(slot);
    if (this.#older[slot] !== UNKNOWN) throw new RangeError(`lru: slot ${slot} is already present`);
    this.#linkNewest(slot);
  }

  touch(slot: number): void {
    this.#requireKnown(slot);
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#linkNewest(slot);
  }

  remove(slot: number): void {
    this.#requireKnown(slot);
    this.#unlink(slot);
    this.#older[slot] = UNKNOWN;
  }

  victim(): number {
    return this.#oldest;
  }

  #requireKnown(slot: number): void {
    if (!(slot < this.#older.length && this.#older[slot] !== UNKNOWN)) throw new RangeError(`lru: slot ${slot} is not present`);
  }

  #linkNewest(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const older = this.#older[slot];
    const newer = this.#newer[slot];
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.#older.length * 2);
    const grown = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(length).fill(UNKNOWN);
      to.set(from);
      return to;
    };
    this.#older = grown(this.#older);
    this.#newer = grown(this.#newer);
  }
}
