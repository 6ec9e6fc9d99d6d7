import type { HostId } from '../../sim/network/topology.ts';
import type { FetchJob, UnitFetch } from './fetch-job.ts';

/** How many transfers one job may have open. */
export interface SourceLimits {
  /** Distinct holders at once. */
  readonly sources: number;
  /** Connections to one holder at once. */
  readonly connectionsPerSource: number;
}

/** Life of one segment within one job. */
export type SegmentState = 'locating' | 'pending' | 'in-flight' | 'settled';

/** One segment that a job wants from other hosts. */
export interface WantedSegment {
  readonly unit: UnitFetch;
  readonly segment: number;
  /** Changed by `SegmentPlan.move` alone, which keeps count. */
  state: SegmentState;
  /** Hosts believed to hold it, nearest to its key first. */
  holders: readonly HostId[];
  /** Bit i: holders[i] was asked and could not serve it. */
  triedMask: number;
  /** Lookups made for it so far. */
  attempts: number;
  /** Some holder failed to send it, as opposed to not having it. */
  failed: boolean;
  /** Holders that have been asked for it and may still send it: two once it is hedged. */
  copies: number;
  /** Holders that were named by another one, which sent this segment there, by holder. */
  namedBy: Map<HostId, HostId> | undefined;
}

/** Holders of a segment that one bit mask can tell apart. */
const HOLDERS_MAX = 30;
const NOBODY: readonly HostId[] = [];

/** Bytes of a wanted segment, as stored and sent. */
export const sizeOf = ({ unit, segment }: WantedSegment): number => unit.geometry.segmentBytes[segment];

/** Segments still to be had for one job, and which holder to ask for which of them next. */
export class SegmentPlan {
  readonly job: FetchJob;
  readonly segments: WantedSegment[] = [];
  /** Holders being pulled from now, each with its number of connections. */
  readonly active = new Map<HostId, number>();
  lookupsLeft = 0;
  /** Segments in the state `pending`. */
  pending = 0;
  /** The activity that the next batch waits for: the lookups, later the batch that freed a connection. */
  releasedBy: number;
  /** A dispatch is scheduled. */
  gathering = false;
  #byLayer = false;

  constructor(job: FetchJob) {
    this.job = job;
    this.releasedBy = job.releasedBy;
  }

  want(unit: UnitFetch, segment: number): WantedSegment {
    const wanted: WantedSegment = { unit, segment, state: 'locating', holders: NOBODY, triedMask: 0, attempts: 0, failed: false, copies: 0, namedBy: undefined };
    this.segments.push(wanted);
    return wanted;
  }

  /** Asks for the segments of the first layers first. */
  orderByLayer(): void {
    const firstLayer = ({ unit, segment }: WantedSegment): number => unit.geometry.segmentFirstLayer[segment];
    this.#byLayer = true;
    this.segments.sort((a, b) => firstLayer(a) - firstLayer(b));
  }

  move(segment: WantedSegment, state: SegmentState): void {
    if (segment.state === 'pending') this.pending--;
    if (state === 'pending') this.pending++;
    segment.state = state;
  }

  /** This holder lacks the segment, or will not send it: others may be asked, unless one is sending it already. */
  passOn(segment: WantedSegment, holder: HostId): void {
    SegmentPlan.markTried(segment, holder);
    if (segment.state === 'in-flight' && segment.copies === 0) this.move(segment, 'pending');
  }

  /** This holder named another one that has a copy: it may be asked as well. If nobody sends it in the end, it is looked up again. */
  sendTo(segment: WantedSegment, holder: HostId, other: HostId): void {
    if (!segment.holders.includes(other) && segment.holders.length < HOLDERS_MAX) {
      segment.holders = [...segment.holders, other];
      segment.namedBy ??= new Map<HostId, HostId>();
      segment.namedBy.set(other, holder);
    }
    this.fail(segment, holder);
  }

  /** The same where the holder should have sent it and did not. */
  fail(segment: WantedSegment, holder: HostId): void {
    segment.failed = true;
    this.passOn(segment, holder);
  }

  /** Is this segment still worth asking for? */
  static isOpen(segment: WantedSegment): boolean {
    return segment.state === 'pending' && segment.unit.outcome === undefined && !segment.unit.cancelled;
  }

  /** Could this holder serve it, as far as is known? */
  static canServe(segment: WantedSegment, holder: HostId): boolean {
    const index = segment.holders.indexOf(holder);
    return index >= 0 && (segment.triedMask & (1 << index)) === 0;
  }

