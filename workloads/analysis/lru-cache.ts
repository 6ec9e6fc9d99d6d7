/** One LRU cache of units, bounded in tokens or unbounded. */
import type { Request } from '../../sim/serving/request.ts';
import { countHits } from './leading-hits.ts';
import type { HitCounts } from './leading-hits.ts';

/** Holds units up to a capacity in tokens and evicts the least recently used. A unit larger than the capacity empties it. */
export class LruCache {
  readonly capacityTokens: number;
  /** Least recently used first. */
  readonly #held = new Map<number, number>();
  /** Stands before the least recently used unit: all before it have been evicted, all touched later go behind. One lasting
   * iterator, for a new one would step over every entry deleted since the last rehash. */
  readonly #oldest = this.#held.entries();
  #tokens = 0;

  constructor(capacityTokens = Infinity) {
    if (!(capacityTokens >= 0)) throw new RangeError(`capacity is ${capacityTokens} tokens: expected at least 0`);
    this.capacityTokens = capacityTokens;
  }

  get tokens(): number {
    return this.#tokens;
  }

  has(id: number): boolean {
    return this.#held.has(id);
  }

  /** Looks a request up, counts its hits, then touches its units from the last to the first. */
  serve(counts: HitCounts, request: Request): void {
    countHits(counts, request, (unit) => this.#held.has(unit));
    for (let index = request.units.length - 1; index >= 0; index--) this.#touch(request.units[index].id, request.units[index].tokens);
  }

  #touch(id: number, tokens: number): void {
    const before = this.#held.get(id);
    if (before !== undefined) {
      if (this.capacityTokens === Infinity) return;
      this.#held.delete(id);
      this.#tokens -= before;
    }
    this.#held.set(id, tokens);
    this.#tokens += tokens;
    while (this.#tokens > this.capacityTokens) {
      const next = this.#oldest.next();
      if (next.done === true) throw new Error(`cache of ${this.capacityTokens} tokens: ${this.#tokens} tokens held by no unit`);
      this.#held.delete(next.value[0]);
      this.#tokens -= next.value[1];
    }
  }
}
