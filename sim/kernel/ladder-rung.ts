import type { EventPool } from './event-pool.ts';
import type { Nanoseconds } from './time.ts';

/**
 * One rung of a ladder queue: a stretch of time cut into buckets of equal width, each an unsorted list of events.
 *
 * Equal times never misorder. Widths are powers of two and times are integers, so `(time − start) / width` is exact up to its floor, and whether
 * an event still belongs here is asked of the same quantity: `time − start` against the exact offset of the first unopened bucket.
 *
 * Lists are kept newest first, so that an insertion writes only its own record, no neighbour's.
 */
export class LadderRung {
  /** NaN makes the engine lay these out as doubles from the start. */
  startNs: Nanoseconds = NaN;
  /** Offset of the first unopened bucket; Infinity when every bucket is open, or the rung is not in use. */
  unopenedNs: Nanoseconds = NaN;
  private widthNs: Nanoseconds = NaN;
  private bucketsPerNs = NaN;
  private unopened = 0;
  private last = 0;
  /** Newest event of each bucket, 0 for none. */
  private heads = new Int32Array(64);
  private readonly pool: EventPool;

  constructor(pool: EventPool) {
    this.pool = pool;
    this.unopenedNs = Infinity;
  }

  /** Starts anew with `buckets` buckets, the first one at `startNs`. The last one also takes whatever comes later. `widthNs` is a power of two. */
  divide(startNs: Nanoseconds, widthNs: Nanoseconds, buckets: number): void {
    this.startNs = startNs;
    this.widthNs = widthNs;
    this.bucketsPerNs = 1 / widthNs;
    this.unopenedNs = 0;
    this.unopened = 0;
    this.last = buckets - 1;
    let capacity = this.heads.length;
    while (capacity < buckets) capacity *= 2;
    if (capacity > this.heads.length) this.heads = new Int32Array(capacity);
  }

  /** End of the last bucket's own stretch. */
  get endNs(): Nanoseconds {
    return this.startNs + (this.last + 1) * this.widthNs;
  }

  /** Adds the event in `slot`, `offsetNs` after the start: into an unopened bucket, if `offsetNs` is not before `unopenedNs`. */
  add(slot: number, offsetNs: Nanoseconds): void {
    const { heads, last, pool } = this;
    const position = offsetNs * this.bucketsPerNs;
    const bucket = position < last ? position | 0 : last;
    pool.words[(slot << 3) + 4] = heads[bucket];
    heads[bucket] = slot;
  }

  /** Empties the first occupied bucket and returns its newest event, or 0 when no bucket is left. */
  open(): number {
    const { heads, last } = this;
    let bucket = this.unopened;
    while (bucket <= last && heads[bucket] === 0) bucket++;
    if (bucket > last) {
      this.unopened = bucket;
      this.unopenedNs = Infinity;
      return 0;
    }
    const newest = heads[bucket];
    heads[bucket] = 0;
    this.unopened = bucket + 1;
    this.unopenedNs = bucket === last ? Infinity : (bucket + 1) * this.widthNs;
    return newest;
  }

  /** Drops cancelled events from every bucket. */
  compact(): void {
    for (let bucket = this.unopened; bucket <= this.last; bucket++) this.heads[bucket] = this.compactList(this.heads[bucket]);
  }

  private compactList(newest: number): number {
    const { pool } = this;
    const { words } = pool;
    let head = 0;
    let tail = 0;
    for (let slot = newest; slot !== 0; ) {
      const next = words[(slot << 3) + 4];
      if (pool.isCancelled(slot)) pool.releaseCancelled(slot);
      else {
        if (tail === 0) head = slot;
        else words[(tail << 3) + 4] = slot;
        tail = slot;
      }
      slot = next;
    }
    if (tail !== 0) words[(tail << 3) + 4] = 0;
    return head;
  }
}
