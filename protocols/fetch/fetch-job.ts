import type { LinkId } from '../../sim/network/flow-engine.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { ActivityIndex, ActivityLog } from '../../sim/serving/attribution.ts';
import type { ChunkGeometry } from '../placement/chunk-geometry.ts';
import type { SegmentPlan } from './segment-plan.ts';
import type { PeerNode } from '../systems/peer-node.ts';

/** Where a unit's KV came from: this node's own storage, other hosts, or nowhere (it must be recomputed). */
export type UnitOutcome = 'local' | 'remote' | 'missed';

/** One unit on its way to one request. */
export interface UnitFetch {
  readonly unit: ContextUnit;
  readonly geometry: ChunkGeometry;
  readonly job: FetchJob;
  /** Segments that have not landed in GPU memory yet. */
  segmentsLeft: number;
  /** Undefined while it is under way. */
  outcome: UnitOutcome | undefined;
  /** Some segment came from another host. */
  touchedNetwork: boolean;
  /** The activity whose end made it ready. */
  lastActivity: number;
  /** The request turned out not to need it. */
  cancelled: boolean;
  /** Asked for before the request reached the head of its queue. */
  prefetched: boolean;
  /** Given up because it had not come in time, though others have it. */
  late: boolean;
  /** Missed while another request was computing or storing it. */
  inComputation: boolean;
  /** Bytes of it that have come into this node's memory, from other hosts or its own storage. */
  arrivedBytes: number;
  /** Segments of it that have arrived and wait in host memory. */
  segmentsHeld: number;
  /** By segment: the step that brought it into GPU memory, where someone follows the job as it lands. */
  readonly landedBy: (ActivityIndex | undefined)[];
}

/** What a job cost, counted as it runs. */
export interface FetchCost {
  bytesRequested: number;
  /** Bytes that arrived in this node's memory from other hosts. */
  bytesFetched: number;
  /** Bytes given up: cancelled or failed under way, found corrupt, or sent by a second holder after the first. */
  bytesAbandoned: number;
  /** Segments asked of a second holder because the first was slow. */
  hedged: number;
  /** Segments that arrived with a wrong checksum. */
  corrupt: number;
  /** Segments that a busy holder sent this reader elsewhere for, and those that were not there. */
  redirected: number;
  stale: number;
  /** Of the bytes fetched, those from copies that a holder had named. */
  bytesFromCopies: number;
  lookups: number;
  hops: number;
  lookupNs: number;
  timeouts: number;
  /** Most distinct holders pulled from at one moment. */
  sourcesAtOnce: number;
  /** Greatest number of distinct holders over the job. */
  readonly holders: Set<number>;
}

/** What goes on, or is given up, with a batch that waits in host memory. */
interface HeldStep {
  readonly proceed: (releasedBy: ActivityIndex) => void;
  readonly dropped: () => void;
}

/** A set of units that one request wants on one node, asked for at one moment. */
export class FetchJob {
  readonly node: PeerNode;
  readonly activities: ActivityLog;
  readonly fetches: UnitFetch[];
  readonly startNs: number;
  /** The activity that released this job, -1 for the arrival itself. */
  readonly releasedBy: number;
  readonly cost: FetchCost = {
    bytesRequested: 0,
    bytesFetched: 0,
    bytesAbandoned: 0,
    hedged: 0,
    corrupt: 0,
    redirected: 0,
    stale: 0,
    bytesFromCopies: 0,
    lookups: 0,
    hops: 0,
    lookupNs: 0,
    timeouts: 0,
    sourcesAtOnce: 0,
    holders: new Set(),
  };
  /** Called as segments land in GPU memory. Where it is set, segments are fetched in the order of their layers. */
  onLanding: (() => void) | undefined = undefined;
  /** Units without an outcome. */
  unitsLeft: number;
  /** A further link that all its flows from other hosts cross: what bounds prefetching. */
  readonly budgetLink: LinkId | undefined;
  /** Steps from host memory to the GPU that wait until the request has room there; undefined where nothing waits. */
  #held: HeldStep[] | undefined;
  #dropped = false;
  /** What it pulls from other hosts; undefined where nothing is under way. */
  plan: SegmentPlan | undefined;
  /** The activity that gave it room in GPU memory; until then the one that released it. */
  roomGivenBy: ActivityIndex;
  /** What waits for `release`. */
  #whenReleased: (() => void)[] = [];
  /** Told when a unit has an outcome, and when all that is left of it is held in host memory. */
  readonly #onUnit: (fetch: UnitFetch) => void;

