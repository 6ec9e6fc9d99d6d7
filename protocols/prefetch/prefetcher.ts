import { SECOND, type Nanoseconds } from '../../sim/kernel/time.ts';
import type { Network } from '../../sim/network/network.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { UnitFetch } from '../fetch/fetch-job.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { LinkId } from '../../sim/network/flow-engine.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { RequestState } from '../systems/request-state.ts';
import type { KeepPolicy } from './keep-policy.ts';
import { LinkBudget } from './link-budget.ts';
import { PrefetchLine } from './prefetch-line.ts';
import type { LineBudget, Ticket } from './prefetch-line.ts';
import type { Predictor } from './predictor.ts';
import type { PrefetchTrigger } from './trigger.ts';

export interface PrefetchOptions extends LineBudget {
  readonly trigger: PrefetchTrigger;
  readonly predictor: Predictor;
  /** Most predicted units fetched ahead for one request; units that retrieval has named are not limited. */
  readonly depth: number;
  /** Candidates less likely than this are left alone. */
  readonly confidence: number;
  /** Greatest share of a node's downlink for prefetching while requests at the head fetch; 1 for no bound. */
  readonly linkShare: number;
  /** Rate of a node's downlink. */
  readonly downBps: number;
}

export interface PrefetchWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly geometries: ChunkGeometries;
  readonly keep: KeepPolicy;
  /** Length of a unit that was predicted, and may never be asked for; undefined where units are only known as requests name them. */
  readonly unitTokens: ((id: number) => number) | undefined;
}

/** Begins to fetch one unit for a request that still waits. */
type StartFetch = (state: RequestState, unit: ContextUnit, budgetLink: LinkId | undefined) => void;

interface NodeLine {
  readonly line: PrefetchLine<RequestState>;
  readonly budget: LinkBudget;
  linkUtilisation: number;
  sampledNs: Nanoseconds;
  sampledBytes: number;
}

/** Span over which link utilisation is averaged. */
const UTILISATION_SPAN_NS = SECOND;
const BITS_PER_BYTE = 8;

/**
 * Fetches KV for requests that wait. When a request is queued, the trigger decides from its predicted wait whether to fetch ahead, the predictor says what (where
 * retrieval has not said it yet), and each node works its line off by deadline within its budgets. What arrives waits in host memory, and goes to the GPU when the
 * request has reached the head of the queue and has blocks there. When retrieval has named the units, the rest of the prediction is given up.
 */
export class Prefetcher {
  readonly #world: PrefetchWorld;
  readonly #options: PrefetchOptions;
  readonly #startFetch: StartFetch;
  /** Lengths of the units that requests have named, where there is no catalogue. */
  readonly #seenTokens = new Map<number, number>();
  readonly #nodes = new Map<PeerNode, NodeLine>();
  readonly #tickets = new Map<RequestState, Ticket<RequestState>>();
  /** Prefetches under way, with the ticket they count against. */
  readonly #underWay = new Map<UnitFetch, Ticket<RequestState>>();
  /** Fetches that began ahead, and that a request at the head waits for. */
  readonly #promoted = new Set<UnitFetch>();

  constructor(world: PrefetchWorld, options: PrefetchOptions, startFetch: StartFetch) {
    this.#world = world;
    this.#options = options;
    this.#startFetch = startFetch;
  }

