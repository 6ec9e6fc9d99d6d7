/**
 * Requests to holders: over a pooled connection a holder is asked for segments, says which it lacks, and sends the others (`HolderFlows`). What
 * comes is checked and lands while the rest is on its way; a holder that sends nothing for too long is given up, and one that is merely slow is helped.
 */
import { byteWorkNs } from '../../sim/hardware/host-cpu.ts';
import type { Handler } from '../../sim/kernel/handler.ts';
import { NumberMap } from '../../sim/kernel/number-map.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { ConnectionId, ConnectOutcome } from '../../sim/network/connection-pool.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ActivityIndex } from '../../sim/serving/attribution.ts';
import { recordStep } from './activity-step.ts';
import type { FetchJob } from './fetch-job.ts';
import type { BadMessage, BrokenMessage, GetMessage, ReplyMessage } from './fetch-messages.ts';
import type { FetchOptions, SegmentFetcherWorld } from './fetch-options.ts';
import { HolderBatch, type TierFlow } from './holder-batch.ts';
import { type EndedByItself, HolderFlows } from './holder-flows.ts';
import { SegmentBatch } from './segment-batch.ts';
import { ByteLedger, type RequestEnd } from './byte-ledger.ts';
import type { ReceiveWindow } from './receive-window.ts';
import { SegmentPlan, sizeOf } from './segment-plan.ts';
import type { WantedSegment } from './segment-plan.ts';

/** A segment that came with a wrong checksum. */
interface Rejection {
  readonly plan: SegmentPlan;
  readonly segment: WantedSegment;
  readonly holder: HostId;
  readonly activity: ActivityIndex;
  readonly startNs: Nanoseconds;
}

export class HolderPulls {
  readonly #world: SegmentFetcherWorld;
  readonly #options: FetchOptions;
  /** Something of the plan has come, failed or become free: there may be holders to ask. */
  readonly #progressed: (plan: SegmentPlan) => void;
  readonly ledger = new ByteLedger();
  readonly #window: ReceiveWindow;
  readonly #freed: (host: HostId) => void;
  readonly #get: MessageType<GetMessage>;
  readonly #reply: MessageType<ReplyMessage>;
  readonly #bad: MessageType<BadMessage>;
  readonly #broken: MessageType<BrokenMessage>;
  readonly #expired: Handler<HolderBatch>;
  readonly #slow: Handler<HolderBatch>;
  readonly #rejected: Handler<Rejection>;
  /** By transaction. */
  readonly #open = new NumberMap<HolderBatch>();
  readonly #flows: HolderFlows;
  /** Bytes of open requests, by asking host and holder. */
  readonly #asked: Float64Array;
  #lastTransaction = 0;

