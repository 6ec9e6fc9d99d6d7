import type { EventPool } from './event-pool.ts';
import type { EventQueue } from './event-queue.ts';
import { LadderRung, MOST_BUCKETS_AT_ONCE } from './ladder-rung.ts';
import type { Nanoseconds } from './time.ts';
import { LATEST } from './time.ts';

/** Events that a bucket should hold when it is opened: between this and half of it, since widths are powers of two. */
const EVENTS_PER_BUCKET = 1;
/** Buckets of the coarsest rung, for each event that waits: it reaches about so many times as far ahead as they would take to run. */
const BUCKETS_PER_EVENT = 4;
/** The same while the rung stays below SMALL_RUNG buckets: the further it reaches, the fewer events pass through the top. */
const BUCKETS_PER_EVENT_OF_FEW = 16;
/** Buckets that a second-level cache holds beside the events. */
const SMALL_RUNG = 16_384;
/** A bucket of at most this many events is sorted into the bottom; a fuller one becomes a rung. */
const SORTED_AT_ONCE = 48;
/** An insertion into the bottom that would move more entries than this turns the bottom into a rung. */
const MOVED_AT_MOST = 48;
/** Entries of the bottom's arrays at first: a block of full buckets, and room on both sides for insertions. */
const BOTTOM_CAPACITY = 2048;
/** Where the bottom begins when it has been filled. */
const BOTTOM_START = 128;
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
 *
 * Unlike in the original, the width of the coarsest rung's buckets follows from how densely events came lately, not from the span of what waits, so
 * that a few events far ahead do not make buckets coarse; and several buckets are opened at a time.
 */
export class LadderQueue implements EventQueue {
  private readonly pool: EventPool;

  private bottomSlots = new Int32Array(BOTTOM_CAPACITY);
  private bottomTimes = new Float64Array(BOTTOM_CAPACITY);
  /** The bottom's entries are those from `first` up to, not including, `end`. Those before `ready` are not later than the horizon. */
  private first = BOTTOM_START;
  private ready = BOTTOM_START;
  private end = BOTTOM_START;
  private horizonNs: Nanoseconds = LATEST;
  /** About the last time popped: few events yet to come are earlier. −0 makes the engine lay these out as doubles from the start. */
  private floorNs: Nanoseconds = -0;

  /** Rungs in use are those below `depth`, coarsest first; the others wait to be used again. */
  private readonly rungs: LadderRung[] = [];
  private readonly coarsest: LadderRung;
  private depth = 0;
  /** Lists taken from the buckets opened together. */
  private readonly block = new Int32Array(MOST_BUCKETS_AT_ONCE + 1);

  private topTimes = new Float64Array(256);
  private topSlots = new Int32Array(256);
  private topCount = 0;
  private topStartNs: Nanoseconds = -0;
  /** When the top was last opened, and how many events have come to the bottom since: they tell how dense events are. */
  private topOpenedNs: Nanoseconds = -0;
  private sinceTopOpened = 0;

  constructor(pool: EventPool) {
    this.pool = pool;
    this.coarsest = new LadderRung(pool);
    this.rungs.push(this.coarsest);
  }

  setHorizon(horizonNs: Nanoseconds): void {
    this.horizonNs = horizonNs;
    this.findReady();
  }

  push(slot: number): void {
    const timeNs = this.pool.cells[slot << 2];
    const { coarsest } = this;
    const offsetNs = timeNs - coarsest.startNs;
    if (timeNs >= this.topStartNs) this.pushTop(slot);
    else if (offsetNs >= coarsest.unopenedNs) coarsest.add(slot, offsetNs);
    else this.pushFiner(slot);
  }

  pop(): number {
    const { first } = this;
    if (first === this.ready) return 0;
    this.first = first + 1;
    return this.bottomSlots[first];
  }

  refill(): boolean {
    if (this.first !== this.end) return false;
    this.floorNs = this.bottomTimes[this.end - 1];
    while (this.first === this.end) {
      if (this.depth > 0) this.openBlock();
      else if (this.topCount > 0) this.openTop();
      else {
        this.topStartNs = 0;
        return false;
      }
    }
    this.findReady();
    return this.first !== this.ready;
  }