  /** A request has been queued. `known`: its units, where retrieval has named them. */
  queued(state: RequestState, known: readonly ContextUnit[] | undefined): void {
    const { trigger } = this.#options;
    const node = this.#of(state.node);
    this.#sampleLink(state.node, node);
    const { linkUtilisation } = node;
    const wanted = this.#candidates(state, known)
      .filter(({ confidence }) => trigger.fires({ waitNs: state.predictedWaitNs, confidence, linkUtilisation }))
      .map(({ unit }) => ({ unit, sizeBytes: this.#world.geometries.of(unit.tokens).storedBytes }));
    if (wanted.length === 0) return;
    state.prefetchFired = true;
    this.#tickets.set(state, node.line.join(state, this.#world.sim.now + state.predictedWaitNs, wanted));
    node.line.advance();
  }

  /** A unit fetched ahead is held in host memory, is on the GPU, or cannot be had. */
  settled(state: RequestState, fetch: UnitFetch): void {
    const node = this.#of(state.node);
    if (this.#promoted.delete(fetch)) node.budget.change(-1, -1);
    const ticket = this.#underWay.get(fetch);
    if (ticket === undefined) return;
    this.#underWay.delete(fetch);
    if (fetch.outcome !== 'missed') this.#world.keep.arrived(state.node, fetch);
    node.line.arrived(ticket);
  }

  /** The request has reached the head of its queue: nothing is more urgent than what it will need. */
  reachedHead(state: RequestState): void {
    const ticket = this.#tickets.get(state);
    if (ticket !== undefined) ticket.deadlineNs = 0;
  }

  /** The request's units are known, or it is gone: nothing more is fetched ahead for it. */
  ended(state: RequestState): void {
    const ticket = this.#tickets.get(state);
    if (ticket === undefined) return;
    this.#tickets.delete(state);
    const node = this.#of(state.node);
    for (const fetch of state.fetches.values()) {
      if (!this.#underWay.delete(fetch) || fetch.cancelled) continue;
      this.#promoted.add(fetch);
      node.budget.change(1, 1);
    }
    node.line.leave(ticket);
  }

  /** The request's node has died: it waits for nothing any more. */
  dropped(state: RequestState): void {
    this.ended(state);
    const { budget } = this.#of(state.node);
    for (const fetch of state.fetches.values()) if (this.#promoted.delete(fetch)) budget.change(-1, -1);
  }

  /** So many more, or fewer, units are being fetched for requests at the head. */
  demanded(node: PeerNode, units: number): void {
    this.#of(node).budget.change(units, 0);
  }

  /** Retrieval has named a request's units. */
  learn({ request }: RequestState): void {
    this.#options.predictor.learn(request);
    if (this.#world.unitTokens === undefined) for (const { id, tokens } of request.units) this.#seenTokens.set(id, tokens);
  }

  /** What could be fetched ahead, each unit once. */
  #candidates({ request }: RequestState, known: readonly ContextUnit[] | undefined): readonly { readonly unit: ContextUnit; readonly confidence: number }[] {
    const { predictor, confidence: least, depth } = this.#options;
    const { unitTokens } = this.#world;
    if (known !== undefined) return [...new Map(known.map((unit) => [unit.id, { unit, confidence: 1 }])).values()];
    const candidates: { readonly unit: ContextUnit; readonly confidence: number }[] = [];
    for (const { unit: id, confidence } of predictor.candidates(request)) {
      const tokens = unitTokens?.(id) ?? this.#seenTokens.get(id);
      if (confidence >= least && tokens !== undefined && candidates.length < depth) candidates.push({ unit: { id, tokens }, confidence });
    }
    return candidates;
  }

  #begin(ticket: Ticket<RequestState>, unit: ContextUnit): void {
    const state = ticket.owner;
    this.#startFetch(state, unit, this.#of(state.node).budget.link);
    this.#underWay.set(state.fetches.get(unit.id)!, ticket);
  }

  #sampleLink(node: PeerNode, line: NodeLine): void {
    const { sim, network } = this.#world;
    const elapsedNs = sim.now - line.sampledNs;
    if (elapsedNs <= 0) return;
    const bytes = network.stats.bytesDown(node.host);
    const utilisation = ((bytes - line.sampledBytes) * BITS_PER_BYTE * SECOND) / (elapsedNs * this.#options.downBps);
    line.linkUtilisation += (elapsedNs / (elapsedNs + UTILISATION_SPAN_NS)) * (utilisation - line.linkUtilisation);
    line.sampledNs = sim.now;
    line.sampledBytes = bytes;
  }

  #of(node: PeerNode): NodeLine {
    let line = this.#nodes.get(node);
    if (line === undefined) {
      const { linkShare, downBps } = this.#options;
      line = {
        line: new PrefetchLine(this.#options, (ticket, unit) => { this.#begin(ticket, unit); }),
        budget: new LinkBudget(this.#world.network, downBps, linkShare),
        linkUtilisation: 0,
        sampledNs: this.#world.sim.now,
        sampledBytes: this.#world.network.stats.bytesDown(node.host),
      };
      this.#nodes.set(node, line);
    }
    return line;
  }
}
