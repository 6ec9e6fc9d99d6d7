import { byteWorkNs } from '../../sim/hardware/host-cpu.ts';
import type { EventHandle, Handler } from '../../sim/kernel/handler.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { ConnectionId, ConnectOutcome } from '../../sim/network/connection-pool.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { Network } from '../../sim/network/network.ts';
import type { TransferId, TransferOutcome } from '../../sim/network/transfers.ts';
import type { ActivityIndex } from '../../sim/serving/attribution.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { StorageNode } from '../systems/storage-node.ts';
import type { FetchJob } from './fetch-job.ts';
import type { KvLanding } from './kv-landing.ts';
import type { Location, Locator } from './locator.ts';
import { SegmentBatch } from './segment-batch.ts';
import { SegmentPlan } from './segment-plan.ts';
import type { SourceLimits, WantedSegment } from './segment-plan.ts';
import { recordStep } from './activity-step.ts';

/** How a job pulls its segments. Every field is a config key under `fetch`. */
export interface FetchOptions extends SourceLimits {
  /** `least-loaded`: fewest bytes outstanding from this node; `random`; `nearest`: lowest latency. */
  readonly choice: 'least-loaded' | 'random' | 'nearest';
  /** A holder that sends nothing for this long is given up. */
  readonly timeoutNs: Nanoseconds;
  /** Further lookups of a segment after failures, with exponential backoff. */
  readonly retries: number;
  readonly backoffNs: Nanoseconds;
  /** A holder that has not sent everything by then is helped: what is missing is asked of another replica too. Infinity never. */
  readonly hedgeNs: Nanoseconds;
  /** Asking starts when all lookups have ended, or this long after the first one has. */
  readonly gatherNs: Nanoseconds;
}

interface GetMessage {
  readonly transaction: number;
  readonly segments: readonly number[];
}

interface ReplyMessage {
  readonly transaction: number;
  /** Positions, within the request, of segments the holder lacks. */
  readonly absent: readonly number[];
}

/** A reader tells a holder that a segment's checksum was wrong. */
interface BadMessage {
  readonly segment: number;
}

/** Segments asked of one holder, from the request until the last byte has come or the holder is given up. */
class HolderBatch {
  readonly plan: SegmentPlan;
  readonly holder: HostId;
  readonly wanted: readonly WantedSegment[];
  readonly transaction: number;
  readonly startNs: Nanoseconds;
  readonly releasedBy: number;
  readonly sizeBytes: number;
  readonly flows: TierFlow[] = [];
  /** Positions in `wanted` that may still come. */
  readonly left: Set<number>;
  timer: EventHandle = 0;
  hedgeTimer: EventHandle = 0;
  connection: ConnectionId = 0;
  replied = false;
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
    this.left = new Set(wanted.keys());
  }
}

/** What a holder sends from one of its tiers. */
interface TierFlow {
  readonly holderBatch: HolderBatch;
  /** Indices into the holder batch's `wanted`, in the order of sending. */
  readonly positions: readonly number[];
  /** Bytes that have not come. */
  leftBytes: number;
  /** The last segment's arrival. */
  activity: ActivityIndex;
  id: TransferId;
}

/** A segment that came with a wrong checksum. */
interface Rejection {
  readonly plan: SegmentPlan;
  readonly segment: WantedSegment;
  readonly holder: HostId;
  readonly activity: ActivityIndex;
  readonly startNs: Nanoseconds;
}

/** What the fetcher needs of the system around it. */
export interface SegmentFetcherWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly locator: Locator;
  /** By host id: every host that may hold or want segments. */
  readonly nodes: readonly StorageNode[];
  readonly geometries: ChunkGeometries;
  readonly landing: KvLanding;
}

/**
 * Pulls segments from the hosts that hold them. For each job: locate every segment (in the overlay, or at the one store there is), ask as many holders at once
 * as `sources` allows, give each its share, pass on to another replica what a holder lacks or fails to send, and report what
 * no replica has. A holder answers with one fluid flow per storage tier, so that a slow disk does not hold back what is in memory.
 */
