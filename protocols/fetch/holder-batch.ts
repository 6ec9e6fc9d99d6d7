import type { EventHandle } from '../../sim/kernel/handler.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { ConnectionId } from '../../sim/network/connection-pool.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { TransferId } from '../../sim/network/transfers.ts';
import type { ActivityIndex } from '../../sim/serving/attribution.ts';
import type { PinTicket } from '../store/store-entries.ts';
import type { SegmentPlan, WantedSegment } from './segment-plan.ts';

/** Segments asked of one holder, from the request until the last byte has come or the holder is given up. */
export class HolderBatch {
  readonly plan: SegmentPlan;
  readonly holder: HostId;
  readonly wanted: readonly WantedSegment[];
  readonly transaction: number;
  readonly startNs: Nanoseconds;
  readonly releasedBy: number;
  readonly sizeBytes: number;
  readonly flows: TierFlow[] = [];
  /** By position in `wanted`: may it still come? */
  readonly #isLeft: boolean[];
  timer: EventHandle = 0;
  hedgeTimer: EventHandle = 0;
  connection: ConnectionId = 0;
  replied = false;
  /** Flows whose holder cannot read on, and has said so by a message under way. */
  failing = 0;
  /** Bytes of flows that have ended. */
  arrivedBytes = 0;
  /** Bytes that had come when the timer was last set. */
  seenBytes = 0;
  open = true;

  constructor(plan: SegmentPlan, holder: HostId, wanted: readonly WantedSegment[], transaction: number, startNs: Nanoseconds, sizeBytes: number) {
    this.plan = plan;
    this.holder = holder;
    this.wanted = wanted;
    this.transaction = transaction;
    this.startNs = startNs;
    this.releasedBy = plan.releasedBy;
    this.sizeBytes = sizeBytes;
    this.#isLeft = wanted.map(() => true);
  }

  isLeft(position: number): boolean {
    return this.#isLeft[position];
  }

  /** Positions in `wanted` that may still come. */
  get left(): number[] {
    return [...this.wanted.keys()].filter((position) => this.#isLeft[position]);
  }

  /** This one will not come any more, or has come. False where that is known. */
  takeOut(position: number): boolean {
    if (!this.#isLeft[position]) return false;
    this.#isLeft[position] = false;
    return true;
  }
}

/** What a holder sends from one of its tiers. */
export interface TierFlow {
  readonly holderBatch: HolderBatch;
  readonly tier: number;
  /** Indices into the holder batch's `wanted`, in the order of sending. */
  readonly positions: readonly number[];
  /** Beside `positions`: the holder's pins of what it has not sent whole; undefined for what it has. */
  readonly pins: (PinTicket | undefined)[];
  /** Bytes that have not come. */
  leftBytes: number;
  /** The last segment's arrival. */
  activity: ActivityIndex;
  id: TransferId;
}
