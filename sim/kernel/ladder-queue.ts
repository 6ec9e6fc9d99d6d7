import type { EventPool } from './event-pool.ts';
import type { EventQueue } from './event-queue.ts';
import { LadderRung } from './ladder-rung.ts';
import type { Nanoseconds } from './time.ts';
import { LATEST } from './time.ts';

/** Events that a bucket should hold when it is opened: between this and half of it, since widths are powers of two. */
const EVENTS_PER_BUCKET = 2;
/** A bucket of at most this many events is sorted into the bottom; a fuller one becomes a rung. */
const SORTED_AT_ONCE = 48;
/** An insertion into the bottom that would move more entries than this turns the bottom into a rung. */
const MOVED_AT_MOST = 48;
/** Entries the bottom's arrays start with. Buckets are sorted leftwards from the middle. */
const BOTTOM_CAPACITY = 256;
const BOTTOM_MIDDLE = 192;
/** More rungs than this arise only when events keep arriving ahead of everything sorted so far; then the queue is rebuilt. */
const MOST_RUNGS = 48;

/**
 * A ladder queue (Tang, Goh & Thng, *Ladder Queue: An O(1) Priority Queue Structure for Large-Scale Discrete Event Simulation*, ACM TOMACS 15(3),
 * 2005): amortised constant time per event, whatever the distribution of times.
 *
 * - *Top*: the events from `topStartNs` on, unsorted, in the order they were pushed.
 * - *Rungs*: the coarsest divides what was the earlier part of the top into buckets; each finer one divides one bucket of the rung above, or what
 *   was the bottom.
 * - *Bottom*: the earliest events, sorted.
 *
 * An event goes to the first of top, coarsest rung … finest rung whose unopened part reaches back to its time, else to the bottom. What lies in a
 * finer structure was pushed before anything of equal time in a coarser one.
 */
export class LadderQueue implements EventQueue {
  horizonNs: Nanoseconds = -0;
  private readonly pool: EventPool;

  private topTimes = new Float64Array(256);
  private topSlots = new Int32Array(256);
  private topCount = 0;
  /** −0 makes the engine lay these out as doubles from the start. */
  private topStartNs: Nanoseconds = -0;
  /** When the top was last opened, and how many events have come to the bottom since: they tell how dense events are. */
  private openedTopNs: Nanoseconds = -0;
  private opened = 0;

  /** Rungs in use are those below `depth`, coarsest first; the others wait to be used again. */
  private readonly rungs: LadderRung[] = [];
  private readonly coarsest: LadderRung;
  private depth = 0;

  private bottomTimes = new Float64Array(BOTTOM_CAPACITY);
  private bottomSlots = new Int32Array(BOTTOM_CAPACITY);
  /** The bottom's entries are those from `first` up to, not including, `end`. */
  private first = BOTTOM_MIDDLE;
  private end = BOTTOM_MIDDLE;
  /** About the last time popped: few events yet to come are earlier. */
  private floorNs: Nanoseconds = -0;

  /** Where `openLongList` keeps what was sorted already. */
  private readonly sorted = new Int32Array(SORTED_AT_ONCE);

  constructor(pool: EventPool) {
    this.pool = pool;
    this.horizonNs = LATEST;
    this.coarsest = new LadderRung(pool);
    this.rungs.push(this.coarsest);
  }

  push(slot: number): void {
    const timeNs = this.pool.cells[slot << 2];
    if (timeNs >= this.topStartNs) {
      const count = this.topCount;
      this.topCount = count + 1;
      if (count === this.topSlots.length) this.growTop();
      this.topTimes[count] = timeNs;
      this.topSlots[count] = slot;
      return;
    }
    const { coarsest } = this;
    const offsetNs = timeNs - coarsest.startNs;
    if (offsetNs >= coarsest.unopenedNs) coarsest.add(slot, offsetNs);
    else this.pushFiner(slot);
  }

  pop(): number {
    if (this.first === this.end && !this.refill()) return 0;
    const { first } = this;
    if (this.bottomTimes[first] > this.horizonNs) return 0;
    this.first = first + 1;
    return this.bottomSlots[first];
  }