export class SegmentFetcher {
  readonly #world: SegmentFetcherWorld;
  readonly #options: FetchOptions;
  readonly #get: MessageType<GetMessage>;
  readonly #reply: MessageType<ReplyMessage>;
  readonly #gathered: Handler<SegmentPlan>;
  readonly #bad: MessageType<BadMessage>;
  readonly #expired: Handler<HolderBatch>;
  readonly #slow: Handler<HolderBatch>;
  readonly #rejected: Handler<Rejection>;
  readonly #retry: Handler<{ plan: SegmentPlan; segment: WantedSegment }>;
  readonly #open = new Map<number, HolderBatch>();
  readonly #plans = new Map<FetchJob, SegmentPlan>();
  readonly #outstanding: Float64Array;
  readonly #random: RandomStream;
  #lastTransaction = 0;

  constructor(world: SegmentFetcherWorld, options: FetchOptions) {
    this.#world = world;
    this.#options = options;
    const { sim, network, nodes } = world;
    this.#outstanding = new Float64Array(nodes.length * nodes.length);
    this.#random = sim.random.stream('fetch');
    this.#get = network.messageType<GetMessage>('fetch.get', this.#onGet.bind(this));
    this.#reply = network.messageType<ReplyMessage>('fetch.reply', this.#onReply.bind(this));
    const hostOf = (plan: SegmentPlan): number => plan.job.node.host;
    this.#gathered = sim.handler('fetch.gathered', this.#dispatch.bind(this), hostOf);
    this.#bad = network.messageType<BadMessage>('fetch.bad', (to, _from, { segment }) => {
      nodes[to].holdings.remove(segment);
      nodes[to].corruption.clear(segment);
    });
    this.#slow = sim.handler('fetch.slow', this.#hedge.bind(this), (batch) => batch.transaction);
    this.#rejected = sim.handler('fetch.rejected', this.#onRejected.bind(this), ({ plan }) => hostOf(plan));
    this.#expired = sim.handler('fetch.expired', this.#onTimer.bind(this), (batch) => batch.transaction);
    this.#retry = sim.handler('fetch.retry', ({ plan, segment }) => { this.#locate(plan, segment); }, ({ plan }) => hostOf(plan));
  }

  /** Bytes this node still waits for, from all holders. */
  outstandingBytes(host: HostId): number {
    const { length } = this.#world.nodes;
    let sum = 0;
    for (let holder = 0; holder < length; holder++) sum += this.#outstanding[host * length + holder];
    return sum;
  }

  /** Starts pulling the plan's segments. Their units' jobs hear of each as it lands or is missed. */
  start(plan: SegmentPlan): void {
    if (plan.segments.length === 0) return;
    this.#plans.set(plan.job, plan);
    plan.lookupsLeft = plan.segments.length;
    for (const segment of plan.segments) this.#locate(plan, segment);
  }

  /** Stops what no unit of the job wants any more. */
  cancel(job: FetchJob): void {
    for (const batch of this.#open.values()) {
      if (batch.plan.job === job && !batch.wanted.some((segment) => !segment.unit.cancelled)) this.#abandon(batch);
    }
    const plan = this.#plans.get(job);
    if (plan !== undefined) this.#dispatch(plan);
  }

  #locate(plan: SegmentPlan, segment: WantedSegment): void {
    plan.move(segment, 'locating');
    segment.attempts++;
    this.#world.locator.locate(plan.job.node.host, segment.unit.unit.id, segment.segment, segment.attempts > 1, (location) => {
      this.#onLocated(plan, segment, location);
    });
  }

  #onLocated(plan: SegmentPlan, segment: WantedSegment, location: Location): void {
    const { cost } = plan.job;
    cost.lookups++;
    cost.hops += location.hops;
    cost.lookupNs += location.latencyNs;
    cost.timeouts += location.timeouts;
    segment.holders = location.holders;
    segment.triedMask = 0;
    plan.move(segment, 'pending');
    plan.lookupsLeft--;
    if (plan.lookupsLeft > 0 && plan.gathering) return;
    // The last lookup need not wait for the gathering that the first one began.
    this.#world.sim.schedule(plan.lookupsLeft > 0 ? this.#options.gatherNs : 0, this.#gathered, plan);
    plan.gathering = true;
  }

  /** Asks as many holders as there are connections free. */
  #dispatch(plan: SegmentPlan): void {
    const { sim } = this.#world;
    const { job } = plan;
    if (plan.gathering) {
      plan.gathering = false;
      if (plan.releasedBy === job.releasedBy && sim.now > job.startNs) {
        plan.releasedBy = recordStep(job.activities, 'lookup', job.startNs, sim.now, job.releasedBy);
      }
    }
    this.#giveUpExhausted(plan);
    for (;;) {
      const holder = plan.chooseHolder(this.#options, (host) => this.#loadOf(job.node.host, host), this.#random.integer(0x40000000));
      if (holder === undefined) break;
      this.#askHolder(plan, holder);
    }
    if (plan.active.size === 0 && plan.lookupsLeft === 0 && plan.openSegments().length === 0) this.#plans.delete(job);
  }

  #loadOf(host: HostId, holder: HostId): number {
    if (this.#options.choice === 'least-loaded') return this.#outstanding[host * this.#world.nodes.length + holder];
    return this.#options.choice === 'nearest' ? this.#world.network.latencyNs(host, holder) : 0;
  }

  #askHolder(plan: SegmentPlan, holder: HostId): void {
    const { sim, network } = this.#world;
    const { job } = plan;
    const wanted = plan.takeFor(holder, this.#options);
    let sizeBytes = 0;
    for (const segment of wanted) {
      segment.copies++;
      sizeBytes += segment.unit.geometry.segmentBytes[segment.segment];
    }
    const batch = new HolderBatch(plan, holder, wanted, ++this.#lastTransaction, sim.now, sizeBytes);
    plan.active.set(holder, (plan.active.get(holder) ?? 0) + 1);
    this.#open.set(batch.transaction, batch);
    this.#outstanding[job.node.host * this.#world.nodes.length + holder] += sizeBytes;
    job.cost.bytesRequested += sizeBytes;
    job.cost.holders.add(holder);
    job.cost.sourcesAtOnce = Math.max(job.cost.sourcesAtOnce, plan.active.size);
    network.connections.acquire(job.node.host, holder, this.#onConnected, batch);
  }

  readonly #onConnected = (outcome: ConnectOutcome, connection: ConnectionId, batch: HolderBatch): void => {
    const { sim, network, geometries } = this.#world;
    if (!batch.open) {
      if (outcome !== 'failed') network.connections.release(connection);
      return;
    }
    if (outcome === 'failed') {
      batch.plan.job.cost.timeouts++;
      this.#giveUp(batch);
      return;
    }
    batch.connection = connection;
    const segments = batch.wanted.map(({ unit, segment }) => geometries.segmentId(unit.unit.id, segment));
    batch.timer = sim.schedule(this.#options.timeoutNs, this.#expired, batch);
    if (this.#options.hedgeNs < Infinity) batch.hedgeTimer = sim.schedule(this.#options.hedgeNs, this.#slow, batch);
    network.send(batch.plan.job.node.host, batch.holder, this.#get, { transaction: batch.transaction, segments });
  };

  /** At the holder: send what is here, one flow per tier, and say what is not. */
  #onGet(to: HostId, from: HostId, message: GetMessage): void {
    const { network, nodes } = this.#world;
    const holder = nodes[to];
    const absent: number[] = [];
    const byTier = new Map<number, number[]>();
    message.segments.forEach((id, position) => {
      const tier = holder.holdings.touch(id);
      if (tier < 0) absent.push(position);
      else {
        const positions = byTier.get(tier);
        if (positions === undefined) byTier.set(tier, [position]);
        else positions.push(position);
      }
    });
    network.send(to, from, this.#reply, { transaction: message.transaction, absent });
    const batch = this.#open.get(message.transaction);
    if (batch === undefined) return;
    for (const [tier, positions] of byTier) this.#sendFlow(batch, holder, tier, positions);
  }

  #sendFlow(holderBatch: HolderBatch, holder: StorageNode, tier: number, positions: readonly number[]): void {
    const { job } = holderBatch.plan;
    const partBytes = positions.map((position) => {
      const { unit, segment } = holderBatch.wanted[position];
      unit.touchedNetwork = true;
      return unit.geometry.segmentBytes[segment];
    });
    const flow: TierFlow = { holderBatch, positions, leftBytes: 0, activity: holderBatch.releasedBy, id: 0 };
    for (const bytes of partBytes) flow.leftBytes += bytes;
    flow.id = this.#world.network.transfer(
      {
        from: holder.host,
        to: job.node.host,
        sizeBytes: flow.leftBytes,
        partBytes,
        extraLinks: job.budgetLink === undefined ? [holder.tiers[tier].readLink] : [holder.tiers[tier].readLink, job.budgetLink],
        extraLatencyNs: holder.tiers[tier].latencyNs,
      },
      this.#onFlowEnd,
      flow,
      this.#onSegment,
    );
    holderBatch.flows.push(flow);
  }

  /** One segment of a flow is here: it lands while the next ones are on their way. */
  readonly #onSegment = (part: number, flow: TierFlow): void => {
    const { sim, landing } = this.#world;
    const { holderBatch } = flow;
    const { job } = holderBatch.plan;
    const position = flow.positions[part];
    const wanted = holderBatch.wanted[position];
    const sizeBytes = wanted.unit.geometry.segmentBytes[wanted.segment];
    this.#release(holderBatch, position);
    flow.leftBytes -= sizeBytes;
    holderBatch.arrivedBytes += sizeBytes;
    if (wanted.state === 'settled') {
      // Another holder was quicker.
      job.cost.bytesAbandoned += sizeBytes;
      return;
    }
    flow.activity = recordStep(job.activities, 'transfer', holderBatch.startNs, sim.now, flow.activity);
    if (this.#world.nodes[holderBatch.holder].corruption.isBad(this.#world.geometries.segmentId(wanted.unit.unit.id, wanted.segment))) {
      job.cost.bytesAbandoned += sizeBytes;
      job.node.cpu.charge(byteWorkNs('checksum', sizeBytes), this.#rejected, { plan: holderBatch.plan, segment: wanted, holder: holderBatch.holder, activity: flow.activity, startNs: sim.now });
      return;
    }
    holderBatch.plan.move(wanted, 'settled');
    job.cost.bytesFetched += sizeBytes;
    wanted.unit.arrivedBytes += sizeBytes;
    const batch = new SegmentBatch(job, flow.activity);
    batch.add(wanted.unit, wanted.segment);
    landing.landReceived(batch);
    if (wanted.copies > 0) this.#stopLosers(holderBatch.plan);
  };

  /** The checksum was wrong: the holder is told, and another asked. */
  #onRejected({ plan, segment, holder, activity, startNs }: Rejection): void {
    const { sim, network, geometries } = this.#world;
    const { job } = plan;
    job.cost.corrupt++;
    network.send(job.node.host, holder, this.#bad, { segment: geometries.segmentId(segment.unit.unit.id, segment.segment) });
    plan.releasedBy = recordStep(job.activities, 'transfer', startNs, sim.now, activity);
    this.#fail(plan, segment, holder);
    this.#dispatch(plan);
  }

  /** Batches that bring nothing new any more. */
  #stopLosers(plan: SegmentPlan): void {
    for (const batch of [...this.#open.values()]) {
      if (batch.plan === plan && batch.wanted.every(({ state }) => state === 'settled')) this.#abandon(batch);
    }
  }

  /** The holder is slow: what it has not sent is asked of other replicas as well, and the first to send it wins. */
  #hedge(batch: HolderBatch): void {
    if (!batch.open) return;
    const { plan, holder } = batch;
    for (const position of batch.left) {
      const segment = batch.wanted[position];
      if (segment.state !== 'in-flight') continue;
      SegmentPlan.markTried(segment, holder);
      if (SegmentPlan.isExhausted(segment)) continue;
      plan.job.cost.hedged++;
      plan.move(segment, 'pending');
    }
    this.#dispatch(plan);
  }

  /** A holder will not send this segment any more, or has sent it. */
  #release(batch: HolderBatch, position: number): void {
    if (batch.left.delete(position)) batch.wanted[position].copies--;
  }

  #onReply(_to: HostId, _from: HostId, message: ReplyMessage): void {
    const batch = this.#open.get(message.transaction);
    if (batch === undefined) return;
    batch.replied = true;
    if (message.absent.length > 0) {
      // Learning that a holder lacks a segment is part of locating it.
      batch.plan.releasedBy = recordStep(batch.plan.job.activities, 'lookup', batch.startNs, this.#world.sim.now, batch.releasedBy);
      for (const position of message.absent) {
        this.#release(batch, position);
        this.#passOn(batch.plan, batch.wanted[position], batch.holder);
      }
    }
    this.#closeIfDone(batch);
    this.#dispatch(batch.plan);
  }

  readonly #onFlowEnd = (outcome: TransferOutcome, flow: TierFlow): void => {
    const { holderBatch } = flow;
    // Cancelled by this fetcher, which has already taken it off its books.
    if (outcome === 'cancelled') return;
    holderBatch.flows.splice(holderBatch.flows.indexOf(flow), 1);
    if (outcome === 'failed') {
      holderBatch.plan.job.cost.bytesAbandoned += flow.leftBytes;
      for (const position of flow.positions) this.#failPosition(holderBatch, position);
    }
    holderBatch.plan.releasedBy = flow.activity;
    this.#closeIfDone(holderBatch);
    this.#dispatch(holderBatch.plan);
  };

  /** The holder has sent nothing new since the timer was set: give it up. Otherwise wait on. */
  #onTimer(batch: HolderBatch): void {
    const { sim, network } = this.#world;
    if (!batch.open) return;
    let seenBytes = batch.arrivedBytes;
    for (const flow of batch.flows) seenBytes += network.transferredBytes(flow.id);
    if (seenBytes > batch.seenBytes) {
      batch.seenBytes = seenBytes;
      batch.timer = sim.schedule(this.#options.timeoutNs, this.#expired, batch);
      return;
    }
    batch.plan.job.cost.timeouts++;
    this.#giveUp(batch);
  }

  /** The holder failed: its time counts as transfer, and its segments go elsewhere. */
  #giveUp(batch: HolderBatch): void {
    const { plan } = batch;
    plan.releasedBy = recordStep(plan.job.activities, 'transfer', batch.startNs, this.#world.sim.now, batch.releasedBy);
    this.#abandon(batch);
    this.#dispatch(plan);
  }

  /** Stops a batch; what has not come goes back to be asked of others. */
  #abandon(batch: HolderBatch): void {
    for (const flow of batch.flows.splice(0)) {
      this.#world.network.cancelTransfer(flow.id);
      batch.plan.job.cost.bytesAbandoned += flow.leftBytes;
    }
    for (const position of [...batch.left]) this.#failPosition(batch, position);
    this.#close(batch);
  }

  #failPosition(batch: HolderBatch, position: number): void {
    if (!batch.left.has(position)) return;
    this.#release(batch, position);
    this.#fail(batch.plan, batch.wanted[position], batch.holder);
  }

  #fail(plan: SegmentPlan, segment: WantedSegment, holder: HostId): void {
    segment.failed = true;
    this.#passOn(plan, segment, holder);
  }

  #passOn(plan: SegmentPlan, segment: WantedSegment, holder: HostId): void {
    SegmentPlan.markTried(segment, holder);
    // Another holder may be sending it.
    if (segment.state === 'in-flight' && segment.copies === 0) plan.move(segment, 'pending');
  }

  /** Segments that no known holder can serve: look them up again after a failure, report them missed otherwise. */
  #giveUpExhausted(plan: SegmentPlan): void {
    if (plan.pending === 0) return;
    const { sim } = this.#world;
    for (const segment of plan.segments) {
      if (!SegmentPlan.isOpen(segment) || !SegmentPlan.isExhausted(segment)) continue;
      if (segment.copies > 0) {
        plan.move(segment, 'in-flight');
        continue;
      }
      if ((segment.failed || segment.holders.length === 0) && segment.attempts <= this.#options.retries) {
        // Exponential backoff with jitter in [½, 1): retries of many segments must not arrive as one burst.
        const spanNs = this.#options.backoffNs * (1 << (segment.attempts - 1));
        plan.move(segment, 'locating');
        plan.lookupsLeft++;
        sim.schedule(Math.round(spanNs * (0.5 + 0.5 * this.#random.next())), this.#retry, { plan, segment });
      } else {
        plan.move(segment, 'settled');
        plan.job.missed(segment.unit, plan.releasedBy);
      }
    }
  }

  #closeIfDone(batch: HolderBatch): void {
    if (batch.open && batch.replied && batch.flows.length === 0) this.#close(batch);
  }

  #close(batch: HolderBatch): void {
    const { sim, network, nodes } = this.#world;
    const { host } = batch.plan.job.node;
    batch.open = false;
    sim.cancel(batch.timer);
    sim.cancel(batch.hedgeTimer);
    this.#open.delete(batch.transaction);
    const { active } = batch.plan;
    const others = active.get(batch.holder)! - 1;
    if (others > 0) active.set(batch.holder, others);
    else active.delete(batch.holder);
    this.#outstanding[host * nodes.length + batch.holder] -= batch.sizeBytes;
    if (batch.connection !== 0) network.connections.release(batch.connection);
  }
}
