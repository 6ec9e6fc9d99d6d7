/**
 * Where a request's time to first token went, by critical path.
 *
 * While a request is served, each thing done for it is recorded as an activity: an interval, its kind, and the activity whose end released
 * it. Walking back from the first token along those edges, each instant belongs to the activity whose end released the next
 * step. Time between the end of the releasing activity and the start of the released one is waiting for that step (a free
 * connection, a back-off) and counts as the step's kind. So the parts add up to the TTFT exactly, and none is a remainder.
 *
 * Work that ran beside the critical path is hidden: it is reported outside the sum.
 */
import type { Nanoseconds } from '../kernel/time.ts';

export const ACTIVITY_KINDS = ['routing', 'retrieval', 'queueing', 'lookup', 'transfer', 'copy', 'adjust', 'prefill'] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

/** Names an activity within its log. */
export type ActivityId = number;
/** Released by the arrival of the request itself. */
export const ARRIVAL: ActivityId = -1;

const CODE: Readonly<Record<ActivityKind, number>> = { routing: 0, retrieval: 1, queueing: 2, lookup: 3, transfer: 4, copy: 5, adjust: 6, prefill: 7 };
/** Numbers an activity takes in the log: kind, start, end, released by. */
const WIDTH = 4;

/** The activities of one request, in order of recording. */
export class ActivityLog {
  readonly #cells: number[] = [];

  get length(): number {
    return this.#cells.length / WIDTH;
  }

  /**
   * Records an activity that has ended.
   * @param releasedBy an activity recorded before, or ARRIVAL
   * @throws RangeError when it ends before it starts, or is released by an activity that is unknown or ended after it started
   */
  record(kind: ActivityKind, startNs: Nanoseconds, endNs: Nanoseconds, releasedBy: ActivityId): ActivityId {
    const id = this.length;
    if (!(startNs <= endNs)) throw new RangeError(`${kind} ends at ${endNs} ns, before its start at ${startNs} ns`);
    if (!(Number.isInteger(releasedBy) && releasedBy >= ARRIVAL && releasedBy < id)) {
      throw new RangeError(`${kind} is released by activity ${releasedBy}; expected one from ${ARRIVAL} to ${id - 1}`);
    }
    if (releasedBy !== ARRIVAL && this.endNs(releasedBy) > startNs) {
      throw new RangeError(`${kind} starts at ${startNs} ns, before the ${this.kind(releasedBy)} that released it ended, at ${this.endNs(releasedBy)} ns`);
    }
    this.#cells.push(CODE[kind], startNs, endNs, releasedBy);
    return id;
  }

  kind(id: ActivityId): ActivityKind {
    return ACTIVITY_KINDS[this.#cells[id * WIDTH]];
  }

  startNs(id: ActivityId): Nanoseconds {
    return this.#cells[id * WIDTH + 1];
  }

  endNs(id: ActivityId): Nanoseconds {
    return this.#cells[id * WIDTH + 2];
  }

  releasedBy(id: ActivityId): ActivityId {
    return this.#cells[id * WIDTH + 3];
  }
}

/** Whole nanoseconds by kind. */
export type TimeByKind = Record<ActivityKind, Nanoseconds>;

export interface Attribution {
  /** On the critical path; they add up to the TTFT. */
  readonly parts: TimeByKind;
  /** Beside it: time during which an activity of the kind ran, less what of it is in `parts`. */
  readonly hidden: TimeByKind;
}

/**
 * Splits the time from `arrivalNs` to the end of the activity `last`, which gave the first token.
 * @throws RangeError when the log has no such activity, or the path begins before the arrival
 */
export function attribute(log: ActivityLog, arrivalNs: Nanoseconds, last: ActivityId): Attribution {
  if (!(Number.isInteger(last) && last >= 0 && last < log.length)) throw new RangeError(`activity ${last} is not in a log of ${log.length}`);
  const parts = noTime();
  const onPath: { kind: ActivityKind; fromNs: Nanoseconds; toNs: Nanoseconds }[] = [];
  let toNs = log.endNs(last);
  for (let id = last; id !== ARRIVAL; id = log.releasedBy(id)) {
    const releasedBy = log.releasedBy(id);
    const fromNs = releasedBy === ARRIVAL ? arrivalNs : log.endNs(releasedBy);
    if (fromNs > toNs) throw new RangeError(`the critical path begins at ${toNs} ns, before the arrival at ${arrivalNs} ns`);
    parts[log.kind(id)] += toNs - fromNs;
    onPath.push({ kind: log.kind(id), fromNs, toNs });
    toNs = fromNs;
  }
  return { parts, hidden: hiddenTime(log, onPath) };
}

function hiddenTime(log: ActivityLog, onPath: readonly { kind: ActivityKind; fromNs: Nanoseconds; toNs: Nanoseconds }[]): TimeByKind {
  const hidden = noTime();
  const endNs = onPath[0].toNs;
  for (const kind of ACTIVITY_KINDS) {
    const intervals: [Nanoseconds, Nanoseconds][] = [];
    for (let id = 0; id < log.length; id++) {
      if (log.kind(id) === kind && log.startNs(id) < endNs) intervals.push([log.startNs(id), Math.min(endNs, log.endNs(id))]);
    }
    if (intervals.length === 0) continue;
    const path = onPath.filter((step) => step.kind === kind).map(({ fromNs, toNs }): [number, number] => [fromNs, toNs]);
    // Ran at all, on the path or beside it, less the path itself: what is left ran beside it only.
    hidden[kind] = unionLength([...intervals, ...path]) - unionLength(path);
  }
  return hidden;
}

/** Length of the union of half-open intervals. */
function unionLength(intervals: [Nanoseconds, Nanoseconds][]): Nanoseconds {
  intervals.sort(([a], [b]) => a - b);
  let length = 0;
  let reachedNs = -Infinity;
  for (const [fromNs, toNs] of intervals) {
    if (toNs <= reachedNs) continue;
    length += toNs - Math.max(fromNs, reachedNs);
    reachedNs = toNs;
  }
  return length;
}

function noTime(): TimeByKind {
  return { routing: 0, retrieval: 0, queueing: 0, lookup: 0, transfer: 0, copy: 0, adjust: 0, prefill: 0 };
}
