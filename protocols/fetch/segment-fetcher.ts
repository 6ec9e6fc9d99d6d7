import type { Handler } from '../../sim/kernel/handler.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { HostId } from '../../sim/network/topology.ts';
import { backoffNs } from './backoff.ts';
import { recordStep } from './activity-step.ts';
import type { FetchJob } from './fetch-job.ts';
import type { FetchOptions, SegmentFetcherWorld } from './fetch-options.ts';
import { HolderPulls } from './holder-pulls.ts';
import { ReceiveWindow } from './receive-window.ts';
import type { Location } from './locator.ts';
import { SegmentPlan, sizeOf } from './segment-plan.ts';
import type { WantedSegment } from './segment-plan.ts';

/**
 * Pulls segments from the hosts that hold them. For each job: locate every segment (in the overlay, or at the one store there is), ask as many holders at once
 * as `sources` allows, give each its share (`HolderPulls`), pass on to another replica what a holder lacks or fails to send, and report what
 * no replica has.
 */
export class SegmentFetcher {
  readonly #world: SegmentFetcherWorld;
  readonly #options: FetchOptions;
  readonly #pulls: HolderPulls;
  readonly #gathered: Handler<SegmentPlan>;
  readonly #retry: Handler<{ plan: SegmentPlan; segment: WantedSegment }>;
  readonly #window: ReceiveWindow;
  readonly #room: Handler<HostId>;
  readonly #due: Handler<SegmentPlan>;
  /** By host: plans that wait for room in its window, and whether they are about to be told of some. */
  readonly #blocked = new Map<HostId, { readonly plans: Set<SegmentPlan>; told: boolean }>();
  readonly #random: RandomStream;

  constructor(world: SegmentFetcherWorld, options: FetchOptions) {
    this.#world = world;
    this.#options = options;
    const { sim } = world;
    this.#random = sim.random.stream('fetch');
    this.#window = new ReceiveWindow(options, world.nodes.length);
    this.#pulls = new HolderPulls(world, options, this.#window, this.#dispatch.bind(this), this.#onFreed.bind(this));
    this.#room = sim.handler('fetch.room', this.#onRoom.bind(this));
    this.#due = sim.handler('fetch.due', this.#onDue.bind(this), (plan) => plan.job.node.host);
    const hostOf = (plan: SegmentPlan): number => plan.job.node.host;
    this.#gathered = sim.handler('fetch.gathered', this.#dispatch.bind(this), hostOf);
    this.#retry = sim.handler('fetch.retry', ({ plan, segment }) => { this.#locate(plan, segment); }, ({ plan }) => hostOf(plan));
  }

  /** Bytes of this node's open requests to all holders, what has come of them included. */
  askedBytes(host: HostId): number {
    let sum = 0;
    for (let holder = 0; holder < this.#world.nodes.length; holder++) sum += this.#pulls.askedOf(host, holder);
    return sum;
  }

  /** The most bytes that any node has waited for at once. */
  get mostBytesAwaited(): number {
    return this.#window.mostBytes;
  }

  /** Segments that holders are sending at present. */
  get segmentsOnTheWay(): number {
    return this.#pulls.segmentsOnTheWay;
  }

  /** @throws Error unless every byte requested has been delivered, found useless, refused, failed or cancelled, once, or is awaited */
  checkConservation(): void {
    this.#pulls.ledger.check(this.#window.awaitedBytes);
  }

  /** The device of a tier of this host has failed, and what it was sending from there stops. */
  tierFailed(host: HostId, tier: number): void {
    this.#pulls.tierFailed(host, tier);
  }

  /** Starts pulling the plan's segments. Their units' jobs hear of each as it lands or is missed. */
  start(plan: SegmentPlan): void {
    if (plan.segments.length === 0) return;
    plan.job.plan = plan;
    plan.lookupsLeft = plan.segments.length;
    const { deadlineNs } = this.#options;
    if (deadlineNs < Infinity) plan.job.whenReleased(() => { this.#world.sim.schedule(deadlineNs, this.#due, plan); });
    for (const segment of plan.segments) this.#locate(plan, segment);
  }

  /** Stops what no unit of the job wants any more. */
  cancel(job: FetchJob): void {
    this.#pulls.cancel(job);
    if (job.plan !== undefined) this.#dispatch(job.plan);
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
    let full: Set<HostId> | undefined;
    for (;;) {
      const holder = plan.chooseHolder(this.#options, (host) => (full?.has(host) === true ? Infinity : this.#loadOf(job.node.host, host)), this.#random.integer(0x40000000));
      if (holder === undefined) break;
      const taken = plan.takeFor(holder, this.#options, this.#window.isLimited ? (segments) => this.#window.fits(job.node.host, holder, segments.map(sizeOf)) : undefined);
      if (taken.length > 0) this.#pulls.ask(plan, holder, taken);
      else (full ??= new Set()).add(holder);
    }
    if (full !== undefined) this.#block(plan);
    if (plan.active.size === 0 && plan.lookupsLeft === 0 && !plan.hasOpen) job.plan = undefined;
  }

  /** The plan goes on when there is room in its node's window. */
  #block(plan: SegmentPlan): void {
    const { host } = plan.job.node;
    const blocked = this.#blocked.get(host);
    if (blocked === undefined) this.#blocked.set(host, { plans: new Set([plan]), told: false });
    else blocked.plans.add(plan);
  }

  #onFreed(host: HostId): void {
    const blocked = this.#blocked.get(host);
    if (blocked === undefined || blocked.told || blocked.plans.size === 0) return;
    blocked.told = true;
    this.#world.sim.schedule(0, this.#room, host);
  }

  /** Requests at the head of the queue first, then what is fetched ahead; of each, who has waited longest. */
  #onRoom(host: HostId): void {
    const blocked = this.#blocked.get(host)!;
    blocked.told = false;
    const plans = [...blocked.plans];
    blocked.plans.clear();
    for (const isHeld of [false, true]) for (const plan of plans) if (plan.job.isHeld === isHeld) this.#dispatch(plan);
  }

  /** What has not come by now is computed sooner than it would come. */
  #onDue(plan: SegmentPlan): void {
    const { job } = plan;
    if (job.plan === undefined) return;
    const late = job.fetches.filter((fetch) => fetch.outcome === undefined && !fetch.cancelled && plan.segments.some(({ unit, state }) => unit === fetch && state !== 'settled'));
    if (late.length === 0) return;
    const activity = recordStep(job.activities, 'transfer', this.#world.sim.now, this.#world.sim.now, job.roomGivenBy);
    for (const fetch of late) {
      fetch.late = true;
      job.missed(fetch, activity);
    }
    this.#pulls.stopSettled(plan);
    this.#dispatch(plan);
  }

  #loadOf(host: HostId, holder: HostId): number {
    if (this.#options.choice === 'least-loaded') return this.#pulls.askedOf(host, holder);
    return this.#options.choice === 'nearest' ? this.#world.network.latencyNs(host, holder) : 0;
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
        plan.move(segment, 'locating');
        plan.lookupsLeft++;
        sim.schedule(backoffNs(this.#options.backoffNs, segment.attempts, this.#random.next()), this.#retry, { plan, segment });
      } else {
        plan.move(segment, 'settled');
        plan.job.missed(segment.unit, plan.releasedBy);
      }
    }
  }
}
