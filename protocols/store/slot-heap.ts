import type { SlotFilter } from './eviction-policy.ts';

const NONE = -1;

/** Slots with a priority each, least first; equal priorities by last use, least recent first. Changes cost O(log n). */
export class SlotHeap {
  readonly #owner: string;
  #priority = new Float64Array(64);
  /** Number of the last use. */
  #used = new Float64Array(64);
  /** Place of a slot in the heap, -1 when it is unknown. */
  #place = new Int32Array(64).fill(NONE);
  #heap = new Int32Array(64);
  #size = 0;
  #uses = 0;

  /** @param owner the policy's name, for error messages */
  constructor(owner: string) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#size;
  }

  priorityOf(slot: number): number {
    return this.#priority[slot];
  }

  /** Adds an unknown slot as the most recently used. Throws RangeError when it is known. */
  add(slot: number, priority: number): void {
    if (slot >= this.#place.length) this.#grow(slot);
    if (this.#place[slot] !== NONE) throw new RangeError(`${this.#owner}: slot ${slot} is already present`);
    this.#priority[slot] = priority;
    this.#used[slot] = this.#uses++;
    this.#up(this.#size++, slot);
  }

  /** Gives a known slot another priority and notes a use. Throws RangeError when it is unknown. */
  use(slot: number, priority: number): void {
    const place = this.#requireKnown(slot);
    this.#priority[slot] = priority;
    this.#used[slot] = this.#uses++;
    if (this.#up(place, slot) === place) this.#down(place, slot);
  }

  /** Throws RangeError when the slot is unknown. */
  remove(slot: number): void {
    const place = this.#requireKnown(slot);
    this.#place[slot] = NONE;
    const last = this.#heap[--this.#size];
    if (last === slot) return;
    if (this.#up(place, last) === place) this.#down(place, last);
  }

  /** The least slot that is not `held`, -1 when there is none. With k held slots before it: O(k²) steps. */
  least(held?: SlotFilter): number {
    if (this.#size === 0) return NONE;
    if (held?.(this.#heap[0]) !== true) return this.#heap[0];
    // Best-first search from the root: a child is never less than its parent.
    const frontier = [0];
    while (frontier.length > 0) {
      let best = 0;
      for (let i = 1; i < frontier.length; i++) if (this.#before(this.#heap[frontier[i]], this.#heap[frontier[best]])) best = i;
      const place = frontier[best];
      const slot = this.#heap[place];
      if (!held(slot)) return slot;
      frontier.splice(best, 1);
      for (const child of [2 * place + 1, 2 * place + 2]) if (child < this.#size) frontier.push(child);
    }
    return NONE;
  }

  #requireKnown(slot: number): number {
    const place = slot < this.#place.length ? this.#place[slot] : NONE;
    if (!(place >= 0)) throw new RangeError(`${this.#owner}: slot ${slot} is not present`);
    return place;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#priority[a] - this.#priority[b];
    return difference < 0 || (difference === 0 && this.#used[a] < this.#used[b]);
  }

  /** Returns the place where the slot came to stand. */
  #up(start: number, slot: number): number {
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent];
      if (!this.#before(slot, above)) break;
      this.#set(place, above);
      place = parent;
    }
    this.#set(place, slot);
    return place;
  }

  #down(start: number, slot: number): void {
    let place = start;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#before(this.#heap[child + 1], this.#heap[child])) child++;
      if (!this.#before(this.#heap[child], slot)) break;
      this.#set(place, this.#heap[child]);
      place = child;
    }
    this.#set(place, slot);
  }

  #set(place: number, slot: number): void {
    this.#heap[place] = slot;
    this.#place[slot] = place;
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.#place.length * 2);
    const priority = new Float64Array(length);
    priority.set(this.#priority);
    this.#priority = priority;
    const used = new Float64Array(length);
    used.set(this.#used);
    this.#used = used;
    const place = new Int32Array(length).fill(NONE);
    place.set(this.#place);
    this.#place = place;
    const heap = new Int32Array(length);
    heap.set(this.#heap);
    this.#heap = heap;
  }
}
