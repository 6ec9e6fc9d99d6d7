import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Network } from '../../sim/network/network.ts';
import type { LinkId } from '../../sim/network/flow-engine.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { EngineHooks } from '../../sim/serving/engine.ts';
import type { ContextUnit, Request } from '../../sim/serving/request.ts';
import { promptTokensOf } from '../../sim/serving/sequence.ts';
import type { Sequence } from '../../sim/serving/sequence.ts';
import { FetchJob } from '../fetch/fetch-job.ts';
import type { UnitFetch } from '../fetch/fetch-job.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { Delivery, Dispatch, DispatchEnd, Dispatcher } from './dispatcher.ts';
import type { KeepPolicy } from '../prefetch/keep-policy.ts';
import { Prefetcher } from '../prefetch/prefetcher.ts';
import type { PrefetchOptions } from '../prefetch/prefetcher.ts';
import { QueueMonitor } from '../prefetch/queue-monitor.ts';
import type { KvSource } from './kv-source.ts';
import { NoSource } from './kv-source.ts';
import type { PeerNode } from './peer-node.ts';
import { countCached, planPrefix, planStitched } from './prefill-plan.ts';
import type { Recomputation } from './recomputation.ts';
import { RequestState } from './request-state.ts';
import type { RequestListener, ServingSystem } from './serving-system.ts';
import { UnitsComputed } from './units-computed.ts';
import { recordStep } from '../fetch/activity-step.ts';

/** When the top-k is known, and what it costs to know it. */
export interface RetrievalOptions {
  /** `arrival`: before the request is queued. `service`: when it reaches the head of the queue. */
  readonly stage: 'arrival' | 'service';
  /** Time of one retrieval on one host core, where the request does not say. */
  readonly latencyNs: Nanoseconds;
  /** Time of the first stage alone, likewise: it runs beside the queue, for those that prefetch by it. */
  readonly firstStageLatencyNs: Nanoseconds;
}

export interface PipelineOptions {
  readonly retrieval: RetrievalOptions;
  /** Undefined never prefetches. */
  readonly prefetch: PrefetchSetup | undefined;
  /** Undefined computes nothing again of what is joined. */
  readonly recomputation: Recomputation | undefined;
  /** Time after which the front end sends the requests of a node that died to another one. */
  readonly failoverNs: Nanoseconds;
  /** Bytes of one prompt token on the wire (a token id). */
  readonly promptTokenBytes: number;
}

/** What the prefetcher needs that the pipeline does not have. */
export interface PrefetchSetup {
  readonly options: PrefetchOptions;
  readonly keep: KeepPolicy;
  /** Length of a unit that a request did not end up with; undefined where there is no catalogue. */
  readonly unitTokens: ((id: number) => number) | undefined;
}

export interface PipelineWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly dispatcher: Dispatcher;
  /** By host id. */
  readonly nodes: readonly PeerNode[];
  readonly geometries: ChunkGeometries;
  readonly source: KvSource;
}

/**
 * The way of a request through a node, the same in every system under test: dispatch, retrieval, queue, fetch, prefill, decode,
 * store back. What a system does to get KV is its `KvSource`.
 *
 * A request that has to fetch does so at the head of the queue without holding the GPU: the engine parks it and runs others.
 * With prefetch, fetching starts when the request is queued.
 *
 * It is itself the hooks that the engines of all nodes must be made with.
 */
export class RequestPipeline implements ServingSystem, EngineHooks, DispatchEnd {
  readonly name: string;
  readonly #world: PipelineWorld;
  readonly #options: PipelineOptions;
  readonly #listener: RequestListener;
  readonly #reuses: boolean;
  readonly #monitor = new QueueMonitor();
  readonly #prefetcher: Prefetcher | undefined;
  readonly #bySequence = new Map<Sequence, RequestState>();
  readonly #computing = new UnitsComputed();
  readonly #retrievedEarly: Handler<RequestState>;
  readonly #retrievedLate: Handler<RequestState>;
  readonly #firstStageEnds: Handler<RequestState>;
  readonly #failOver: Handler<{ request: Request; attempt: number }>;
  readonly #ready: Handler<RequestState>;

