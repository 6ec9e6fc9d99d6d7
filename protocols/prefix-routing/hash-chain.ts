/**
 * What chained hashes say: a block id stands for a block and all before it, so the id before it, and with it the whole path, never
 * changes. One chain serves all nodes of a trial: it is arithmetic, not state that they share.
 */
export class HashChain {
  readonly #previous = new Map<number, number>();
  readonly #depth = new Map<number, number>();

  /** @param previous −1 for a first block */
  record(id: number, previous: number): void {
    if (this.#previous.has(id)) return;
    this.#previous.set(id, previous);
    this.#depth.set(id, previous < 0 ? 0 : this.depth(previous) + 1);
  }

  recordPath(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) this.record(ids[i], i === 0 ? -1 : ids[i - 1]);
  }

  /** The id before this one, −1 for a first block. */
  previous(id: number): number {
    return this.#previous.get(id) ?? -1;
  }

  /** Blocks before this one. @throws RangeError on an id never recorded */
  depth(id: number): number {
    const depth = this.#depth.get(id);
    if (depth === undefined) throw new RangeError(`block ${id} is in no chain; expected one that was recorded`);
    return depth;
  }

  /** The blocks up to and with this one. */
  path(id: number): Float64Array {
    const path = new Float64Array(this.depth(id) + 1);
    let at = id;
    for (let depth = path.length - 1; depth >= 0; depth--) {
      path[depth] = at;
      at = this.previous(at);
    }
    return path;
  }
}