  static markTried(segment: WantedSegment, holder: HostId): void {
    const index = segment.holders.indexOf(holder);
    if (index >= 0) segment.triedMask |= 1 << index;
  }

  /** Every known holder was asked in vain. */
  static isExhausted(segment: WantedSegment): boolean {
    return segment.triedMask === (1 << segment.holders.length) - 1;
  }

  /** Is any segment still worth asking for? */
  get hasOpen(): boolean {
    return this.pending > 0 && this.segments.some((segment) => SegmentPlan.isOpen(segment));
  }

  /**
   * The holder to pull from next: among those within the limits, the one with the least load; of equals, the one that can serve most
   * open segments, then the one whose turn it is (`rotation`, so that equals share the work).
   */
  chooseHolder(limits: SourceLimits, loadOf: (holder: HostId) => number, rotation: number): HostId | undefined {
    if (this.pending === 0) return undefined;
    const full = this.active.size >= limits.sources;
    // With one connection each there is none left then.
    if (full && limits.connectionsPerSource === 1) return undefined;
    servable.length = 0;
    for (const segment of this.segments) {
      if (!SegmentPlan.isOpen(segment)) continue;
      const { holders, triedMask } = segment;
      for (let i = 0; i < holders.length; i++) {
        if ((triedMask & (1 << i)) !== 0) continue;
        const holder = holders[i];
        const seen = servableCount[holder] ?? 0;
        if (seen === 0) servable.push(holder);
        servableCount[holder] = seen + 1;
      }
    }
    let best: HostId | undefined;
    let bestLoad = 0;
    let bestCount = 0;
    let bestTurn = 0;
    for (const holder of servable) {
      const count = servableCount[holder];
      servableCount[holder] = 0;
      const connections = this.active.get(holder) ?? 0;
      if (connections >= limits.connectionsPerSource || (full && connections === 0)) continue;
      const load = loadOf(holder);
      // Nothing can be asked of it at present.
      if (load === Infinity) continue;
      const turn = Math.imul(holder ^ rotation, 0x9e3779b1) >>> 0;
      if (best === undefined || load < bestLoad || (load === bestLoad && (count > bestCount || (count === bestCount && turn < bestTurn)))) {
        best = holder;
        bestLoad = load;
        bestCount = count;
        bestTurn = turn;
      }
    }
    return best;
  }

  /**
   * Segments to ask this holder for: its share of what is open. A share is what each of the free connections would get of all
   * open segments, so that the last ones do not queue behind one holder while others idle; and no more than the connections still
   * free to this holder would get each of what it can serve, so that the first does not take what the others came for. `fits` says how many of them, from
   * the first, there is room for.
   */
  takeFor(holder: HostId, limits: SourceLimits, fits?: (segments: readonly WantedSegment[]) => number): WantedSegment[] {
    let open = 0;
    const fitting: WantedSegment[] = [];
    for (const segment of this.segments) {
      if (!SegmentPlan.isOpen(segment)) continue;
      open++;
      if (SegmentPlan.canServe(segment, holder)) fitting.push(segment);
    }
    let connections = 0;
    for (const count of this.active.values()) connections += count;
    const free = limits.sources * limits.connectionsPerSource - connections;
    const freeHere = limits.connectionsPerSource - (this.active.get(holder) ?? 0);
    const share = Math.min(Math.ceil(open / Math.max(1, free)), Math.ceil(fitting.length / Math.max(1, freeHere)));
    // Those with the fewest other holders first: they have nowhere else to go.
    if (fitting.length > 1) fitting.sort((a, b) => untried(a) - untried(b));
    // In the order of layers, each connection takes some of all of them: those taken together are sent side by side.
    const stride = this.#byLayer ? Math.max(1, Math.floor(fitting.length / Math.max(1, share))) : 1;
    const taken: WantedSegment[] = [];
    for (let i = 0; i < fitting.length && taken.length < share; i += stride) taken.push(fitting[i]);
    if (fits !== undefined) taken.length = fits(taken);
    for (const segment of taken) this.move(segment, 'in-flight');
    return taken;
  }
}

/** Scratch of `chooseHolder`: holders seen, and by host how many open segments each can serve. Zero between calls. */
const servable: HostId[] = [];
const servableCount: number[] = [];

function untried(segment: WantedSegment): number {
  let count = 0;
  for (let i = 0; i < segment.holders.length; i++) if ((segment.triedMask & (1 << i)) === 0) count++;
  return count;
}
