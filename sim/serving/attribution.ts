/**
 * Where a request's TTFT went, by critical path.
 *
 * Whoever handles a request records what happens to it as activities: a kind, an interval, and which earlier activity's end
 * released it. Walking back from the first token, each instant belongs to the activity whose end released the next step:
 * an activity A released by B owns the time from B's end to its own end, then the walk goes on at B, until it comes
 * to the arrival. So the parts add up to the TTFT exactly, and none is what is left over: an instant that no recorded activity
 * explains is an error.
 *
 * An activity may begin before its releaser ends (layer-wise overlap: prefill starts when the first layer has arrived, and
 * ends after the last one has). It then owns only what comes after; the rest ran in the shadow of the releaser.
 *
 * Work beside the critical path is *hidden*: per kind, the time in which some activity of that kind was going on, less the
 * time that the kind owns. Transfers from several sources at once count once. Hidden time is reported beside the parts,
 * never added to them.
 */
import type { Nanoseconds } from '../kernel/time.ts';

/** The parts of a TTFT, in the order in which a request meets them. */
export const ACTIVITY_KINDS = ['routing', 'retrieval', 'queueing', 'lookup', 'transfer', 'copy', 'adjust', 'prefill'] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

/** Position of a kind in `ACTIVITY_KINDS`: recorded instead of its name. */
export const Kind: Readonly<Record<ActivityKind, number>> = {
  routing: 0,
  retrieval: 1,
  queueing: 2,
  lookup: 3,
  transfer: 4,
  copy: 5,
  adjust: 6,
  prefill: 7,
};

/** Names an activity of one log; `ARRIVAL` stands for the arrival of the request. */
export type ActivityIndex = number;
export const ARRIVAL: ActivityIndex = -1;

/** Integer nanoseconds per kind, at the positions of `ACTIVITY_KINDS`. */
export interface Attribution {
  /** On the critical path. Adds up to the TTFT. */
  readonly parts: Float64Array;
  /** Beside it. */
  readonly hidden: Float64Array;
}

/** End of an activity that is still going on. */
const OPEN = -1;
const KINDS = ACTIVITY_KINDS.length;

const FIELDS = 4;
const KIND = 0;
const START = 1;
const END = 2;
const RELEASED_BY = 3;
const INITIAL_ACTIVITIES = 32;

/** The activities of one request. */
export class ActivityLog {
  #arrivalNs: Nanoseconds = 0;
  #length = 0;
  /** Four numbers an activity: see the offsets above. One array, since a log is made for every request. */
  #cells = new Float64Array(FIELDS * INITIAL_ACTIVITIES);

  /** Activities recorded so far. */
  get length(): number {
    return this.#length;
  }

  /** Forgets everything and starts at an arrival. */
  reset(arrivalNs: Nanoseconds): void {
    this.#arrivalNs = arrivalNs;
    this.#length = 0;
  }

  /**
   * Records an activity that is over.
   * @param releasedBy the activity whose end let this one proceed, or `ARRIVAL`.
   * @throws RangeError where it ends before it starts, or its releaser is unknown.
   */
  add(kind: number, startNs: Nanoseconds, endNs: Nanoseconds, releasedBy: ActivityIndex): ActivityIndex {
    const index = this.begin(kind, startNs, releasedBy);
    this.end(index, endNs);
    return index;
  }