  constructor(world: PipelineWorld, options: PipelineOptions, listener: RequestListener) {
    this.name = world.source.name;
    this.#world = world;
    this.#options = options;
    this.#listener = listener;
    this.#reuses = !(world.source instanceof NoSource);
    const { sim } = world;
    const { prefetch } = options;
    this.#prefetcher =
      prefetch === undefined
        ? undefined
        : new Prefetcher({ ...world, keep: prefetch.keep, unitTokens: prefetch.unitTokens }, prefetch.options, (state, unit, budgetLink) => {
            this.#fetch(state, [unit], { budgetLink });
          });
    const idOf = (state: RequestState): number => state.request.id;
    this.#retrievedEarly = sim.handler('request.retrieved', this.#onRetrievedEarly.bind(this), idOf);
    this.#retrievedLate = sim.handler('request.retrieved-at-head', this.#onRetrievedLate.bind(this), idOf);
    this.#firstStageEnds = sim.handler('request.first-stage', this.#onFirstStage.bind(this), idOf);
    this.#failOver = sim.handler('request.fail-over', ({ request, attempt }) => { this.#dispatch(request, attempt); }, ({ request }) => request.id);
    this.#ready = sim.handler('request.ready', this.#resume.bind(this), idOf);
    world.network.watchHosts((host, alive) => { this.#onHost(host, alive); });
  }

  handle(request: Request): void {
    this.#dispatch(request, 0);
  }

  #dispatch(request: Request, attempt: number): void {
    const promptBytes = Math.max(1, promptTokensOf(request) * this.#options.promptTokenBytes);
    this.#world.dispatcher.send({ request, promptBytes, attempt, end: this });
  }

  arrived({ request, attempt }: Dispatch, node: PeerNode, delivery?: Delivery): void {
    const state = new RequestState(request, node, attempt);
    this.#record(state, 'routing', request.arrivalNs);
    if (delivery !== undefined) this.#expect(state, delivery);
    if (this.#options.retrieval.stage === 'arrival') this.#retrieve(state, this.#retrievedEarly);
    else this.#enqueue(state);
  }

  #expect(state: RequestState, delivery: Delivery): void {
    const releasedBy = state.lastActivity;
    state.delivery = delivery;
    delivery.onEnd = () => {
      const { now } = this.#world.sim;
      if (state.lost || now === delivery.startNs) return;
      const activity = recordStep(state.activities, 'transfer', delivery.startNs, now, releasedBy);
      if (!state.awaitsDelivery) return;
      state.lastActivity = activity;
      state.readyNs = now;
      state.node.engine.ready(state.sequence);
    };
  }

  lost({ request, attempt }: Dispatch): void {
    this.#world.sim.schedule(this.#options.failoverNs, this.#failOver, { request, attempt: attempt + 1 });
  }

  refused({ request }: Dispatch): void {
    this.#listener(request, 'failed', undefined);
  }

  #retrieve(state: RequestState, done: Handler<RequestState>): void {
    state.retrievalStartNs = this.#world.sim.now;
    state.node.cpu.charge(state.request.retrievalNs ?? this.#options.retrieval.latencyNs, done, state);
  }

  #onRetrievedEarly(state: RequestState): void {
    if (state.lost) return;
    this.#record(state, 'retrieval', state.retrievalStartNs);
    state.units = state.request.units;
    this.#enqueue(state);
  }

  #enqueue(state: RequestState): void {
    const { node, sequence } = state;
    this.#bySequence.set(sequence, state);
    // What the engine's own prefix cache holds is known; what the stores hold is a matter of experience.
    sequence.expectedPrefillTokens = node.engine.prefixCache === undefined
      ? this.#monitor.expectedPrefillTokens(node, state.request)
      : Math.max(1, sequence.promptTokens - node.engine.localPrefixTokens(sequence));
    state.engineWaitNs = node.engine.estimateWaitNs();
    state.boundaryNs = node.engine.stepRemainingNs();
    state.predictedWaitNs = this.#monitor.predictNs(node);
    node.engine.submit(sequence);
    if (this.#prefetcher === undefined || state.predictedWaitNs === 0 || !this.#bySequence.has(sequence)) return;
    if (this.#options.retrieval.stage === 'arrival') this.#prefetcher.queued(state, state.units);
    else if (!this.#options.prefetch!.options.predictor.needsFirstStage) this.#prefetcher.queued(state, undefined);
    else node.cpu.charge(state.request.earlyRetrievalNs ?? this.#options.retrieval.firstStageLatencyNs, this.#firstStageEnds, state);
  }

  #onFirstStage(state: RequestState): void {
    if (!state.lost && state.headNs < 0) this.#prefetcher!.queued(state, undefined);
  }

  onHead(sequence: Sequence): 'ready' | 'pending' {
    // Preempted: its KV is gone, and the engine computes the whole prompt again.
    if (sequence.preemptions > 0) return 'ready';
    const state = this.#stateOf(sequence);
    state.headNs = this.#world.sim.now;
    this.#record(state, 'queueing', sequence.enqueuedNs);
    this.#monitor.reached(state.node, state.engineWaitNs, state.boundaryNs, state.headNs - sequence.enqueuedNs);
    this.#prefetcher?.reachedHead(state);
    // It has its blocks: what waits in host memory goes to the GPU.
    for (const job of state.jobs) job.release(state.lastActivity);
    if (this.#options.retrieval.stage === 'service') {
      this.#retrieve(state, this.#retrievedLate);
      return 'pending';
    }
    return this.#gather(state) ? 'ready' : 'pending';
  }

  #onRetrievedLate(state: RequestState): void {
    if (state.lost) return;
    this.#record(state, 'retrieval', state.retrievalStartNs);
    state.units = state.request.units;
    if (this.#gather(state)) state.node.engine.ready(state.sequence);
  }

  /** Fetches what the final units still need. True when nothing is left to wait for, and the prefill is planned. */
  #gather(state: RequestState): boolean {
    if (!this.#reuses) {
      state.missed = [...state.units];
      state.outcomes = state.units.map(() => 'missed');
      state.readyNs = this.#world.sim.now;
      state.awaitsDelivery = state.delivery?.ended === false;
      return !state.awaitsDelivery;
    }
    this.#dropUnwanted(state);
    this.#prefetcher?.ended(state);
    const seen = new Set<number>();
    for (const { id } of state.units) {
      const fetch = state.fetches.get(id);
      if (fetch === undefined) continue;
      if (fetch.arrivedBytes === fetch.geometry.storedBytes && !seen.has(id)) state.prefetchedInTimeBytes += fetch.geometry.storedBytes;
      seen.add(id);
    }
    const missing = state.units.filter(({ id }) => !seen.has(id) && seen.add(id));
    this.#prefetcher?.demanded(state.node, missing.length);
    this.#fetch(state, missing);
    if (!this.#settled(state)) return false;
    this.#plan(state);
    return true;
  }

  #dropUnwanted(state: RequestState): void {
    const wanted = new Set(state.units.map(({ id }) => id));
    for (const fetch of state.fetches.values()) if (!wanted.has(fetch.unit.id)) fetch.cancelled = true;
    for (const job of state.jobs) if (job.fetches.some((fetch) => fetch.cancelled)) this.#world.source.cancel(job);
  }

  /** @param ahead given where the request has no room on the GPU yet */
  #fetch(state: RequestState, units: readonly ContextUnit[], ahead?: { readonly budgetLink: LinkId | undefined }): void {
    if (units.length === 0) return;
    const { sim, geometries, source } = this.#world;
    const wanted = units.map((unit) => ({ unit, geometry: geometries.of(unit.tokens) }));
    const job = new FetchJob(state.node, state.activities, wanted, sim.now, state.lastActivity, (fetch) => { this.#onUnit(state, fetch); }, ahead);
    // At the head it has its blocks: nothing needs to wait in host memory.
    if (state.headNs >= 0) job.release(state.lastActivity);
    state.jobs.push(job);
    for (const fetch of job.fetches) state.fetches.set(fetch.unit.id, fetch);
    source.fetch(job);
  }

  #onUnit(state: RequestState, fetch: UnitFetch): void {
    const { sim, source } = this.#world;
    if (fetch.prefetched) this.#prefetcher!.settled(state, fetch);
    else if (!fetch.cancelled) this.#prefetcher?.demanded(state.node, -1);
    if (fetch.outcome === undefined) return;
    if (fetch.outcome === 'remote') source.arrived(state.node, fetch.unit);
    if (fetch.outcome === 'missed' && this.#computing.has(fetch.unit.id)) {
      fetch.inComputation = true;
      state.missedInComputation++;
    }
    // Before the request has reached the head of the queue and its units are known, landing early is all there is to do.
    if (state.lost || state.headNs < 0 || state.readyNs >= 0 || state.units.length === 0 || fetch.cancelled) return;
    if (!this.#settled(state)) return;
    state.lastActivity = fetch.lastActivity;
    state.readyNs = sim.now;
    sim.schedule(0, this.#ready, state);
  }

  #settled(state: RequestState): boolean {
    return state.units.every(({ id }) => state.fetches.get(id)?.outcome !== undefined);
  }

  #resume(state: RequestState): void {
    if (state.lost) return;
    this.#plan(state);
    state.node.engine.ready(state.sequence);
  }

  /** Tells the engine what is left to compute. */
  #plan(state: RequestState): void {
    state.readyNs = this.#world.sim.now;
    if (state.request.reuse === 'prefix') planPrefix(state);
    else planStitched(state, this.#options.recomputation);
    this.#countPrefetch(state);
    this.#learnReuse(state);
    this.#computing.begin(state);
  }

  #learnReuse({ node, request, sequence, reusedTokens }: RequestState): void {
    const contextTokens = sequence.promptTokens - request.suffixTokens;
    this.#monitor.learn(node, reusedTokens, contextTokens);
    node.engine.expectPrefill(sequence, Math.max(1, sequence.promptTokens - reusedTokens));
  }

  #countPrefetch(state: RequestState): void {
    const needed = new Set<number>();
    for (const { id } of state.units) {
      const fetch = state.fetches.get(id)!;
      if (needed.has(id)) continue;
      needed.add(id);
      state.neededBytes += fetch.geometry.storedBytes;
    }
    for (const fetch of state.fetches.values()) {
      if (!fetch.prefetched) continue;
      const isUsed = needed.has(fetch.unit.id) && fetch.outcome !== 'missed';
      if (isUsed) state.prefetchedUsedBytes += fetch.geometry.storedBytes;
      state.prefetchedBytes += isUsed ? fetch.geometry.storedBytes : fetch.arrivedBytes;
    }
    this.#prefetcher?.learn(state);
  }

