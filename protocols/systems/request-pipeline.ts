import type { Handler } from '../../sim/kernel/handler.ts';
import { NumberMap } from '../../sim/kernel/number-map.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { EngineHooks } from '../../sim/serving/engine.ts';
import type { Request } from '../../sim/serving/request.ts';
import { promptTokensOf } from '../../sim/serving/sequence.ts';
import type { Sequence } from '../../sim/serving/sequence.ts';
import type { DecisionOptions } from '../decision/unit-decider.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { Delivery, Dispatch, DispatchEnd, Dispatcher } from './dispatcher.ts';
import type { KeepPolicy } from '../prefetch/keep-policy.ts';
import { Prefetcher } from '../prefetch/prefetcher.ts';
import type { PrefetchOptions } from '../prefetch/prefetcher.ts';
import { QueueMonitor } from '../prefetch/queue-monitor.ts';
import type { KvSource } from './kv-source.ts';
import { NoSource } from './kv-source.ts';
import type { PeerNode } from './peer-node.ts';
import { KvGathering } from './kv-gathering.ts';
import { countCached } from './prefill-plan.ts';
import type { Recomputation } from './recomputation.ts';
import { RequestState } from './request-state.ts';
import type { RequestListener, ServingSystem } from './serving-system.ts';
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
  /** Undefined fetches whatever there is, and begins to compute when all has come. */
  readonly decision: DecisionOptions | undefined;
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
  /** Requests in an engine, by the number that their sequences carry. */
  readonly #running = new NumberMap<RequestState>();
  #submitted = 0;
  readonly #gathering: KvGathering;
  readonly #retrievedEarly: Handler<RequestState>;
  readonly #retrievedLate: Handler<RequestState>;
  readonly #firstStageEnds: Handler<RequestState>;
  readonly #failOver: Handler<{ request: Request; attempt: number }>;

  constructor(world: PipelineWorld, options: PipelineOptions, listener: RequestListener) {
    this.name = world.source.name;
    this.#world = world;
    this.#options = options;
    this.#listener = listener;
    this.#reuses = !(world.source instanceof NoSource);
    const { sim } = world;
    const { prefetch, recomputation, decision } = options;
    const gathering = new KvGathering({ ...world, monitor: this.#monitor }, { recomputation, decision });
    this.#gathering = gathering;
    this.#prefetcher =
      prefetch === undefined
        ? undefined
        : new Prefetcher({ ...world, keep: prefetch.keep, unitTokens: prefetch.unitTokens }, prefetch.options, (state, unit, budgetLink) => {
            gathering.fetch(state, [unit], { budgetLink });
          });
    if (this.#prefetcher !== undefined) gathering.bindPrefetcher(this.#prefetcher);
    const idOf = (state: RequestState): number => state.request.id;
    this.#retrievedEarly = sim.handler('request.retrieved', this.#onRetrievedEarly.bind(this), idOf);
    this.#retrievedLate = sim.handler('request.retrieved-at-head', this.#onRetrievedLate.bind(this), idOf);
    this.#firstStageEnds = sim.handler('request.first-stage', this.#onFirstStage.bind(this), idOf);
    this.#failOver = sim.handler('request.fail-over', ({ request, attempt }) => { this.#dispatch(request, attempt); }, ({ request }) => request.id);
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
    sequence.number = ++this.#submitted;
    this.#running.set(sequence.number, state);
    // What the engine's own prefix cache holds is known; what the stores hold is a matter of experience.
    sequence.expectedPrefillTokens = node.engine.prefixCache === undefined
      ? this.#monitor.expectedPrefillTokens(node, state.request)
      : Math.max(1, sequence.promptTokens - node.engine.localPrefixTokens(sequence));
    state.engineWaitNs = node.engine.estimateWaitNs();
    state.boundaryNs = node.engine.stepRemainingNs();
    state.predictedWaitNs = this.#monitor.predictNs(node);
    node.engine.submit(sequence);
    if (this.#prefetcher === undefined || state.predictedWaitNs === 0 || !this.#running.has(sequence.number)) return;
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

  /** Sees to what the final units still need. True where the engine may run the request now. */
  #gather(state: RequestState): boolean {
    if (this.#reuses) return this.#gathering.gather(state);
    state.missed = [...state.units];
    state.outcomes = state.units.map(() => 'missed');
    state.readyNs = this.#world.sim.now;
    state.awaitsDelivery = state.delivery?.ended === false;
    return !state.awaitsDelivery;
  }

  onPieceDone(sequence: Sequence): void {
    this.#gathering.pieceDone(this.#stateOf(sequence));
  }

  onPreempted(sequence: Sequence): void {
    if (this.#reuses) this.#gathering.preempted(this.#stateOf(sequence));
  }

  onFirstToken(sequence: Sequence): void {
    const state = this.#stateOf(sequence);
    state.lastActivity = state.work.finish(state.readyNs, state.lastActivity);
    if (state.node.engine.prefixCache !== undefined) countCached(state);
    if (this.#reuses) this.#gathering.firstToken(state);
  }

  onFinished(sequence: Sequence): void {
    this.#end(this.#stateOf(sequence), 'completed');
  }

  onRejected(sequence: Sequence): void {
    this.#end(this.#stateOf(sequence), 'rejected');
  }

  #end(state: RequestState, outcome: 'completed' | 'rejected'): void {
    this.#running.delete(state.sequence.number);
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
    for (const state of this.#running.values()) if (state.node === node) this.#lose(state);
  }

  /** The node died under this request: after its detection time the front end sends it elsewhere. */
  #lose(state: RequestState): void {
    const { sim, dispatcher } = this.#world;
    state.lost = true;
    if (this.#running.delete(state.sequence.number)) state.node.engine.abort(state.sequence);
    this.#gathering.lost(state);
    dispatcher.ended(state.request, state.node, true);
    sim.schedule(this.#options.failoverNs, this.#failOver, { request: state.request, attempt: state.attempt + 1 });
  }

  #record(state: RequestState, kind: 'routing' | 'retrieval' | 'queueing', startNs: Nanoseconds): void {
    const { now } = this.#world.sim;
    if (now > startNs) state.lastActivity = recordStep(state.activities, kind, startNs, now, state.lastActivity);
  }

  #stateOf(sequence: Sequence): RequestState {
    const state = this.#running.get(sequence.number);
    if (state === undefined) throw new Error(`request ${sequence.request.id} is unknown to this pipeline`);
    return state;
  }
}
