/** A small binary heap of things due at times; among equal times the first pushed comes first. */
import type { Nanoseconds } from '../sim/kernel/time.ts';

interface Entry<T> {
  readonly timeNs: Nanoseconds;
  readonly sequence: number;
  readonly value: T;
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.timeNs < b.timeNs || (a.timeNs === b.timeNs && a.sequence < b.sequence);
}

/** Push in any order, pop in order of time. */
export class TimedHeap<T> {
  readonly #entries: Entry<T>[] = [];
  #sequence = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** Infinity where it is empty. */
  get nextTimeNs(): Nanoseconds {
    return this.#entries[0]?.timeNs ?? Infinity;
  }

  push(timeNs: Nanoseconds, value: T): void {
    const entries = this.#entries;
    const entry = { timeNs, sequence: this.#sequence++, value };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, entries[parent])) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  /** @throws RangeError where it is empty. */
  pop(): T {
    const entries = this.#entries;
    if (entries.length === 0) throw new RangeError('pop of an empty heap: expected at least one entry');
    const first = entries[0];
    const last = entries.pop()!;
    if (entries.length > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= entries.length) break;
        if (child + 1 < entries.length && before(entries[child + 1], entries[child])) child++;
        if (!before(entries[child], last)) break;
        entries[at] = entries[child]!;
        at = child;
      }
      entries[at] = last;
    }
    return first.value;
  }
}