  onFirstToken(sequence: Sequence): void {
    const state = this.#stateOf(sequence);
    const { activities, node } = state;
    if (sequence.firstScheduledNs > state.readyNs) {
      state.lastActivity = recordStep(activities, 'queueing', state.readyNs, sequence.firstScheduledNs, state.lastActivity);
    }
    state.lastActivity = recordStep(activities, 'prefill', sequence.firstScheduledNs, sequence.firstTokenNs, state.lastActivity);
    if (node.engine.prefixCache !== undefined) countCached(state);
    if (!this.#reuses) return;
    if (state.missed.length === 0) return;
    // What merely came too late lies where it should.
    const lacking = state.missed.filter(({ id }) => state.fetches.get(id)?.late !== true);
    if (lacking.length > 0) this.#world.source.storeBack(node, lacking, () => { this.#computing.end(state); });
    else this.#computing.end(state);
  }

  onFinished(sequence: Sequence): void {
    this.#end(this.#stateOf(sequence), 'completed');
  }

  onRejected(sequence: Sequence): void {
    this.#end(this.#stateOf(sequence), 'rejected');
  }

  #end(state: RequestState, outcome: 'completed' | 'rejected'): void {
    this.#bySequence.delete(state.sequence);
    this.#world.dispatcher.ended(state.request, state.node, false);
    this.#listener(state.request, outcome, state);
  }

