import type { EventPool } from './event-pool.ts';
import type { Nanoseconds } from './time.ts';

/** Few enough that what is pushed meanwhile seldom falls among them, many enough to share the cost of the call. */
export const MOST_BUCKETS_AT_ONCE = 32;
/** Stands after the last bucket, so that a search for the next occupied bucket ends there. */
const END_OF_RUNG = -1;

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
  /** Newest event of each bucket, 0 for none; END_OF_RUNG after the last bucket. */
  heads = new Int32Array(64);
  private widthNs: Nanoseconds = NaN;
  private bucketsPerNs = NaN;
  private unopened = 0;
  private last = -1;
  private atOnce = 0;
  private readonly pool: EventPool;

  constructor(pool: EventPool) {
    this.pool = pool;
    this.heads[0] = END_OF_RUNG;
    this.unopenedNs = Infinity;
  }

  /**
   * Starts anew with `buckets` buckets for about `events` events, the first bucket at `startNs`. The last one also takes whatever comes later.
   * `widthNs` is a power of two.
   */
  divide(startNs: Nanoseconds, widthNs: Nanoseconds, buckets: number, events: number): void {
    this.heads[this.last + 1] = 0;
    this.startNs = startNs;
    this.widthNs = widthNs;
    this.bucketsPerNs = 1 / widthNs;
    this.last = buckets - 1;
    this.atOnce = Math.min(Math.max(4, events >> 4), MOST_BUCKETS_AT_ONCE);
    let capacity = this.heads.length;
    while (capacity <= buckets) capacity *= 2;
    if (capacity > this.heads.length) this.heads = new Int32Array(capacity);
    this.heads[buckets] = END_OF_RUNG;
    this.openUpTo(0);
  }

  /** End of the last bucket's own stretch. */
  get endNs(): Nanoseconds {
    return this.startNs + (this.last + 1) * this.widthNs;
  }

  /** Adds the event in `slot`, `offsetNs` after the start: into an unopened bucket, if `offsetNs` is not before `unopenedNs`. */
  add(slot: number, offsetNs: Nanoseconds): void {
    const { heads, last } = this;
    const position = offsetNs * this.bucketsPerNs;
    const bucket = position < last ? position | 0 : last;
    this.pool.words[(slot << 3) | 4] = heads[bucket];
    heads[bucket] = slot;
  }

  /** Puts back a list that was taken from an opened bucket, which is unopened again with all that follow. */
  putBack(newest: number): void {
    const bucket = this.bucketOf(newest);
    this.heads[bucket] = newest;
    if (bucket < this.unopened) this.openUpTo(bucket);
  }

  /** Opens the bucket that the event belongs to, which is empty, and all before it. */
  openBucketOf(slot: number): void {
    this.openUpTo(this.bucketOf(slot) + 1);
  }

  /**
   * Opens some buckets, from the first occupied one on, and moves their lists to `lists`, from 0 on, which has room for one more than
   * MOST_BUCKETS_AT_ONCE. Returns how many there are: 0 when no bucket is left.
   */
  open(lists: Int32Array): number {
    const { heads } = this;
    let bucket = this.unopened;
    while (heads[bucket] === 0) bucket++;
    const end = Math.min(bucket + this.atOnce, this.last + 1);
    let count = 0;
    for (; bucket < end; bucket++) {
      const newest = heads[bucket];
      heads[bucket] = 0;
      // No branch on whether the bucket is empty, which is as good as random: a branch foretold wrongly costs more than all of this.
      lists[count] = newest;
      count += +(newest !== 0);
    }
    this.openUpTo(end);
    return count;
  }

  /** Drops cancelled events from every bucket. */
  compact(): void {
    for (let bucket = this.unopened; bucket <= this.last; bucket++) this.heads[bucket] = this.compactList(this.heads[bucket]);
  }

  private bucketOf(slot: number): number {
    return Math.min(this.last, Math.floor((this.pool.cells[slot << 2] - this.startNs) * this.bucketsPerNs));
  }

  private openUpTo(bucket: number): void {
    this.unopened = bucket;
    this.unopenedNs = bucket > this.last ? Infinity : bucket * this.widthNs;
  }

  private compactList(newest: number): number {
    const { pool } = this;
    const { words } = pool;
    let head = 0;
    let tail = 0;
    for (let slot = newest; slot !== 0; ) {
      const next = words[(slot << 3) | 4];
      if (pool.isCancelled(slot)) pool.releaseCancelled(slot);
      else {
        if (tail === 0) head = slot;
        else words[(tail << 3) | 4] = slot;
        tail = slot;
      }
      slot = next;
    }
    if (tail !== 0) words[(tail << 3) | 4] = 0;
    return head;
  }
}
