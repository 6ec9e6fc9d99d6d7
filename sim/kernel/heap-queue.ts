import type { EventPool } from './event-pool.ts';
import type { EventQueue } from './event-queue.ts';
import type { Nanoseconds } from './time.ts';
import { LATEST } from './time.ts';

const INITIAL_CAPACITY = 256;

/**
 * A 4-ary min-heap in typed arrays, keyed by (time, push sequence). O(log n) per event whatever the times; the ladder's plain rival and its oracle.
 *
 * Four children share a cache line of keys, which halves the levels of a binary heap (LaMarca & Ladner, *The Influence of Caches on the
 * Performance of Heaps*, 1996).
 */
export class HeapQueue implements EventQueue {
  private horizonNs: Nanoseconds = LATEST;
  private readonly pool: EventPool;
  private times = new Float64Array(INITIAL_CAPACITY);
  private sequences = new Float64Array(INITIAL_CAPACITY);
  private slots = new Int32Array(INITIAL_CAPACITY);
  private size = 0;
  private nextSequence = 0;

  constructor(pool: EventPool) {
    this.pool = pool;
  }

  setHorizon(horizonNs: Nanoseconds): void {
    this.horizonNs = horizonNs;
  }

  push(slot: number): void {
    if (this.size === this.slots.length) this.grow();
    const { times, sequences, slots } = this;
    const time = this.pool.cells[slot << 2];
    let hole = this.size++;
    // The newest event has the greatest sequence, so it never rises past an equal time.
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      if (times[parent] <= time) break;
      times[hole] = times[parent]!;
      sequences[hole] = sequences[parent]!;
      slots[hole] = slots[parent]!;
      hole = parent;
    }
    times[hole] = time;
    sequences[hole] = this.nextSequence++;
    slots[hole] = slot;
  }

  pop(): number {
    if (this.size === 0 || this.times[0] > this.horizonNs) return 0;
    const slot = this.slots[0];
    this.size--;
    if (this.size > 0) this.sink(0, this.size);
    return slot;
  }

  /** What is not at the top of the heap is not in it. */
  refill(): boolean {
    return false;
  }

  compact(): void {
    const { times, sequences, slots, pool } = this;
    let kept = 0;
    for (let i = 0; i < this.size; i++) {
      const slot = slots[i];
      if (pool.isCancelled(slot)) {
        pool.releaseCancelled(slot);
        continue;
      }
      times[kept] = times[i]!;
      sequences[kept] = sequences[i]!;
      slots[kept] = slot;
      kept++;
    }
    this.size = kept;
    for (let i = (kept - 2) >> 2; i >= 0; i--) this.sink(i, i);
  }

  /** Puts the entry at `from` where it belongs below `hole`, in a heap of the present size. */
  private sink(start: number, from: number): void {
    const { times, sequences, slots, size } = this;
    const time = times[from];
    const sequence = sequences[from];
    const slot = slots[from];
    let hole = start;
    for (;;) {
      let child = hole * 4 + 1;
      if (child >= size) break;
      let least = child;
      let leastTime = times[child];
      const end = child + 4 < size ? child + 4 : size;
      for (child++; child < end; child++) {
        const t = times[child];
        if (t < leastTime || (t === leastTime && sequences[child] < sequences[least])) {
          least = child;
          leastTime = t;
        }
      }
      if (leastTime > time || (leastTime === time && sequences[least] > sequence)) break;
      times[hole] = leastTime;
      sequences[hole] = sequences[least]!;
      slots[hole] = slots[least]!;
      hole = least;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    slots[hole] = slot;
  }

  private grow(): void {
    const capacity = this.slots.length * 2;
    const times = new Float64Array(capacity);
    const sequences = new Float64Array(capacity);
    const slots = new Int32Array(capacity);
    times.set(this.times);
    sequences.set(this.sequences);
    slots.set(this.slots);
    this.times = times;
    this.sequences = sequences;
    this.slots = slots;
  }
}