  /** @param freed told of each host whose window has room again */
  constructor(world: SegmentFetcherWorld, options: FetchOptions, window: ReceiveWindow, progressed: (plan: SegmentPlan) => void, freed: (host: HostId) => void) {
    this.#world = world;
    this.#options = options;
    this.#progressed = progressed;
    this.#window = window;
    this.#freed = freed;
    const { sim, network, nodes } = world;
    this.#flows = new HolderFlows(world, this.#onSegment.bind(this), this.#onFlowEnd.bind(this));
    this.#asked = new Float64Array(nodes.length * nodes.length);
    this.#get = network.messageType<GetMessage>('fetch.get', this.#onGet.bind(this));
    this.#reply = network.messageType<ReplyMessage>('fetch.reply', this.#onReply.bind(this));
    this.#bad = network.messageType<BadMessage>('fetch.bad', (to, _from, { segment }) => {
      nodes[to].holdings.remove(segment);
      nodes[to].corruption.clear(segment);
    });
    this.#broken = network.messageType<BrokenMessage>('fetch.broken', (_to, _from, message) => { this.#onBroken(message); });
    this.#slow = sim.handler('fetch.slow', this.#hedge.bind(this), (batch) => batch.transaction);
    this.#rejected = sim.handler('fetch.rejected', this.#onRejected.bind(this), ({ plan }) => plan.job.node.host);
    this.#expired = sim.handler('fetch.expired', this.#onTimer.bind(this), (batch) => batch.transaction);
  }

  /** Bytes of this host's open requests to one holder, what has come of them included: a measure of how busy it keeps the holder. */
  askedOf(host: HostId, holder: HostId): number {
    return this.#asked[host * this.#world.nodes.length + holder];
  }

  /** Segments that holders are sending at present. */
  get segmentsOnTheWay(): number {
    let segments = 0;
    for (const batch of this.#open.values()) for (const { positions } of batch.flows) segments += positions.filter((position) => batch.isLeft(position)).length;
    return segments;
  }

  /** Asks a holder for these segments of a plan, which the plan has set apart for it. */
  ask(plan: SegmentPlan, holder: HostId, wanted: readonly WantedSegment[]): void {
    const { sim, network } = this.#world;
    const { job } = plan;
    const sizes = wanted.map(sizeOf);
    let sizeBytes = 0;
    for (const size of sizes) sizeBytes += size;
    for (const segment of wanted) segment.copies++;
    this.#window.open(job.node.host, holder, sizes);
    this.ledger.requested(sizeBytes);
    const batch = new HolderBatch(plan, holder, wanted, ++this.#lastTransaction, sim.now, sizeBytes);
    plan.active.set(holder, (plan.active.get(holder) ?? 0) + 1);
    this.#open.set(batch.transaction, batch);
    this.#asked[job.node.host * this.#world.nodes.length + holder] += sizeBytes;
    job.cost.bytesRequested += sizeBytes;
    job.cost.holders.add(holder);
    job.cost.sourcesAtOnce = Math.max(job.cost.sourcesAtOnce, plan.active.size);
    network.connections.acquire(job.node.host, holder, this.#onConnected, batch);
  }

  /** The device of a tier has failed: its holder stops what it sends from there, and says so. */
  tierFailed(host: HostId, tier: number): void {
    const { network } = this.#world;
    for (const batch of this.#open.values()) {
      if (batch.holder !== host) continue;
      for (const flow of batch.flows.filter((each) => each.tier === tier)) {
        this.#flows.stop(flow);
        batch.failing++;
        network.send(host, batch.plan.job.node.host, this.#broken, { transaction: batch.transaction, positions: flow.positions });
      }
    }
  }

  #onBroken({ transaction, positions }: BrokenMessage): void {
    const batch = this.#open.get(transaction);
    if (batch === undefined) return;
    batch.failing--;
    batch.plan.releasedBy = recordStep(batch.plan.job.activities, 'transfer', batch.startNs, this.#world.sim.now, batch.releasedBy);
    for (const position of positions) this.#failPosition(batch, position);
    this.#closeIfDone(batch);
    this.#progressed(batch.plan);
  }

  /** Stops requests of a plan that bring nothing for a unit that is still open. */
  stopSettled(plan: SegmentPlan): void {
    for (const batch of this.#open.values()) {
      if (batch.plan === plan && batch.wanted.every(({ unit }) => unit.outcome !== undefined)) this.#abandon(batch);
    }
  }

  /** Stops requests of the job that bring nothing any unit still wants. */
  cancel(job: FetchJob): void {
    for (const batch of this.#open.values()) {
      if (batch.plan.job === job && !batch.wanted.some((segment) => !segment.unit.cancelled)) this.#abandon(batch);
    }
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
    const insists = this.#world.copies !== undefined && batch.wanted.some(({ attempts }) => attempts > 1);
    network.send(batch.plan.job.node.host, batch.holder, this.#get, { transaction: batch.transaction, segments, ...(insists ? { insist: true } : {}) });
  };

  /** At the holder. */
  #onGet(to: HostId, from: HostId, message: GetMessage): void {
    const batch = this.#open.get(message.transaction);
    const { reply, pinned } = this.#flows.read(to, from, message, batch !== undefined);
    this.#world.network.send(to, from, this.#reply, reply);
    if (batch !== undefined) this.#flows.send(batch, pinned);
  }

  /** One segment of a flow is here: it lands while the next ones are on their way. */
  #onSegment(part: number, flow: TierFlow): void {
    const { sim, landing } = this.#world;
    const { holderBatch } = flow;
    const { job } = holderBatch.plan;
    const position = this.#flows.arrived(flow, part);
    const wanted = holderBatch.wanted[position];
    const sizeBytes = sizeOf(wanted);
    const isBad = this.#world.nodes[holderBatch.holder].corruption.isBad(this.#world.geometries.segmentId(wanted.unit.unit.id, wanted.segment));
    this.#release(holderBatch, position, wanted.state === 'settled' ? 'duplicate' : isBad ? 'corrupt' : 'delivered');
    holderBatch.arrivedBytes += sizeBytes;
    if (wanted.state === 'settled') {
      // Another holder was quicker.
      job.cost.bytesAbandoned += sizeBytes;
      return;
    }
    flow.activity = recordStep(job.activities, 'transfer', holderBatch.startNs, sim.now, flow.activity);
    if (isBad) {
      job.cost.bytesAbandoned += sizeBytes;
      job.node.cpu.charge(byteWorkNs('checksum', sizeBytes), this.#rejected, { plan: holderBatch.plan, segment: wanted, holder: holderBatch.holder, activity: flow.activity, startNs: sim.now });
      return;
    }
    holderBatch.plan.move(wanted, 'settled');
    job.cost.bytesFetched += sizeBytes;
    if (wanted.namedBy?.has(holderBatch.holder) === true) job.cost.bytesFromCopies += sizeBytes;
    wanted.unit.arrivedBytes += sizeBytes;
    const batch = new SegmentBatch(job, flow.activity);
    batch.add(wanted.unit, wanted.segment);
    landing.landReceived(batch);
    if (wanted.copies > 0) this.#stopLosers(holderBatch.plan);
  }

  /** The checksum was wrong: the holder is told, and another asked. */
  #onRejected({ plan, segment, holder, activity, startNs }: Rejection): void {
    const { sim, network, geometries } = this.#world;
    const { job } = plan;
    job.cost.corrupt++;
    network.send(job.node.host, holder, this.#bad, { segment: geometries.segmentId(segment.unit.unit.id, segment.segment) });
    plan.releasedBy = recordStep(job.activities, 'transfer', startNs, sim.now, activity);
    plan.fail(segment, holder);
    this.#progressed(plan);
  }

  /** Batches that bring nothing new any more, that of the winner among them. Their connections are free for what waits. */
  #stopLosers(plan: SegmentPlan): void {
    let stopped = false;
    for (const batch of this.#open.values()) {
      if (batch.plan !== plan || !batch.wanted.every(({ state }) => state === 'settled')) continue;
      this.#abandon(batch);
      stopped = true;
    }
    if (stopped) this.#progressed(plan);
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
    this.#progressed(plan);
  }

  /** A holder will not send this segment any more, or has sent it. */
  #release(batch: HolderBatch, position: number, end: RequestEnd): void {
    if (!batch.takeOut(position)) return;
    const { host } = batch.plan.job.node;
    batch.wanted[position].copies--;
    const sizeBytes = sizeOf(batch.wanted[position]);
    this.#window.close(host, batch.holder, sizeBytes);
    this.ledger.ended(end, sizeBytes);
    this.#freed(host);
  }

  #onReply(_to: HostId, _from: HostId, message: ReplyMessage): void {
    const batch = this.#open.get(message.transaction);
    if (batch === undefined) return;
    batch.replied = true;
    if (message.absent.length > 0) {
      // Learning that a holder lacks a segment is part of locating it.
      batch.plan.releasedBy = recordStep(batch.plan.job.activities, 'lookup', batch.startNs, this.#world.sim.now, batch.releasedBy);
      for (const position of message.absent) {
        this.#release(batch, position, 'absent');
        this.#tellStale(batch, position);
        batch.plan.passOn(batch.wanted[position], batch.holder);
      }
    }
    for (const [position, host] of message.elsewhere ?? []) {
      batch.plan.job.cost.redirected++;
      this.#release(batch, position, 'elsewhere');
      batch.plan.sendTo(batch.wanted[position], batch.holder, host);
    }
    this.#closeIfDone(batch);
    this.#progressed(batch.plan);
  }

  /** A copy was not where another holder had sent this reader for it. */
  #tellStale({ plan: { job }, wanted, holder }: HolderBatch, position: number): void {
    const { unit, segment, namedBy } = wanted[position];
    const sentBy = namedBy?.get(holder);
    if (sentBy === undefined) return;
    job.cost.stale++;
    this.#world.copies?.stale(job.node.host, sentBy, this.#world.geometries.segmentId(unit.unit.id, segment), holder);
  }

  #onFlowEnd(outcome: EndedByItself, { holderBatch, positions, activity }: TierFlow): void {
    if (outcome === 'failed') for (const position of positions) this.#failPosition(holderBatch, position);
    holderBatch.plan.releasedBy = activity;
    this.#closeIfDone(holderBatch);
    this.#progressed(holderBatch.plan);
  }

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
    for (const position of batch.left) this.#tellStale(batch, position);
    this.#abandon(batch);
    this.#progressed(plan);
  }

  /** Stops a batch; what has not come goes back to be asked of others. */
  #abandon(batch: HolderBatch): void {
    for (const flow of [...batch.flows]) this.#flows.stop(flow);
    for (const position of batch.left) this.#failPosition(batch, position);
    this.#close(batch);
  }

  #failPosition(batch: HolderBatch, position: number): void {
    if (!batch.isLeft(position)) return;
    this.#release(batch, position, 'failed');
    batch.plan.fail(batch.wanted[position], batch.holder);
  }

  #closeIfDone(batch: HolderBatch): void {
    if (batch.open && batch.replied && batch.flows.length === 0 && batch.failing === 0) this.#close(batch);
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
    this.#asked[host * nodes.length + batch.holder] -= batch.sizeBytes;
    if (batch.connection !== 0) network.connections.release(batch.connection);
  }
}
