/**
 * What holders send: of each request one fluid flow per storage tier, so that a slow disk does not hold back what is in memory. A segment stays
 * pinned at its holder until it has been sent, or will not be.
 */
import type { HostId } from '../../sim/network/topology.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { PinTicket } from '../store/store-entries.ts';
import type { GetMessage, ReplyMessage } from './fetch-messages.ts';
import type { SegmentFetcherWorld } from './fetch-options.ts';
import type { HolderBatch, TierFlow } from './holder-batch.ts';
import { sizeOf } from './segment-plan.ts';

/** What a holder can send from one tier: positions in the request, and the pins of what is there. */
interface Pinned {
  readonly tier: number;
  readonly positions: number[];
  readonly pins: (PinTicket | undefined)[];
}

/** How a flow ends that nobody has stopped. */
export type EndedByItself = Exclude<TransferOutcome, 'cancelled'>;

export class HolderFlows {
  readonly #world: SegmentFetcherWorld;
  readonly #onSegment: (part: number, flow: TierFlow) => void;
  readonly #onEnd: (outcome: EndedByItself, flow: TierFlow) => void;
  /** Flows that each host is sending. */
  readonly #sending: Int32Array;

  /**
   * @param onSegment told of each segment that has come, by its index among the flow's positions
   * @param onEnd told when a flow has ended by itself; not of one that `stop` has ended
   */
  constructor(world: SegmentFetcherWorld, onSegment: (part: number, flow: TierFlow) => void, onEnd: (outcome: EndedByItself, flow: TierFlow) => void) {
    this.#world = world;
    this.#onSegment = onSegment;
    this.#onEnd = onEnd;
    this.#sending = new Int32Array(world.nodes.length);
  }

  /**
   * Reads what a request names: pins what is here, and says what is not. A busy holder may know who else has a copy.
   *
   * @param isOpen whether the asker still waits; what nobody waits for is not pinned
   */
  read(host: HostId, asker: HostId, { transaction, segments, insist }: GetMessage, isOpen: boolean): { readonly reply: ReplyMessage; readonly pinned: readonly Pinned[] } {
    const { holdings } = this.#world.nodes[host];
    const copies = this.#sending[host] > 0 && insist !== true ? this.#world.copies : undefined;
    const absent: number[] = [];
    const elsewhere: [number, HostId][] = [];
    const pinned: Pinned[] = [];
    for (let position = 0; position < segments.length; position++) {
      const id = segments[position];
      const other = copies?.elsewhere(host, asker, id);
      if (other !== undefined) {
        elsewhere.push([position, other]);
        continue;
      }
      const { tier } = holdings.read(id);
      if (tier < 0) absent.push(position);
      else if (isOpen) {
        // At once: the next read may bring something up in its place.
        const ticket = holdings.pin(id);
        const fromTier = pinned.find((each) => each.tier === tier);
        if (fromTier === undefined) pinned.push({ tier, positions: [position], pins: [ticket] });
        else {
          fromTier.positions.push(position);
          fromTier.pins.push(ticket);
        }
      }
    }
    return { reply: { transaction, absent, ...(elsewhere.length > 0 ? { elsewhere } : {}) }, pinned };
  }

  /** Starts sending what has been pinned for a batch. */
  send(holderBatch: HolderBatch, pinned: readonly Pinned[]): void {
    for (const fromTier of pinned) this.#sendFrom(holderBatch, fromTier);
  }

  #sendFrom(holderBatch: HolderBatch, { tier, positions, pins }: Pinned): void {
    const { job } = holderBatch.plan;
    const partBytes = positions.map((position) => {
      holderBatch.wanted[position].unit.touchedNetwork = true;
      return sizeOf(holderBatch.wanted[position]);
    });
    const flow: TierFlow = { holderBatch, tier, positions, pins, leftBytes: 0, activity: holderBatch.releasedBy, id: 0 };
    for (const bytes of partBytes) flow.leftBytes += bytes;
    const { readLink, latencyNs } = this.#world.nodes[holderBatch.holder].tiers[tier];
    flow.id = this.#world.network.transfer(
      {
        from: holderBatch.holder,
        to: job.node.host,
        sizeBytes: flow.leftBytes,
        partBytes,
        extraLinks: job.budgetLink === undefined ? [readLink] : [readLink, job.budgetLink],
        extraLatencyNs: latencyNs,
      },
      this.#onFlowEnd,
      flow,
      this.#onSegment,
    );
    holderBatch.flows.push(flow);
    this.#sending[holderBatch.holder]++;
  }

  /** A segment of a flow has come. Returns its position in the batch. */
  arrived(flow: TierFlow, part: number): number {
    const position = flow.positions[part];
    this.#unpin(flow, part);
    flow.leftBytes -= sizeOf(flow.holderBatch.wanted[position]);
    return position;
  }

  /** Stops a flow; what it has not brought is wasted. */
  stop(flow: TierFlow): void {
    this.#world.network.cancelTransfer(flow.id);
    this.#endOf(flow);
    flow.holderBatch.plan.job.cost.bytesAbandoned += flow.leftBytes;
  }

  readonly #onFlowEnd = (outcome: TransferOutcome, flow: TierFlow): void => {
    for (let part = 0; part < flow.pins.length; part++) this.#unpin(flow, part);
    // `stop` does the rest.
    if (outcome === 'cancelled') return;
    this.#endOf(flow);
    if (outcome === 'failed') flow.holderBatch.plan.job.cost.bytesAbandoned += flow.leftBytes;
    this.#onEnd(outcome, flow);
  };

  #endOf(flow: TierFlow): void {
    const { holder, flows } = flow.holderBatch;
    this.#sending[holder]--;
    flows.splice(flows.indexOf(flow), 1);
  }

  /** The holder has sent this segment, or will not. */
  #unpin({ holderBatch, positions, pins }: TierFlow, part: number): void {
    const ticket = pins[part];
    if (ticket === undefined) return;
    pins[part] = undefined;
    const { unit, segment } = holderBatch.wanted[positions[part]];
    this.#world.nodes[holderBatch.holder].holdings.unpin(this.#world.geometries.segmentId(unit.unit.id, segment), ticket);
  }
}