  /** @param ahead given for a job that fetches for a request which has no room in GPU memory yet: it is held in host memory until `release` */
  constructor(
    node: PeerNode,
    activities: ActivityLog,
    units: readonly { unit: ContextUnit; geometry: ChunkGeometry }[],
    startNs: number,
    releasedBy: number,
    onUnit: (fetch: UnitFetch) => void,
    ahead?: { readonly budgetLink: LinkId | undefined },
  ) {
    this.node = node;
    this.activities = activities;
    this.startNs = startNs;
    this.releasedBy = releasedBy;
    this.roomGivenBy = releasedBy;
    this.unitsLeft = units.length;
    this.#onUnit = onUnit;
    this.budgetLink = ahead?.budgetLink;
    this.#held = ahead === undefined ? undefined : [];
    this.fetches = units.map(({ unit, geometry }) => ({
      unit,
      geometry,
      job: this,
      segmentsLeft: geometry.segmentCount,
      outcome: undefined,
      touchedNetwork: false,
      lastActivity: releasedBy,
      cancelled: false,
      prefetched: ahead !== undefined,
      late: false,
      inComputation: false,
      arrivedBytes: 0,
      segmentsHeld: 0,
      landedBy: [],
    }));
  }

  /** Whether what arrives has to wait in host memory. `proceed` then goes on with it later, after the activity it is given, or `dropped` is called. */
  hold(units: readonly UnitFetch[], proceed: (releasedBy: ActivityIndex) => void, dropped: () => void): boolean {
    if (this.#held === undefined) return false;
    if (this.#dropped) dropped();
    else this.#held.push({ proceed, dropped });
    for (const unit of units) {
      unit.segmentsHeld++;
      if (unit.segmentsHeld === unit.segmentsLeft) this.#onUnit(unit);
    }
    return true;
  }

  /** Its request has no room in GPU memory yet. */
  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Calls back once there is room in GPU memory: now, where there is. */
  whenReleased(done: () => void): void {
    if (this.isHeld) this.#whenReleased.push(done);
    else done();
  }

  /** There is room in GPU memory now: what was held goes on, and what comes later need not wait. */
  release(releasedBy: ActivityIndex): void {
    const held = this.#held;
    if (held !== undefined) this.roomGivenBy = releasedBy;
    this.#held = undefined;
    for (const { proceed } of held ?? []) proceed(releasedBy);
    for (const each of this.#whenReleased.splice(0)) each();
  }

  /** Its request will never have room: what waits is given up, and so is what comes later. */
  drop(): void {
    this.#dropped = true;
    for (const { dropped } of this.#held?.splice(0) ?? []) dropped();
  }

  /** Segments of a unit have landed in GPU memory; `activity` is the last step that brought them. */
  landed(fetch: UnitFetch, segments: number, activity: number): void {
    fetch.segmentsLeft -= segments;
    if (fetch.segmentsLeft < 0) throw new Error(`unit ${fetch.unit.id}: more segments landed than it has`);
    if (fetch.outcome !== undefined) return;
    fetch.lastActivity = activity;
    if (fetch.segmentsLeft === 0) this.#settle(fetch, fetch.touchedNetwork ? 'remote' : 'local');
    this.onLanding?.();
  }

  /** A segment of the unit cannot be had: the unit must be recomputed. Later segments of it are ignored. */
  missed(fetch: UnitFetch, activity: number): void {
    if (fetch.outcome !== undefined) return;
    fetch.lastActivity = activity;
    this.#settle(fetch, 'missed');
  }

  #settle(fetch: UnitFetch, outcome: UnitOutcome): void {
    fetch.outcome = outcome;
    this.unitsLeft--;
    this.#onUnit(fetch);
  }
}
