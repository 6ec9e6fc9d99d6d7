/**
 * Binary min-heap over the small integers 0..capacity-1, each held at most once, whose keys can be changed or removed in O(log n).
 *
 * Equal keys come out in order of identifier, so a run never depends on the history of the heap.
 */
export class IndexedHeap {
  /** Keys by identifier, meaningful for those held. Writing one here and calling `update` spares boxing the number for a call of `set`. */
  keys: Float64Array;
  #heap: Int32Array;
  /** Place of an identifier in `#heap`, or -1 when it is not held. */
  #place: Int32Array;
  #size = 0;

  /** @param capacity number of identifiers accepted before the heap has to grow */
  constructor(capacity: number) {
    this.keys = new Float64Array(capacity);
    this.#heap = new Int32Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
  }

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return this.#place[id] >= 0;
  }

  /** Identifier with the least key; -1 when the heap is empty. */
  top(): number {
    return this.#size === 0 ? -1 : this.#heap[0];
  }

  /** Least key; Infinity when the heap is empty. */
  topKey(): number {
    return this.#size === 0 ? Infinity : this.keys[this.#heap[0]];
  }

  /** Makes identifiers up to `capacity - 1` acceptable. */
  grow(capacity: number): void {
    const old = this.keys.length;
    if (capacity <= old) return;
    const keys = new Float64Array(capacity);
    keys.set(this.keys);
    const heap = new Int32Array(capacity);
    heap.set(this.#heap);
    const place = new Int32Array(capacity).fill(-1);
    place.set(this.#place);
    this.keys = keys;
    this.#heap = heap;
    this.#place = place;
  }

  /** Inserts `id`, or changes its key. */
  set(id: number, key: number): void {
    this.keys[id] = key;
    this.update(id);
  }

  /** Inserts `id`, or moves it to where its key, just written to `keys`, belongs. */
  update(id: number): void {
    const place = this.#place[id];
    if (place < 0) this.#siftUp(this.#size++, id);
    else if (!this.#siftUp(place, id)) this.#siftDown(place, id);
  }

  /** Takes `id` out; does nothing when it is not held. */
  remove(id: number): void {
    const place = this.#place[id];
    if (place < 0) return;
    this.#place[id] = -1;
    const last = this.#heap[--this.#size];
    if (last === id) return;
    if (!this.#siftUp(place, last)) this.#siftDown(place, last);
  }

  #before(id: number, other: number): boolean {
    const key = this.keys[id];
    const otherKey = this.keys[other];
    return key < otherKey || (key === otherKey && id < other);
  }

  /** False when `id`, now at `start`, did not move up. */
  #siftUp(start: number, id: number): boolean {
    const heap = this.#heap;
    let place = start;
    while (place > 0) {
      const up = (place - 1) >> 1;
      const parent = heap[up];
      if (!this.#before(id, parent)) break;
      heap[place] = parent;
      this.#place[parent] = place;
      place = up;
    }
    heap[place] = id;
    this.#place[id] = place;
    return place !== start;
  }

  #siftDown(start: number, id: number): void {
    const heap = this.#heap;
    const size = this.#size;
    let place = start;
    for (;;) {
      let down = 2 * place + 1;
      if (down >= size) break;
      let child = heap[down];
      if (down + 1 < size) {
        const right = heap[down + 1];
        if (this.#before(right, child)) {
          child = right;
          down++;
        }
      }
      if (!this.#before(child, id)) break;
      heap[place] = child;
      this.#place[child] = place;
      place = down;
    }
    heap[place] = id;
    this.#place[id] = place;
  }
}
