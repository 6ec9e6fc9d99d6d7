import type { Nanoseconds } from '../kernel/time.ts';
import type { HostId } from './topology.ts';

const EMPTY = -1;
const NONE = -1;
const RECORD = 5;
const EXPOSED_UNTIL = 0;
const FIRST_TO = 1;
const FIRST_DELIVERY = 2;
const SECOND_TO = 3;
const SECOND_DELIVERY = 4;
const LEAST_SIZE = 256;
/** Places per pair in flight after a rebuild: the table is rebuilt when half full, so every 3 insertions pay for sweeping 8 places. */
const PLACES_PER_PAIR = 8;

/**
 * Latest delivery time of each (from, to) pair that has a message in flight, so that no message overtakes an earlier one of its pair.
 *
 * Most senders are *quiet* when they send: nothing that they sent before can still be overtaken, and nothing need be looked up. The first
 * two receivers since then are kept beside the sender (a node that acknowledges a message and passes another on has two); only with a third
 * before it is quiet again do its messages enter a table, a hash table with open addressing and linear probing. A pair whose latest delivery has passed constrains nothing and is forgotten when
 * the table is rebuilt: memory is that of the pairs in flight, not of all pairs that ever talked.
 */
export class PairOrder {
  readonly #hostCount: number;
  #pair = new Float64Array(LEAST_SIZE).fill(EMPTY);
  #latest = new Float64Array(LEAST_SIZE);
  /** The arrays of the table before, for a rebuild that needs the same size. */
  #sparePair = new Float64Array(LEAST_SIZE);
  #spareLatest = new Float64Array(LEAST_SIZE);
  #held = 0;

  /** A record per sender: until when an earlier message can be overtaken; receiver and delivery of the first message since then, or NONE if it is in the table, and of the second, or NONE. */
  readonly #senders: Float64Array;

  constructor(hostCount: number) {
    this.#hostCount = hostCount;
    this.#senders = new Float64Array(RECORD * hostCount);
  }

  /** Places of the table: memory is 16 bytes each. */
  get capacity(): number {
    return this.#pair.length;
  }

  /**
   * The time at which a message is delivered: `earliest`, or later if an earlier message of its pair is. Recorded.
   *
   * @param earliest when the message could arrive if it were alone
   * @param exposedUntil no message that the same sender sends at or after this time could arrive before this one
   */
  deliveryNs(from: HostId, to: HostId, earliest: Nanoseconds, now: Nanoseconds, exposedUntil: Nanoseconds): Nanoseconds {
    const senders = this.#senders;
    const record = RECORD * from;
    if (now >= senders[record + EXPOSED_UNTIL]) {
      senders[record + EXPOSED_UNTIL] = exposedUntil;
      senders[record + FIRST_TO] = to;
      senders[record + FIRST_DELIVERY] = earliest;
      senders[record + SECOND_TO] = NONE;
      return earliest;
    }
    if (exposedUntil > senders[record + EXPOSED_UNTIL]) senders[record + EXPOSED_UNTIL] = exposedUntil;
    const first = senders[record + FIRST_TO];
    if (first !== NONE) {
      if (first === to) return later(senders, record + FIRST_DELIVERY, earliest);
      const second = senders[record + SECOND_TO];
      if (second === to) return later(senders, record + SECOND_DELIVERY, earliest);
      if (second === NONE) {
        senders[record + SECOND_TO] = to;
        senders[record + SECOND_DELIVERY] = earliest;
        return earliest;
      }
      this.#record(from, first, senders[record + FIRST_DELIVERY], now);
      this.#record(from, second, senders[record + SECOND_DELIVERY], now);
      senders[record + FIRST_TO] = NONE;
    }
    return this.#record(from, to, earliest, now);
  }

  #record(from: HostId, to: HostId, earliest: Nanoseconds, now: Nanoseconds): Nanoseconds {
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
      if (pairs[slot] !== EMPTY && latest[slot] > now) kept++;
    }
    let size = LEAST_SIZE;
    while (size < PLACES_PER_PAIR * kept) size *= 2;
    if (this.#sparePair.length === size) {
      this.#pair = this.#sparePair.fill(EMPTY);
      this.#latest = this.#spareLatest;
    } else {
      this.#pair = new Float64Array(size).fill(EMPTY);
      this.#latest = new Float64Array(size);
    }
    this.#sparePair = pairs;
    this.#spareLatest = latest;
    this.#held = kept;
    for (let slot = 0; slot < pairs.length; slot++) {
      const pair = pairs[slot];
      if (pair === EMPTY || latest[slot] <= now) continue;
      const from = Math.floor(pair / this.#hostCount);
      const place = this.#find(pair, hash(from, pair - from * this.#hostCount));
      this.#pair[place] = pair;
      this.#latest[place] = latest[slot];
    }
  }
}

/** Multipliers of xxHash32 (primes with well-spread bits); the fold brings high bits down to where the mask looks. */
function hash(from: HostId, to: HostId): number {
  const mixed = Math.imul(from, 0x9e3779b1) ^ Math.imul(to, 0x85ebca77);
  return mixed ^ (mixed >>> 15);
}

/** Moves a delivery time on to `earliest`, or keeps it where it is later; returns it. */
function later(times: Float64Array, place: number, earliest: Nanoseconds): Nanoseconds {
  const delivery = Math.max(earliest, times[place]);
  times[place] = delivery;
  return delivery;
}