  #onHost(host: HostId, alive: boolean): void {
    const node = this.#world.nodes[host] as PeerNode | undefined;
    if (node === undefined) return;
    if (alive) {
      this.#world.dispatcher.recovered(node);
      return;
    }
    for (const state of [...this.#bySequence.values()]) if (state.node === node) this.#lose(state);
  }

  /** The node died under this request: after its detection time the front end sends it elsewhere. */
  #lose(state: RequestState): void {
    const { sim, dispatcher } = this.#world;
    state.lost = true;
    this.#computing.end(state);
    if (this.#bySequence.delete(state.sequence)) state.node.engine.abort(state.sequence);
    this.#prefetcher?.dropped(state);
    for (const fetch of state.fetches.values()) {
      if (!fetch.prefetched && fetch.outcome === undefined) this.#prefetcher?.demanded(state.node, -1);
      fetch.cancelled = true;
    }
    for (const job of state.jobs) this.#world.source.cancel(job);
    dispatcher.ended(state.request, state.node, true);
    sim.schedule(this.#options.failoverNs, this.#failOver, { request: state.request, attempt: state.attempt + 1 });
  }

  #record(state: RequestState, kind: 'routing' | 'retrieval' | 'queueing', startNs: Nanoseconds): void {
    const { now } = this.#world.sim;
    if (now > startNs) state.lastActivity = recordStep(state.activities, kind, startNs, now, state.lastActivity);
  }

  #stateOf(sequence: Sequence): RequestState {
    const state = this.#bySequence.get(sequence);
    if (state === undefined) throw new Error(`request ${sequence.request.id} is unknown to this pipeline`);
    return state;
  }
}
