import type { EventHandle, Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { LinkId } from '../../sim/network/flow-engine.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import { earliestEnd, latestStart } from '../decision/layer-arrivals.ts';
import type { LayerSegment } from '../decision/layer-arrivals.ts';
import { copyWithinGpuNs, UnitDecider } from '../decision/unit-decider.ts';
import type { DecisionOptions } from '../decision/unit-decider.ts';
import type { Work } from '../decision/units-under-way.ts';
import { recordStep } from '../fetch/activity-step.ts';
import { FetchJob } from '../fetch/fetch-job.ts';
import type { UnitFetch } from '../fetch/fetch-job.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { Prefetcher } from '../prefetch/prefetcher.ts';
import type { QueueMonitor } from '../prefetch/queue-monitor.ts';
import type { KvSource } from './kv-source.ts';
import { finalPieces, frontPieces, giveFinal, missedPiece, outcomeOf, planPrefix, planStitched } from './prefill-plan.ts';
import type { Recomputation } from './recomputation.ts';
import type { RequestState } from './request-state.ts';
import { UnitsComputed } from './units-computed.ts';

export interface GatheringWorld {
  readonly sim: Simulator;
  readonly geometries: ChunkGeometries;
  readonly source: KvSource;
  readonly monitor: QueueMonitor;
}

export interface GatheringOptions {
  /** Undefined computes nothing again of what is joined. */
  readonly recomputation: Recomputation | undefined;
  /** Undefined fetches whatever there is, and begins to compute when all has come. */
  readonly decision: DecisionOptions | undefined;
}

const BITS_PER_BYTE = 8;
const NS_PER_SECOND = 1e9;

/** Sees to it that the KV of a request's units comes together on its node, by fetching and computing, and tells the engine what to compute. */
export class KvGathering {
  readonly #world: GatheringWorld;
  readonly #options: GatheringOptions;
  readonly #decider: UnitDecider | undefined;
  readonly #computing = new UnitsComputed();
  readonly #ready: Handler<RequestState>;
  readonly #startEarly: Handler<RequestState>;
  readonly #sealed: Handler<RequestState>;
  readonly #copied: Handler<{ readonly state: RequestState; readonly fetch: UnitFetch; readonly activity: number }>;
  /** Requests that wait for the moment at which the layers behind them are expected to keep up. */
  readonly #timers = new Map<RequestState, EventHandle>();
  #prefetcher: Prefetcher | undefined;

  constructor(world: GatheringWorld, options: GatheringOptions) {
    this.#world = world;
    this.#options = options;
    const { sim } = world;
    const idOf = (state: RequestState): number => state.request.id;
    this.#decider = options.decision === undefined ? undefined : new UnitDecider(sim, world.geometries, options.decision);
    this.#ready = sim.handler('request.ready', this.#resume.bind(this), idOf);
    this.#startEarly = sim.handler('request.layers-ahead', this.#onStartEarly.bind(this), idOf);
    this.#sealed = sim.handler('request.last-layer', this.#onLastLayer.bind(this), idOf);
    this.#copied = sim.handler('request.copied-within-gpu', ({ fetch, activity, state }) => {
      fetch.job.landed(fetch, fetch.segmentsLeft, recordStep(state.activities, 'adjust', sim.now, sim.now, activity));
    }, ({ state }) => idOf(state));
  }

  /** Who fetches ahead by this, and is told what becomes of it. */
  bindPrefetcher(prefetcher: Prefetcher): void {
    this.#prefetcher = prefetcher;
  }

  /** The request is at the head of the queue and its units are known: what it lacks is fetched or computed. True where the engine may run it now. */
  gather(state: RequestState): boolean {
    state.distinctUnits = withoutRepetitions(state.units);
    this.#dropUnwanted(state);
    this.#prefetcher?.ended(state);
    const missing: ContextUnit[] = [];
    for (const unit of state.distinctUnits) {
      const fetch = state.fetches.get(unit.id);
      if (fetch === undefined) missing.push(unit);
      else if (fetch.arrivedBytes === fetch.geometry.storedBytes) state.prefetchedInTimeBytes += fetch.geometry.storedBytes;
    }
    if (this.#decider === undefined) {
      this.#prefetcher?.demanded(state.node, missing.length);
      this.fetch(state, missing);
    } else {
      this.#decide(state, this.#decider, missing);
    }
    if (this.#settled(state)) {
      this.#plan(state);
      state.begun = true;
    }
    return state.begun;
  }

  /** @param ahead given where the request has no room on the GPU yet */
  fetch(state: RequestState, units: readonly ContextUnit[], ahead?: { readonly budgetLink: LinkId | undefined }): void {
    if (units.length === 0) return;
    const job = this.#newJob(state, units, ahead);
    if (ahead === undefined) this.#decider?.started(state, job);
    this.#world.source.fetch(job);
  }

  /** A piece of the request has been computed. */
  pieceDone(state: RequestState): void {
    state.work.pieceDone(this.#world.sim.now);
    if (this.#decider === undefined || !state.work.idle) return;
    for (const unit of state.given) this.#decider.computed(state, unit);
  }

  /** The engine took the request's blocks: all that had come is lost, and it computes everything itself. */
  preempted(state: RequestState): void {
    this.#decider?.drop(state);
    if (state.readyNs >= 0 && state.outcomes.length > 0 && !this.#timers.has(state)) return;
    state.preempted = true;
    this.#giveUp(state);
    state.readyNs = this.#world.sim.now;
    state.outcomes = state.units.map(() => 'missed');
    state.missed = [];
    state.reusedTokens = 0;
  }

  /** The request has its first token: what it computed is stored for others. */
  firstToken(state: RequestState): void {
    this.#decider?.drop(state);
    if (state.missed.length === 0) return;
    // What merely came too late lies where it should.
    const lacking = state.missed.filter(({ id }) => state.fetches.get(id)?.late !== true);
    if (lacking.length > 0) this.#world.source.storeBack(state.node, lacking, () => { this.#computing.end(state); });
    else this.#computing.end(state);
  }

  /** The request's node has died. */
  lost(state: RequestState): void {
    this.#decider?.drop(state);
    this.#giveUp(state);
  }

  #giveUp(state: RequestState): void {
    this.#computing.end(state);
    this.#stopTimer(state);
    this.#prefetcher?.dropped(state);
    for (const fetch of state.fetches.values()) {
      if (!fetch.prefetched && fetch.outcome === undefined) this.#prefetcher?.demanded(state.node, -1);
      fetch.cancelled = true;
    }
    for (const job of state.jobs) {
      job.drop();
      this.#world.source.cancel(job);
    }
  }

  #decide(state: RequestState, decider: UnitDecider, missing: readonly ContextUnit[]): void {
    const { sim } = this.#world;
    const choice = decider.choose(state, missing, finalPieces(state, this.#options.recomputation));
    state.choice = choice;
    state.decidedNs = sim.now;
    for (const { id } of choice.recompute) state.chosen.add(id);
    this.#prefetcher?.demanded(state.node, choice.fetch.length + choice.absent.length + choice.wait.length);
    for (const unit of choice.wait) this.#await(state, decider, unit);
    this.fetch(state, [...choice.fetch, ...choice.absent]);
    if (choice.beside) {
      state.work.give(frontPieces(state), state.lastActivity, sim.now);
      decider.computes(state, choice.recompute);
      state.begun = true;
    }
    this.#progressed(state);
  }

  /** Another request brings it to this node: it is copied from that one's blocks. */
  #await(state: RequestState, decider: UnitDecider, unit: ContextUnit): void {
    const { sim, source } = this.#world;
    const { node } = state;
    const job = this.#newJob(state, [unit], undefined);
    const [fetch] = job.fetches;
    decider.join(node, unit.id, (arrived: boolean, work: Work) => {
      if (state.lost || fetch.cancelled) return;
      if (!arrived) {
        source.fetch(job);
        return;
      }
      const activity = recordStep(state.activities, work, job.startNs, sim.now, job.releasedBy);
      node.sideStream.serve(copyWithinGpuNs(node, fetch.geometry.rawBytes), this.#copied, { state, fetch, activity });
    });
  }

  #newJob(state: RequestState, units: readonly ContextUnit[], ahead: { readonly budgetLink: LinkId | undefined } | undefined): FetchJob {
    const { sim, geometries } = this.#world;
    const split = ahead === undefined ? state.choice?.split : undefined;
    const wanted = units.map((unit) => ({ unit, geometry: split?.unit.id === unit.id ? geometries.tail(unit.tokens, split.tokens) : geometries.of(unit.tokens) }));
    const job = new FetchJob(state.node, state.activities, wanted, sim.now, state.lastActivity, (fetch) => { this.#onUnit(state, fetch); }, ahead);
    if (this.#options.decision?.overlap === 'layer') job.onLanding = () => { this.#progressed(state); };
    // At the head it has its blocks: nothing needs to wait in host memory.
    if (state.headNs >= 0) job.release(state.lastActivity);
    state.jobs.push(job);
    for (const fetch of job.fetches) state.fetches.set(fetch.unit.id, fetch);
    return job;
  }

  #dropUnwanted(state: RequestState): void {
    if (state.fetches.size === 0) return;
    const wanted = new Set(state.units.map(({ id }) => id));
    for (const fetch of state.fetches.values()) if (!wanted.has(fetch.unit.id)) fetch.cancelled = true;
    for (const job of state.jobs) if (job.fetches.some((fetch) => fetch.cancelled)) this.#world.source.cancel(job);
  }

  #onUnit(state: RequestState, fetch: UnitFetch): void {
    const { sim, source } = this.#world;
    if (fetch.prefetched) this.#prefetcher!.settled(state, fetch);
    else if (!fetch.cancelled) this.#prefetcher?.demanded(state.node, -1);
    if (fetch.outcome === undefined) return;
    this.#decider?.settled(state, fetch);
    if (fetch.outcome === 'remote' && fetch.geometry.tokens === fetch.unit.tokens) source.arrived(state.node, fetch.unit);
    if (fetch.outcome === 'missed' && this.#computing.has(fetch.unit.id)) {
      fetch.inComputation = true;
      state.missedInComputation++;
    }
    // Before the request has reached the head of the queue and its units are known, landing early is all there is to do.
    if (state.lost || state.preempted || state.headNs < 0 || state.readyNs >= 0 || state.units.length === 0 || fetch.cancelled) return;
    if (this.#settled(state)) {
      state.lastActivity = fetch.lastActivity;
      state.readyNs = sim.now;
      sim.schedule(0, this.#ready, state);
    } else if (fetch.outcome === 'missed') {
      this.#computeBeside(state, fetch);
    }
  }

  /** One of several units is nowhere: it need not wait for the others, where that is allowed. */
  #computeBeside(state: RequestState, fetch: UnitFetch): void {
    if ((this.#options.decision?.overlap ?? 'none') === 'none' || state.request.reuse === 'prefix') return;
    const piece = missedPiece(state, fetch.unit);
    if (piece === undefined) return;
    state.work.give([piece], fetch.lastActivity, this.#world.sim.now);
    this.#decider!.computes(state, [fetch.unit]);
    this.#begin(state);
  }

  #settled(state: RequestState): boolean {
    const { units } = state;
    // What has an outcome keeps it.
    while (state.unitsSettled < units.length && outcomeOf(state, units[state.unitsSettled]) !== undefined) state.unitsSettled++;
    return state.unitsSettled === units.length;
  }

  #resume(state: RequestState): void {
    if (state.lost || state.preempted) return;
    this.#plan(state);
    this.#begin(state);
  }

  #begin(state: RequestState): void {
    if (state.begun) return;
    state.begun = true;
    state.node.engine.ready(state.sequence);
  }

  /** All that comes has come: tells the engine what is left to compute. */
  #plan(state: RequestState): void {
    const { sim } = this.#world;
    state.readyNs = sim.now;
    this.#stopTimer(state);
    if (state.request.reuse === 'prefix') planPrefix(state, sim.now);
    else planStitched(state, this.#options.recomputation, sim.now);
    if (this.#decider !== undefined) this.#decider.computes(state, state.units.filter(({ id }) => state.given.has(id)));
    this.#seal(state);
    this.#countPrefetch(state);
    this.#learnReuse(state);
    this.#computing.begin(state);
  }

  /** The first token may come when the last layer has been computed behind its KV. */
  #seal(state: RequestState): void {
    const { sim } = this.#world;
    const end = state.finalGiven ? earliestEnd(this.#segments(state), this.#options.decision!.layers, this.#layerNs(state)) : undefined;
    if (end === undefined || end.ns <= sim.now) state.node.engine.seal(state.sequence);
    else {
      state.lastLayer = end.activity;
      this.#timers.set(state, sim.schedule(end.ns - sim.now, this.#sealed, state));
    }
  }

  #onLastLayer(state: RequestState): void {
    this.#timers.delete(state);
    if (state.lost || state.preempted) return;
    if (state.work.idle) state.work.holdBehind(state.lastLayer);
    state.node.engine.seal(state.sequence);
  }

  /** Something has landed. Begins what needs all units as soon as their layers are expected to keep ahead of it. */
  #progressed(state: RequestState): void {
    const { sim } = this.#world;
    const { decision } = this.#options;
    if (decision?.overlap !== 'layer' || state.lost || state.preempted || state.headNs < 0 || state.readyNs >= 0 || state.finalGiven || state.choice === undefined) return;
    this.#stopTimer(state);
    const segments = this.#segments(state);
    const landed = segments.filter((segment) => segment.landed !== undefined);
    // What another request brings comes all at once.
    if (landed.length === segments.length || state.choice.wait.some((unit) => outcomeOf(state, unit) === undefined)) return;
    let bytesPerNs = decision.outlook.receiveBps / BITS_PER_BYTE / NS_PER_SECOND;
    const firstNs = landed.reduce((first, { landed: at }) => Math.min(first, at!.ns), Infinity);
    const since = landed.filter(({ landed: at }) => at!.ns > firstNs).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    // What lies here comes faster than the rest will.
    if (since > 0) bytesPerNs = Math.min(since / (sim.now - firstNs), bytesPerNs === 0 ? Infinity : bytesPerNs);
    else if (landed.length === 0 || bytesPerNs === 0) return;
    const startNs = latestStart(segments, sim.now, bytesPerNs, this.#layerNs(state));
    this.#timers.set(state, sim.schedule(Math.max(0, startNs - sim.now), this.#startEarly, state));
  }

  #onStartEarly(state: RequestState): void {
    const { sim } = this.#world;
    this.#timers.delete(state);
    if (state.lost || state.preempted || state.readyNs >= 0) return;
    const latest = this.#segments(state).reduce((last, { landed }) => (landed === undefined ? last : state.activities.later(last, landed.activity)), state.lastActivity);
    const released = sim.now > state.activities.endNs(latest) ? recordStep(state.activities, 'transfer', state.activities.endNs(latest), sim.now, latest) : latest;
    giveFinal(state, this.#options.recomputation, sim.now, released);
    this.#begin(state);
  }

  /** The segments of what is fetched for the request, with their landing. */
  #segments(state: RequestState): LayerSegment[] {
    const segments: LayerSegment[] = [];
    for (const { id } of state.distinctUnits) {
      const fetch = state.fetches.get(id);
      if (fetch === undefined || fetch.outcome === 'missed') continue;
      fetch.geometry.segmentBytes.forEach((sizeBytes, segment) => {
        if (sizeBytes === 0) return;
        const by = fetch.landedBy[segment] ?? (fetch.outcome === undefined ? undefined : fetch.lastActivity);
        segments.push({ firstLayer: fetch.geometry.segmentFirstLayer[segment], sizeBytes, landed: by === undefined ? undefined : { ns: state.activities.endNs(by), activity: by } });
      });
    }
    return segments;
  }

  /** Time of one layer of what is computed when all units are there. */
  #layerNs(state: RequestState): number {
    return state.node.engine.estimatePrefillNs(finalPieces(state, this.#options.recomputation)) / this.#options.decision!.layers;
  }

  #stopTimer(state: RequestState): void {
    const timer = this.#timers.get(state);
    if (timer === undefined) return;
    this.#timers.delete(state);
    this.#world.sim.cancel(timer);
  }

  #learnReuse({ node, request, sequence, reusedTokens }: RequestState): void {
    const contextTokens = sequence.promptTokens - request.suffixTokens;
    this.#world.monitor.learn(node, reusedTokens, contextTokens);
    node.engine.expectPrefill(sequence, Math.max(1, sequence.promptTokens - reusedTokens));
  }

  #countPrefetch(state: RequestState): void {
    for (const { tokens } of state.distinctUnits) state.neededBytes += this.#world.geometries.of(tokens).storedBytes;
    if (this.#prefetcher === undefined) return;
    const needed = new Set(state.units.map(({ id }) => id));
    for (const fetch of state.fetches.values()) {
      if (!fetch.prefetched) continue;
      const isUsed = needed.has(fetch.unit.id) && fetch.outcome !== 'missed';
      if (isUsed) state.prefetchedUsedBytes += fetch.geometry.storedBytes;
      state.prefetchedBytes += isUsed ? fetch.geometry.storedBytes : fetch.arrivedBytes;
    }
    this.#prefetcher.learn(state);
  }
}

function withoutRepetitions(units: readonly ContextUnit[]): readonly ContextUnit[] {
  const seen = new Set<number>();
  for (const { id } of units) seen.add(id);
  if (seen.size === units.length) return units;
  // What can be deleted is met for the first time.
  return units.filter(({ id }) => seen.delete(id));
}
