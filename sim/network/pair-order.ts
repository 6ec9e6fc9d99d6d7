import type { Nanoseconds } from '../kernel/time.ts';
import type { HostId } from './topology.ts';

const EMPTY = -1;

/**
 * Latest delivery time of each (from, to) pair that has a message in flight, so that no message overtakes an earlier one of its pair.
 *
 * An open-addressing hash table with linear probing. A pair whose latest delivery lies in the past constrains nothing and is forgotten
 * when the table is rebuilt: memory is that of the pairs in flight, not of all pairs that ever talked.
 */
export class PairOrder {
  readonly #hostCount: number;
  #pair = new Float64Array(256).fill(EMPTY);
  #latest = new Float64Array(256);
  #held = 0;

  constructor(hostCount: number) {
    this.#hostCount = hostCount;
  }

  /** The time at which a message that could arrive at `earliest` is delivered: not before the last one of its pair. Recorded. */
  deliveryNs(from: HostId, to: HostId, earliest: Nanoseconds, now: Nanoseconds): Nanoseconds {
    const pair = from * this.#hostCount + to;
    const slot = this.#find(pair, hash(from, to));
    if (this.#pair[slot] === pair) {
      const delivery = Math.max(earliest, this.#latest[slot]);
      this.#latest[slot] = delivery;
      return delivery;
    }
    this.#pair[slot] = pair;
    this.#latest[slot] = earliest;
    if (2 * ++this.#held > this.#pair.length) this.#rebuild(now);
    return earliest;
  }

  #find(pair: number, start: number): number {
    const mask = this.#pair.length - 1;
    let slot = start & mask;
    while (this.#pair[slot] !== pair && this.#pair[slot] !== EMPTY) slot = (slot + 1) & mask;
    return slot;
  }

  #rebuild(now: Nanoseconds): void {
    const pairs = this.#pair;
    const latest = this.#latest;
    let kept = 0;
    for (let slot = 0; slot < pairs.length; slot++) {
      if (pairs[slot] !== EMPTY && latest[slot] >= now) kept++;
    }
    let size = 256;
    while (size < 4 * kept) size *= 2;
    this.#pair = new Float64Array(size).fill(EMPTY);
    this.#latest = new Float64Array(size);
    this.#held = kept;
    for (let slot = 0; slot < pairs.length; slot++) {
      const pair = pairs[slot];
      if (pair === EMPTY || latest[slot] < now) continue;
      const from = Math.floor(pair / this.#hostCount);
      const place = this.#find(pair, hash(from, pair - from * this.#hostCount));
      this.#pair[place] = pair;
      this.#latest[place] = latest[slot]!;
    }
  }
}

/** Multipliers of xxHash32 (primes with well-spread bits); the fold brings high bits down to where the mask looks. */
function hash(from: HostId, to: HostId): number {
  const mixed = Math.imul(from, 0x9e3779b1) ^ Math.imul(to, 0x85ebca77);
  return mixed ^ (mixed >>> 15);
}
