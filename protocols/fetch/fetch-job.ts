import type { ContextUnit } from '../../sim/serving/request.ts';
import type { ActivityLog } from '../../sim/serving/attribution.ts';
import type { ChunkGeometry } from '../placement/chunk-geometry.ts';
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
  /** Missed while another request was computing or storing it. */
  inComputation: boolean;
  /** When its outcome was known; -1 before. */
  settledNs: number;
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
  lookups: number;
  hops: number;
  lookupNs: number;
  timeouts: number;
  /** Most distinct holders pulled from at one moment. */
  sourcesAtOnce: number;
  /** Greatest number of distinct holders over the job. */
  readonly holders: Set<number>;
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
    lookups: 0,
    hops: 0,
    lookupNs: 0,
    timeouts: 0,
    sourcesAtOnce: 0,
    holders: new Set(),
  };
  /** Units without an outcome. */
  unitsLeft: number;
  readonly #onUnit: (fetch: UnitFetch) => void;

  constructor(
    node: PeerNode,
    activities: ActivityLog,
    units: readonly { unit: ContextUnit; geometry: ChunkGeometry }[],
    startNs: number,
    releasedBy: number,
    onUnit: (fetch: UnitFetch) => void,
  ) {
    this.node = node;
    this.activities = activities;
    this.startNs = startNs;
    this.releasedBy = releasedBy;
    this.unitsLeft = units.length;
    this.#onUnit = onUnit;
    this.fetches = units.map(({ unit, geometry }) => ({
      unit,
      geometry,
      job: this,
      segmentsLeft: geometry.segmentBytes.length,
      outcome: undefined,
      touchedNetwork: false,
      lastActivity: releasedBy,
      cancelled: false,
      prefetched: false,
      inComputation: false,
      settledNs: -1,
    }));
  }

  /** Segments of a unit have landed in GPU memory; `activity` is the last step that brought them. */
  landed(fetch: UnitFetch, segments: number, activity: number): void {
    fetch.segmentsLeft -= segments;
    if (fetch.segmentsLeft < 0) throw new Error(`unit ${fetch.unit.id}: more segments landed than it has`);
    if (fetch.outcome !== undefined) return;
    fetch.lastActivity = activity;
    if (fetch.segmentsLeft === 0) this.#settle(fetch, fetch.touchedNetwork ? 'remote' : 'local');
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