  compact(): void {
    const { bottomTimes, bottomSlots, topTimes, topSlots } = this;
    let kept = this.end;
    for (let i = this.end - 1; i >= this.first; i--) {
      if (this.dropCancelled(bottomSlots[i])) continue;
      kept--;
      bottomTimes[kept] = bottomTimes[i];
      bottomSlots[kept] = bottomSlots[i];
    }
    this.first = kept;
    kept = 0;
    for (let i = 0; i < this.topCount; i++) {
      if (this.dropCancelled(topSlots[i])) continue;
      topTimes[kept] = topTimes[i];
      topSlots[kept++] = topSlots[i];
    }
    this.topCount = kept;
    for (let i = 0; i < this.depth; i++) this.rungs[i].compact();
  }

  private dropCancelled(slot: number): boolean {
    if (!this.pool.isCancelled(slot)) return false;
    this.pool.releaseCancelled(slot);
    return true;
  }

  /** Pushes an event that neither the top nor the coarsest rung takes. */
  private pushFiner(slot: number): void {
    const timeNs = this.pool.cells[slot << 2];
    for (let i = 1; i < this.depth; i++) {
      const rung = this.rungs[i];
      const offsetNs = timeNs - rung.startNs;
      if (offsetNs >= rung.unopenedNs) {
        rung.add(slot, offsetNs);
        return;
      }
    }
    this.insertIntoBottom(slot);
  }

  /** Fills the empty bottom with the earliest events. False when the queue is empty. */
  private refill(): boolean {
    this.floorNs = this.bottomTimes[this.end - 1];
    for (;;) {
      if (this.depth === 0) {
        if (this.topCount === 0) {
          this.topStartNs = 0;
          return false;
        }
        if (this.openTop()) return true;
      } else {
        const newest = this.rungs[this.depth - 1].open();
        if (newest === 0) this.depth--;
        else if (this.openList(newest)) return true;
      }
    }
  }

  /** Moves the earlier part of the top to the bottom (true) or to the coarsest rung (false). */
  private openTop(): boolean {
    const { topTimes, topSlots, topCount } = this;
    let leastNs = topTimes[0];
    let greatestNs = leastNs;
    for (let i = 1; i < topCount; i++) {
      const timeNs = topTimes[i];
      if (timeNs < leastNs) leastNs = timeNs;
      else if (timeNs > greatestNs) greatestNs = timeNs;
    }
    if (topCount <= SORTED_AT_ONCE || leastNs === greatestNs) {
      this.topCount = 0;
      this.topStartNs = greatestNs + 1;
      return this.openWholeTop(leastNs === greatestNs, topCount);
    }
    const rung = this.addCoarsest(leastNs, greatestNs);
    // The top starts where the last bucket ends, so that no bucket takes more than its own stretch.
    const endNs = rung.endNs;
    this.topStartNs = endNs;
    let kept = 0;
    for (let i = 0; i < topCount; i++) {
      const timeNs = topTimes[i];
      const slot = topSlots[i];
      if (timeNs < endNs) rung.add(slot, timeNs - leastNs);
      else {
        topTimes[kept] = timeNs;
        topSlots[kept++] = slot;
      }
    }
    this.topCount = kept;
    return false;
  }

  /**
   * The coarsest rung, empty, for a top from `leastNs` to `greatestNs`. It reaches as far ahead as its buckets, half as many as the top has events,
   * would hold EVENTS_PER_BUCKET each if events went on to come as they came since the top was last opened. When that was a bad guess, and few came
   * for so many looked through, it takes in the whole top: so looking through it costs each event a constant on average.
   */
  private addCoarsest(leastNs: Nanoseconds, greatestNs: Nanoseconds): LadderRung {
    const { topCount, opened } = this;
    const elapsedNs = leastNs - this.openedTopNs;
    this.openedTopNs = leastNs;
    this.opened = 0;
    const spanNs = greatestNs - leastNs;
    if (!(elapsedNs > 0 && opened * 16 >= topCount)) return this.addRung(leastNs, greatestNs, topCount);
    const widthNs = powerOfTwoWithin((elapsedNs * EVENTS_PER_BUCKET) / opened);
    this.depth = 1;
    this.coarsest.divide(leastNs, widthNs, Math.min(Math.max(64, topCount >> 1), Math.floor(spanNs / widthNs) + 1));
    return this.coarsest;
  }

  /** Moves a top that is short, or all of one instant, to the bottom. */
  private openWholeTop(tied: boolean, count: number): boolean {
    const { topSlots } = this;
    const { words } = this.pool;
    if (tied) {
      this.opened += count;
      this.reserveBottom(count);
      for (let i = 0; i < count; i++) this.append(topSlots[i]);
      return true;
    }
    let newest = 0;
    for (let i = 0; i < count; i++) {
      words[(topSlots[i] << 3) + 4] = newest;
      newest = topSlots[i];
    }
    return this.openList(newest);
  }

