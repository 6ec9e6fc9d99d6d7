import type { EvictionPolicy } from './eviction-policy.ts';

const NONE = -1;

/** Least recently used: a doubly linked list in typed arrays, every operation O(1). */
export class Lru implements EvictionPolicy {
  readonly name = 'lru';
  readonly #slotOf = new Map<number, number>();
  #ids = new Int32Array(64);
  #older = new Int32Array(64);
  #newer = new Int32Array(64);
  #free = NONE;
  #used = 0;
  #oldest = NONE;
  #newest = NONE;

  insert(id: number): void {
    if (this.#slotOf.has(id)) throw new RangeError(`lru: entry ${id} is already present`);
    const slot = this.#takeSlot();
    this.#ids[slot] = id;
    this.#slotOf.set(id, slot);
    this.#linkNewest(slot);
  }

  touch(id: number): void {
    const slot = this.#known(id);
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#linkNewest(slot);
  }

  remove(id: number): void {
    const slot = this.#known(id);
    this.#unlink(slot);
    this.#slotOf.delete(id);
    this.#older[slot] = this.#free;
    this.#free = slot;
  }

  victim(): number | undefined {
    return this.#oldest === NONE ? undefined : this.#ids[this.#oldest];
  }

  #known(id: number): number {
    const slot = this.#slotOf.get(id);
    if (slot === undefined) throw new RangeError(`lru: entry ${id} is not present`);
    return slot;
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

  #takeSlot(): number {
    if (this.#free !== NONE) {
      const slot = this.#free;
      this.#free = this.#older[slot];
      return slot;
    }
    if (this.#used === this.#ids.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const length = this.#ids.length * 2;
    const grown = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(length);
      to.set(from);
      return to;
    };
    this.#ids = grown(this.#ids);
    this.#older = grown(this.#older);
    this.#newer = grown(this.#newer);
  }
}