  compact(): void {
    const { bottomTimes, bottomSlots, topTimes, topSlots } = this;
    let kept = this.first;
    for (let i = this.first; i < this.end; i++) {
      if (this.dropCancelled(bottomSlots[i])) continue;
      bottomTimes[kept] = bottomTimes[i];
      bottomSlots[kept++] = bottomSlots[i];
    }
    this.end = kept;
    this.findReady();
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

  private findReady(): void {
    const { bottomTimes, horizonNs, end } = this;
    this.ready = end;
    if (this.first === end || bottomTimes[end - 1] <= horizonNs) return;
    let low = this.first;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bottomTimes[middle] <= horizonNs) low = middle + 1;
      else high = middle;
    }
    this.ready = low;
  }

  private pushTop(slot: number): void {
    const count = this.topCount;
    this.topCount = count + 1;
    if (count === this.topSlots.length) this.growTop();
    this.topTimes[count] = this.pool.cells[slot << 2];
    this.topSlots[count] = slot;
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

  /** Moves the next buckets of the finest rung to the bottom, which is empty, or the first of them to a rung of its own; or ends the rung. */
  private openBlock(): void {
    const { block, bottomTimes, bottomSlots } = this;
    const { cells, words } = this.pool;
    const rung = this.rungs[this.depth - 1];
    const lists = rung.open(block);
    if (lists === 0) {
      this.depth--;
      return;
    }
    let end = BOTTOM_START;
    for (let i = 0; i < lists; i++) {
      // Most lists are of one event or two. They are laid out without a branch on which it is, or on which is earlier: both are as good as random.
      // Where there is no second event, slot 0 stands for it, which comes after everything; the next list is written over it.
      const newest = block[i];
      const second = words[(newest << 3) | 4];
      const newestNs = cells[newest << 2];
      const secondNs = cells[second << 2];
      // The list goes back in order of pushing: an event goes before its equals.
      const isSecondFirst = +(secondNs <= newestNs);
      bottomTimes[end + isSecondFirst] = newestNs;
      bottomSlots[end + isSecondFirst] = newest;
      bottomTimes[end + 1 - isSecondFirst] = secondNs;
      bottomSlots[end + 1 - isSecondFirst] = second;
      const start = end;
      end += 1 + +(second !== 0);
      for (let slot = words[(second << 3) | 4]; slot !== 0; slot = words[(slot << 3) | 4]) {
        if (end - start === SORTED_AT_ONCE) {
          this.closeBlock(rung, i, lists, start);
          return;
        }
        const timeNs = cells[slot << 2];
        let hole = end++;
        while (hole > start && bottomTimes[hole - 1] >= timeNs) {
          bottomTimes[hole] = bottomTimes[hole - 1];
          bottomSlots[hole] = bottomSlots[hole - 1];
          hole--;
        }
        bottomTimes[hole] = timeNs;
        bottomSlots[hole] = slot;
      }
    }
    this.fillBottom(end);
  }

  /** Ends `openBlock` at list `crowded`, which is too long to sort: the bottom has the lists before it, up to `end`. */
  private closeBlock(rung: LadderRung, crowded: number, lists: number, end: number): void {
    const { block } = this;
    if (crowded > 0) {
      for (let i = crowded; i < lists; i++) rung.putBack(block[i]);
      this.fillBottom(end);
      return;
    }
    for (let i = 1; i < lists; i++) rung.putBack(block[i]);
    rung.openBucketOf(block[0]);
    this.openCrowd(block[0]);
  }

  /** The bottom's arrays have been filled from BOTTOM_START up to `end`. */
  private fillBottom(end: number): void {
    this.first = BOTTOM_START;
    this.end = end;
    this.sinceTopOpened += end - BOTTOM_START;
  }

  /** Makes a long list, newest first, the finest rung; or the bottom, which is empty, when all its events are of one instant. */
  private openCrowd(newest: number): void {
    const { cells, words } = this.pool;
    let leastNs = cells[newest << 2];
    let greatestNs = leastNs;
    let count = 0;
    let oldest = 0;
    for (let slot = newest; slot !== 0; ) {
      const timeNs = cells[slot << 2];
      if (timeNs < leastNs) leastNs = timeNs;
      else if (timeNs > greatestNs) greatestNs = timeNs;
      const next = words[(slot << 3) | 4];
      words[(slot << 3) | 4] = oldest;
      oldest = slot;
      slot = next;
      count++;
    }
    if (leastNs === greatestNs) {
      this.reserveBottom(count);
      let end = BOTTOM_START;
      for (let slot = oldest; slot !== 0; slot = words[(slot << 3) | 4]) {
        this.bottomTimes[end] = leastNs;
        this.bottomSlots[end++] = slot;
      }
      this.fillBottom(end);
      return;
    }
    const rung = this.addRung(leastNs, greatestNs, count);
    for (let slot = oldest; slot !== 0; ) {
      const next = words[(slot << 3) | 4];
      rung.add(slot, cells[slot << 2] - leastNs);
      slot = next;
    }
  }

  /** Moves the earlier part of the top to the bottom, which is empty, or to the coarsest rung. */
  private openTop(): void {
    const { topTimes, topSlots, topCount } = this;
    let leastNs = topTimes[0];
    let greatestNs = leastNs;
    for (let i = 1; i < topCount; i++) {
      const timeNs = topTimes[i];
      if (timeNs < leastNs) leastNs = timeNs;
      else if (timeNs > greatestNs) greatestNs = timeNs;
    }
    if (topCount <= SORTED_AT_ONCE || leastNs === greatestNs) {
      this.topStartNs = greatestNs + 1;
      this.openWholeTop();
      return;
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
  }

  /** Sorts the top, which is short or all of one instant, into the bottom. */
  private openWholeTop(): void {
    const { topTimes, topSlots, topCount } = this;
    this.reserveBottom(topCount);
    const { bottomTimes, bottomSlots } = this;
    for (let i = 0; i < topCount; i++) {
      const timeNs = topTimes[i];
      let hole = BOTTOM_START + i;
      while (hole > BOTTOM_START && bottomTimes[hole - 1] > timeNs) {
        bottomTimes[hole] = bottomTimes[hole - 1];
        bottomSlots[hole] = bottomSlots[hole - 1];
        hole--;
      }
      bottomTimes[hole] = timeNs;
      bottomSlots[hole] = topSlots[i];
    }
    this.topCount = 0;
    this.fillBottom(BOTTOM_START + topCount);
  }

  /**
   * The coarsest rung, empty, for a top from `leastNs` to `greatestNs`. Its buckets are as wide as would give them EVENTS_PER_BUCKET if events went
   * on to come as they came since the top was last opened. When that was a bad guess, so that few came for many looked through, the rung takes in
   * the whole top: thus looking through the top costs each event a constant on average.
   */
  private addCoarsest(leastNs: Nanoseconds, greatestNs: Nanoseconds): LadderRung {
    const { topCount, sinceTopOpened } = this;
    const elapsedNs = leastNs - this.topOpenedNs;
    this.topOpenedNs = leastNs;
    this.sinceTopOpened = 0;
    if (!(elapsedNs > 0 && sinceTopOpened * 16 >= topCount)) return this.addRung(leastNs, greatestNs, topCount);
    const widthNs = powerOfTwoWithin((elapsedNs * EVENTS_PER_BUCKET) / sinceTopOpened);
    const reach = Math.max(topCount * BUCKETS_PER_EVENT, Math.min(topCount * BUCKETS_PER_EVENT_OF_FEW, SMALL_RUNG));
    const buckets = Math.min(reach, Math.floor((greatestNs - leastNs) / widthNs) + 1);
    this.depth = 1;
    this.coarsest.divide(leastNs, widthNs, buckets, topCount);
    return this.coarsest;
  }

  private insertIntoBottom(slot: number): void {
    if (this.first === 0 || this.end === this.bottomSlots.length) this.recentre();
    const { bottomTimes, bottomSlots, first, end } = this;
    this.sinceTopOpened++;
    if (end - first > MOVED_AT_MOST) this.insertIntoLongBottom(slot);
    else {
      // The newest event goes after its equals. What is nearer moves: the earlier entries to the front, or the later ones to the back.
      const timeNs = this.pool.cells[slot << 2];
      let hole = end;
      if (first < end && bottomTimes[(first + end) >>> 1] <= timeNs) {
        while (bottomTimes[hole - 1] > timeNs) {
          bottomTimes[hole] = bottomTimes[hole - 1];
          bottomSlots[hole] = bottomSlots[hole - 1];
          hole--;
        }
        this.end = end + 1;
      } else {
        hole = first - 1;
        while (hole + 1 < end && bottomTimes[hole + 1] <= timeNs) {
          bottomTimes[hole] = bottomTimes[hole + 1];
          bottomSlots[hole] = bottomSlots[hole + 1];
          hole++;
        }
        this.first = first - 1;
      }
      bottomTimes[hole] = timeNs;
      bottomSlots[hole] = slot;
    }
    this.findReady();
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
    rung.divide(leastNs, widthNs, Math.floor(spanNs / widthNs) + 1, count);
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
    for (; this.depth > 0; this.depth--) {
      const rung = this.rungs[this.depth - 1];
      for (let lists = rung.open(this.block); lists > 0; lists = rung.open(this.block)) {
        for (let i = 0; i < lists; i++) {
          const list: number[] = [];
          for (let slot = this.block[i]; slot !== 0; slot = words[(slot << 3) | 4]) list.push(slot);
          for (const slot of list.reverse()) this.push(slot);
        }
      }
    }
    for (const slot of later) this.push(slot);
  }

  /** Makes the empty bottom's arrays wide enough for `count` entries from BOTTOM_START on, and some more. */
  private reserveBottom(count: number): void {
    let capacity = this.bottomSlots.length;
    while (capacity < count + 2 * BOTTOM_START) capacity *= 2;
    if (capacity === this.bottomSlots.length) return;
    this.bottomTimes = new Float64Array(capacity);
    this.bottomSlots = new Int32Array(capacity);
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