  /** Turns a list of events, newest first, into the bottom (true), which is empty, or into a rung (false). */
  private openList(newest: number): boolean {
    const { cells, words } = this.pool;
    const { bottomTimes, bottomSlots } = this;
    // Sorted leftwards from the middle: an older event goes before its equals, so equal times never move.
    let first = BOTTOM_MIDDLE;
    let slot = newest;
    do {
      const timeNs = cells[slot << 2];
      let hole = first - 1;
      while (hole + 1 < BOTTOM_MIDDLE && bottomTimes[hole + 1] < timeNs) {
        bottomTimes[hole] = bottomTimes[hole + 1];
        bottomSlots[hole] = bottomSlots[hole + 1];
        hole++;
      }
      bottomTimes[hole] = timeNs;
      bottomSlots[hole] = slot;
      first--;
      slot = words[(slot << 3) + 4];
    } while (slot !== 0 && first > BOTTOM_MIDDLE - SORTED_AT_ONCE);
    this.first = first;
    this.end = BOTTOM_MIDDLE;
    this.opened += BOTTOM_MIDDLE - first;
    return slot === 0 || this.openLongList(slot);
  }

  /** Goes on with `openList` when the bottom has as many events as are sorted at once, and `rest` and its followers, all older, remain. */
  private openLongList(rest: number): boolean {
    const { cells, words } = this.pool;
    let count = this.end - this.first;
    let leastNs = this.bottomTimes[this.first];
    let greatestNs = this.bottomTimes[this.end - 1];
    // Turned round, the list is oldest first.
    let oldest = 0;
    for (let slot = rest; slot !== 0; ) {
      const timeNs = cells[slot << 2];
      if (timeNs < leastNs) leastNs = timeNs;
      else if (timeNs > greatestNs) greatestNs = timeNs;
      const next = words[(slot << 3) + 4];
      words[(slot << 3) + 4] = oldest;
      oldest = slot;
      slot = next;
      count++;
    }
    const { sorted } = this;
    for (let i = 0; i < SORTED_AT_ONCE; i++) sorted[i] = this.bottomSlots[this.first + i];
    this.first = this.end;
    if (leastNs === greatestNs) {
      this.opened += count - SORTED_AT_ONCE;
      this.reserveBottom(count);
      for (let slot = oldest; slot !== 0; slot = words[(slot << 3) + 4]) this.append(slot);
      for (const slot of sorted) this.append(slot);
      return true;
    }
    this.opened -= SORTED_AT_ONCE;
    const rung = this.addRung(leastNs, greatestNs, count);
    for (let slot = oldest; slot !== 0; ) {
      const next = words[(slot << 3) + 4];
      rung.add(slot, cells[slot << 2] - leastNs);
      slot = next;
    }
    for (const slot of sorted) rung.add(slot, cells[slot << 2] - leastNs);
    return false;
  }

  private insertIntoBottom(slot: number): void {
    this.opened++;
    if (this.first === 0 || this.end === this.bottomSlots.length) this.recentre();
    const { bottomTimes, bottomSlots, first, end } = this;
    if (end - first > MOVED_AT_MOST) {
      this.insertIntoLongBottom(slot);
      return;
    }
    const timeNs = this.pool.cells[slot << 2];
    // The newest event goes after its equals.
    let hole = first - 1;
    while (hole + 1 < end && bottomTimes[hole + 1] <= timeNs) {
      bottomTimes[hole] = bottomTimes[hole + 1];
      bottomSlots[hole] = bottomSlots[hole + 1];
      hole++;
    }
    bottomTimes[hole] = timeNs;
    bottomSlots[hole] = slot;
    this.first = first - 1;
  }

