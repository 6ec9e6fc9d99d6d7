import { grown } from './label-arena.ts';

/** Tree nodes by time of use, the least recently used first: a binary heap that knows where each node stands. */
export class LeafHeap {
  #heap = new Int32Array(16);
  #time = new Float64Array(16);
  /** Place of a node in the heap, −1 where it is not in it; by node. */
  #place = new Int32Array(16).fill(-1);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#heap.byteLength + this.#time.byteLength + this.#place.byteLength;
  }

  has(node: number): boolean {
    return node < this.#place.length && this.#place[node] >= 0;
  }

  /** The node used least recently; −1 where there is none. */
  first(): number {
    return this.#size === 0 ? -1 : this.#heap[0];
  }

  /** Puts a node in, or gives one that is in it another time. */
  set(node: number, time: number): void {
    this.#reserve(node);
    this.#time[node] = time;
    let place = this.#place[node];
    if (place < 0) {
      place = this.#size++;
      this.#heap[place] = node;
      this.#place[node] = place;
    }
    this.#sink(this.#rise(place));
  }

  remove(node: number): void {
    if (!this.has(node)) return;
    const place = this.#place[node];
    this.#place[node] = -1;
    const last = this.#heap[--this.#size];
    if (last === node) return;
    this.#heap[place] = last;
    this.#place[last] = place;
    this.#sink(this.#rise(place));
  }

  #rise(from: number): number {
    const node = this.#heap[from];
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#time[this.#heap[above]] <= this.#time[node]) break;
      this.#put(place, this.#heap[above]);
      place = above;
    }
    this.#put(place, node);
    return place;
  }

  #sink(from: number): void {
    const node = this.#heap[from];
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#size) break;
      if (below + 1 < this.#size && this.#time[this.#heap[below + 1]] < this.#time[this.#heap[below]]) below++;
      if (this.#time[this.#heap[below]] >= this.#time[node]) break;
      this.#put(place, this.#heap[below]);
      place = below;
    }
    this.#put(place, node);
  }

  #put(place: number, node: number): void {
    this.#heap[place] = node;
    this.#place[node] = place;
  }

  #reserve(node: number): void {
    const before = this.#place.length;
    this.#time = grown(this.#time, (length) => new Float64Array(length), node + 1);
    this.#place = grown(this.#place, (length) => new Int32Array(length), node + 1);
    if (this.#place.length > before) this.#place.fill(-1, before);
    this.#heap = grown(this.#heap, (length) => new Int32Array(length), this.#size + 1);
  }
}
