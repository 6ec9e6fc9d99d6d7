/** Growth of typed arrays by doubling, so that appending is constant amortised time. */
export function grown<A extends Int32Array | Float64Array>(array: A, make: (length: number) => A, least: number): A {
  let length = Math.max(array.length, 16);
  while (length < least) length *= 2;
  if (length === array.length) return array;
  const larger = make(length);
  larger.set(array);
  return larger;
}

/**
 * Block ids of all edges of a radix tree, one run an edge, in one array: splitting an edge moves nothing. Runs that are given
 * back leave holes; `isSparse` says when copying what is left would pay.
 */
export class LabelArena {
  readonly #chained: boolean;
  #ids = new Float64Array(16);
  #end = 0;
  #live = 0;

  /** @param chained an id stands for a block and all before it: two paths that agree at a block agree up to it */
  constructor(chained: boolean) {
    this.#chained = chained;
  }

  /** Blocks in runs. */
  get live(): number {
    return this.#live;
  }

  get byteLength(): number {
    return this.#ids.byteLength;
  }

  /** More holes than blocks: a copy would halve the array at least. */
  get isSparse(): boolean {
    return this.#end > 64 && this.#end > 2 * this.#live;
  }

  at(index: number): number {
    return this.#ids[index];
  }

  /** How many of the `length` blocks from `start` on are those of the path from `from` on, up to the first that is not. */
  matching(start: number, length: number, path: ArrayLike<number>, from: number): number {
    const ids = this.#ids;
    const most = Math.min(length, path.length - from);
    if (this.#chained) return matchingChained(ids, start, path, from, most);
    let i = 0;
    // Four at a time: most runs match to their end.
    for (; i + 4 <= most; i += 4) {
      const here = start + i;
      const there = from + i;
      if (ids[here] !== path[there] || ids[here + 1] !== path[there + 1] || ids[here + 2] !== path[there + 2] || ids[here + 3] !== path[there + 3]) break;
    }
    while (i < most && ids[start + i] === path[from + i]) i++;
    return i;
  }

  /** A new run that holds the path from `from` on; returns where it starts. */
  append(path: ArrayLike<number>, from: number): number {
    const start = this.#end;
    const count = path.length - from;
    this.#reserve(count);
    for (let i = 0; i < count; i++) this.#ids[start + i] = path[from + i];
    this.#end += count;
    this.#live += count;
    return start;
  }

  /** Makes one run of two and returns where it starts; nothing moves where they lie so already. */
  join(start: number, length: number, otherStart: number, otherLength: number): number {
    if (start + length === otherStart) return start;
    const joined = this.#end;
    this.#reserve(length + otherLength);
    this.#ids.copyWithin(joined, start, start + length);
    this.#ids.copyWithin(joined + length, otherStart, otherStart + otherLength);
    this.#end += length + otherLength;
    return joined;
  }

  /** Blocks of a run are no longer used. */
  release(count: number): void {
    this.#live -= count;
  }

  /** Copies the runs into an array without holes and tells each where it lies now. */
  compact(runs: Iterable<readonly [start: number, length: number, moved: (start: number) => void]>): void {
    const ids = new Float64Array(Math.max(16, this.#live + (this.#live >> 1)));
    let end = 0;
    for (const [start, length, moved] of runs) {
      ids.set(this.#ids.subarray(start, start + length), end);
      moved(end);
      end += length;
    }
    this.#ids = ids;
    this.#end = end;
  }

  #reserve(count: number): void {
    this.#ids = grown(this.#ids, (length) => new Float64Array(length), this.#end + count);
  }
}

/** Where chained ids part: most runs match to their end, which one look tells; else by halves. */
function matchingChained(ids: Float64Array, start: number, path: ArrayLike<number>, from: number, most: number): number {
  if (most === 0 || ids[start + most - 1] === path[from + most - 1]) return most;
  let low = 0;
  let high = most - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[start + middle] === path[from + middle]) low = middle + 1;
    else high = middle;
  }
  return low;
}