  private insertIntoLongBottom(slot: number): void {
    const { bottomTimes, bottomSlots, first, end } = this;
    const timeNs = this.pool.cells[slot << 2];
    let low = first;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bottomTimes[middle] <= timeNs) low = middle + 1;
      else high = middle;
    }
    if (end - low <= MOVED_AT_MOST) {
      bottomTimes.copyWithin(low + 1, low, end);
      bottomSlots.copyWithin(low + 1, low, end);
      bottomTimes[low] = timeNs;
      bottomSlots[low] = slot;
      this.end = end + 1;
    } else if (low - first <= MOVED_AT_MOST) {
      bottomTimes.copyWithin(first - 1, first, low);
      bottomSlots.copyWithin(first - 1, first, low);
      bottomTimes[low - 1] = timeNs;
      bottomSlots[low - 1] = slot;
      this.first = first - 1;
    } else {
      this.bottomToRung();
      this.push(slot);
    }
  }

  /** Makes the bottom the finest rung. */
  private bottomToRung(): void {
    const { cells } = this.pool;
    const { bottomTimes, bottomSlots, first, end } = this;
    // From the last time popped on, so that what comes next finds its bucket in the new rung.
    const leastNs = Math.min(this.floorNs, bottomTimes[first]);
    const rung = this.addRung(leastNs, bottomTimes[end - 1], end - first);
    this.first = end;
    for (let i = first; i < end; i++) rung.add(bottomSlots[i], cells[bottomSlots[i] << 2] - leastNs);
    if (this.depth > MOST_RUNGS) this.rebuild();
  }

  /** Adds an empty rung below the others, for `count` events from `leastNs` to `greatestNs`, which differ. */
  private addRung(leastNs: Nanoseconds, greatestNs: Nanoseconds, count: number): LadderRung {
    if (this.depth === this.rungs.length) this.rungs.push(new LadderRung(this.pool));
    const rung = this.rungs[this.depth++];
    const spanNs = greatestNs - leastNs;
    const widthNs = powerOfTwoWithin((spanNs * EVENTS_PER_BUCKET) / count);
    rung.divide(leastNs, widthNs, Math.floor(spanNs / widthNs) + 1);
    return rung;
  }

  /** Puts everything back into the top, in an order that keeps equal times oldest first. */
  private rebuild(): void {
    const { words } = this.pool;
    const later = this.topSlots.slice(0, this.topCount);
    this.topCount = 0;
    this.topStartNs = 0;
    for (let i = this.first; i < this.end; i++) this.push(this.bottomSlots[i]);
    this.first = this.end;
    while (this.depth > 0) {
      const rung = this.rungs[this.depth - 1];
      for (let newest = rung.open(); newest !== 0; newest = rung.open()) {
        const list: number[] = [];
        for (let slot = newest; slot !== 0; slot = words[(slot << 3) + 4]) list.push(slot);
        for (const slot of list.reverse()) this.push(slot);
      }
      this.depth--;
    }
    for (const slot of later) this.push(slot);
  }

  /** Makes the empty bottom wide enough for `count` entries, and for some more on either side. */
  private reserveBottom(count: number): void {
    let capacity = this.bottomSlots.length;
    while (capacity < count + BOTTOM_CAPACITY) capacity *= 2;
    if (capacity > this.bottomSlots.length) {
      this.bottomTimes = new Float64Array(capacity);
      this.bottomSlots = new Int32Array(capacity);
    }
    this.first = BOTTOM_MIDDLE;
    this.end = BOTTOM_MIDDLE;
  }

  /** Adds an event that is not before any in the bottom, which has room. */
  private append(slot: number): void {
    this.bottomTimes[this.end] = this.pool.cells[slot << 2];
    this.bottomSlots[this.end++] = slot;
  }

  /** Moves the bottom to the middle of its arrays, which are doubled when more than half full. */
  private recentre(): void {
    const { first, end } = this;
    const size = end - first;
    const times = this.bottomTimes.subarray(first, end);
    const slots = this.bottomSlots.subarray(first, end);
    if (size * 2 > this.bottomSlots.length) {
      this.bottomTimes = new Float64Array(this.bottomTimes.length * 2);
      this.bottomSlots = new Int32Array(this.bottomSlots.length * 2);
    }
    const middle = (this.bottomSlots.length - size) >> 1;
    this.bottomTimes.set(times, middle);
    this.bottomSlots.set(slots, middle);
    this.first = middle;
    this.end = middle + size;
  }

  private growTop(): void {
    const times = new Float64Array(this.topSlots.length * 2);
    const slots = new Int32Array(this.topSlots.length * 2);
    times.set(this.topTimes);
    slots.set(this.topSlots);
    this.topTimes = times;
    this.topSlots = slots;
  }
}

/** The greatest power of two that is at most `value`, but at least 1. */
function powerOfTwoWithin(value: number): number {
  let power = 1;
  while (power * 2 <= value) power *= 2;
  return power;
}