  /** Records the start of an activity. It must be ended before it is on a critical path. */
  begin(kind: number, startNs: Nanoseconds, releasedBy: ActivityIndex): ActivityIndex {
    if (!(kind >= 0 && kind < KINDS)) throw new RangeError(`kind must be a position in ACTIVITY_KINDS, not ${kind}`);
    if (!(startNs >= this.#arrivalNs)) throw new RangeError(`an activity cannot start at ${startNs}, before the arrival at ${this.#arrivalNs}`);
    this.#checkReleaser(releasedBy);
    if (FIELDS * this.#length === this.#cells.length) this.#cells = enlarged(this.#cells);
    const index = this.#length;
    const cell = FIELDS * index;
    this.#cells[cell + KIND] = kind;
    this.#cells[cell + START] = startNs;
    this.#cells[cell + END] = OPEN;
    this.#cells[cell + RELEASED_BY] = releasedBy;
    this.#length += 1;
    return index;
  }

  /** Ends an activity. @param releasedBy where it is only known now what it had to wait for. */
  end(index: ActivityIndex, endNs: Nanoseconds, releasedBy: ActivityIndex = this.#cells[FIELDS * index + RELEASED_BY]): void {
    if (!(index >= 0 && index < this.#length)) throw new RangeError(`no activity ${index}: ${this.#length} are recorded`);
    if (!(endNs >= this.#cells[FIELDS * index + START])) throw new RangeError(`an activity that started at ${this.#cells[FIELDS * index + START]} cannot end at ${endNs}`);
    this.#checkReleaser(releasedBy);
    this.#cells[FIELDS * index + END] = endNs;
    this.#cells[FIELDS * index + RELEASED_BY] = releasedBy;
  }

  /** End of an activity; `ARRIVAL` ends at the arrival. @throws RangeError where it is still going on. */
  endNs(index: ActivityIndex): Nanoseconds {
    if (index === ARRIVAL) return this.#arrivalNs;
    const endNs = this.#cells[FIELDS * index + END];
    if (endNs === OPEN) throw new RangeError(`activity ${index} (${ACTIVITY_KINDS[this.#cells[FIELDS * index + KIND]]}) has not ended`);
    return endNs;
  }

  /** Of two activities that both had to end, the one that released what follows: the later. The first, where they tie. */
  later(a: ActivityIndex, b: ActivityIndex): ActivityIndex {
    return this.endNs(b) > this.endNs(a) ? b : a;
  }

  /**
   * Splits the time from the arrival to the end of `last`, which must be the first token.
   * @param into filled with the result, to save an allocation.
   * @throws RangeError where an instant belongs to no activity: one starts after its releaser has ended.
   */
  attribute(last: ActivityIndex, into: Attribution = newAttribution()): Attribution {
    const { parts, hidden } = into;
    parts.fill(0);
    hidden.fill(0);
    const firstTokenNs = this.endNs(last);
    let at = firstTokenNs;
    let steps = 0;
    for (let index = last; index !== ARRIVAL; index = this.#cells[FIELDS * index + RELEASED_BY]) {
      const releaser = this.#cells[FIELDS * index + RELEASED_BY];
      const releasedNs = this.endNs(releaser);
      const kind = this.#cells[FIELDS * index + KIND];
      if (releasedNs > at) throw new RangeError(`${this.#describe(index)} was released at ${releasedNs}, after it had ended`);
      if (this.#cells[FIELDS * index + START] > releasedNs) {
        throw new RangeError(`nothing is recorded between ${releasedNs}, when ${this.#describe(index)} was released, and its start`);
      }
      parts[kind] += at - releasedNs;
      at = releasedNs;
      steps += 1;
      if (steps > this.#length) throw new RangeError(`${this.#describe(index)} is released by itself, through others`);
    }
    for (let kind = 0; kind < KINDS; kind += 1) hidden[kind] = this.#unionNs(kind, firstTokenNs) - parts[kind];
    return into;
  }

  /** Time in which an activity of the kind was going on, until the first token. */
  #unionNs(kind: number, untilNs: Nanoseconds): Nanoseconds {
    // Activities are recorded nearly in order of their start: insertion sort of their positions is linear then.
    let count = 0;
    for (let index = 0; index < this.#length; index += 1) {
      if (this.#cells[FIELDS * index + KIND] !== kind || this.#cells[FIELDS * index + START] >= untilNs) continue;
      let slot = count;
      while (slot > 0 && this.#cells[FIELDS * scratch[slot - 1] + START] > this.#cells[FIELDS * index + START]) {
        scratch[slot] = scratch[slot - 1];
        slot -= 1;
      }
      scratch[slot] = index;
      count += 1;
    }
    let total = 0;
    let coveredNs = this.#arrivalNs;
    for (let position = 0; position < count; position += 1) {
      const index = scratch[position];
      const startNs = Math.max(coveredNs, this.#cells[FIELDS * index + START]);
      const endNs = this.#cells[FIELDS * index + END] === OPEN ? untilNs : Math.min(untilNs, this.#cells[FIELDS * index + END]);
      if (endNs > startNs) {
        total += endNs - startNs;
        coveredNs = endNs;
      }
    }
    return total;
  }

  #checkReleaser(releasedBy: ActivityIndex): void {
    if (!(releasedBy >= ARRIVAL && releasedBy < this.#length)) throw new RangeError(`no activity ${releasedBy} to be released by: ${this.#length} are recorded`);
  }

  #describe(index: ActivityIndex): string {
    return `activity ${index} (${ACTIVITY_KINDS[this.#cells[FIELDS * index + KIND]]} from ${this.#cells[FIELDS * index + START]} to ${this.#cells[FIELDS * index + END]})`;
  }
}

function enlarged(cells: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * cells.length);
  larger.set(cells);
  return larger;
}

/** Positions while sorting; shared, since nothing runs in between. */
const scratch: number[] = [];

export function newAttribution(): Attribution {
  return { parts: new Float64Array(KINDS), hidden: new Float64Array(KINDS) };
}
