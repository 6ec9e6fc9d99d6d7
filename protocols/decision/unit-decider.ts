import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { PrefillPiece } from '../../sim/hardware/step-shape.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { FetchJob, UnitFetch } from '../fetch/fetch-job.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { RequestState } from '../systems/request-state.ts';
import { chooseUnits } from './choose-units.ts';
import type { Candidate, Choice } from './choose-units.ts';
import type { Decision, Overlap } from './decision-names.ts';
import type { FetchOutlook, FetchPart } from './fetch-outlook.ts';
import { UnitsUnderWay } from './units-under-way.ts';
import type { Work } from './units-under-way.ts';

/** How units are had, and what of the prefill may run beside that. */
export interface DecisionOptions {
  readonly decision: Decision;
  readonly overlap: Overlap;
  readonly outlook: FetchOutlook;
  /** Layers of the model. */
  readonly layers: number;
}

/** Decides for each unit that a request lacks how to get it, by what the request's node knows, and learns from how fetches end. */
export class UnitDecider {
  readonly #sim: Simulator;
  readonly #geometries: ChunkGeometries;
  readonly #options: DecisionOptions;
  readonly #underWay = new UnitsUnderWay();
  /** What the links alone were expected to need for a fetch under way. */
  readonly #expectedNs = new Map<FetchJob, Nanoseconds>();

  constructor(sim: Simulator, geometries: ChunkGeometries, options: DecisionOptions) {
    this.#sim = sim;
    this.#geometries = geometries;
    this.#options = options;
  }

  /** @param missing each unit once, in prompt order */
  choose(state: RequestState, missing: readonly ContextUnit[], finalPieces: readonly PrefillPiece[]): Choice {
    const { node, request } = state;
    const { outlook, decision, overlap } = this.#options;
    const candidates = missing.map((unit) => this.#candidate(node, unit));
    // What is neither here nor asked of anybody is missed at once; a prefix of which something has come ahead is fetched on.
    const isOpen = request.reuse === 'chunk' || state.fetches.size === 0;
    const open = isOpen ? candidates.filter(({ tiers, underWayNs }) => !tiers.includes(-1) || underWayNs !== undefined || outlook.asksOthers) : [];
    const closed = missing.filter((unit) => !open.some((each) => each.unit === unit));
    if (request.reuse === 'prefix' && closed.length > 0) return { wait: [], recompute: [], fetch: missing, absent: [], split: undefined, beside: false, expectedNs: undefined };
    const known = closed.map(({ tokens }) => ({ newTokens: tokens, contextTokens: 0 }));
    const choice = chooseUnits({
      decision,
      reuse: request.reuse,
      candidates: open,
      finalPieces: [...known, ...finalPieces],
      beside: overlap !== 'none',
      stepRemainingNs: node.engine.stepRemainingNs(),
      missShare: outlook.missShare(node),
      stepsNs: (pieces) => node.engine.estimatePrefillNs(pieces),
      fetchNs: (parts) => outlook.expectedNs(node, parts),
      tail: (tokens, from) => this.#geometries.tail(tokens, from),
    });
    return { ...choice, absent: closed };
  }

  /** A job has been started. */
  started(state: RequestState, job: FetchJob): void {
    const { outlook } = this.#options;
    const parts = job.fetches.map((fetch): FetchPart => ({ geometry: fetch.geometry, tiers: this.#tiersOf(job.node, fetch.unit) }));
    const remoteBytes = parts.reduce((sum, { geometry, tiers }) => geometry.segmentBytes.reduce((bytes, each, segment) => bytes + (tiers[segment] < 0 ? each : 0), sum), 0);
    if (!outlook.asksOthers || remoteBytes === 0) return;
    this.#expectedNs.set(job, outlook.linkNs(job.node, remoteBytes));
    const endNs = this.#sim.now + outlook.expectedNs(job.node, parts);
    for (const { unit, geometry } of job.fetches) if (geometry.tokens === unit.tokens) this.#begin(state, unit.id, 'transfer', endNs);
  }

  /** The request's node computes these units from now on. */
  computes(state: RequestState, units: readonly ContextUnit[]): void {
    const { engine } = state.node;
    const endNs = this.#sim.now + engine.stepRemainingNs() + engine.estimatePrefillNs(units.map(({ tokens }) => ({ newTokens: tokens, contextTokens: 0 })));
    for (const { id } of units) this.#begin(state, id, 'prefill', endNs);
  }

  /** A unit of a job has come, or cannot be had. */
  settled(state: RequestState, fetch: UnitFetch): void {
    this.#underWay.end(state.node, fetch.unit.id, state, fetch.outcome !== 'missed');
    const { job } = fetch;
    const expectedNs = this.#expectedNs.get(job);
    if (job.unitsLeft > 0 || expectedNs === undefined) return;
    this.#expectedNs.delete(job);
    this.#options.outlook.ended(job, expectedNs);
  }

  /** The request's node has computed a unit. */
  computed(state: RequestState, unit: number): void {
    this.#underWay.end(state.node, unit, state, true);
  }

  join(node: PeerNode, unit: number, told: (arrived: boolean, work: Work) => void): void {
    this.#underWay.join(node, unit, told);
  }

  /** The request brings nothing any more: it has its first token, was preempted, or its node died. */
  drop(state: RequestState): void {
    this.#underWay.drop(state.node, state);
    for (const job of state.jobs) this.#expectedNs.delete(job);
  }

  #begin(state: RequestState, unit: number, work: Work, endNs: Nanoseconds): void {
    this.#underWay.begin(state.node, unit, state, work, endNs);
  }

  #candidate(node: PeerNode, unit: ContextUnit): Candidate {
    const geometry = this.#geometries.of(unit.tokens);
    const endNs = this.#underWay.expectedNs(node, unit.id);
    const underWayNs = endNs === undefined ? undefined : Math.max(0, endNs - this.#sim.now) + copyWithinGpuNs(node, geometry.rawBytes);
    return { unit, geometry, tiers: this.#tiersOf(node, unit), underWayNs };
  }

  /** By segment: the tier that holds it, -1 where it is not here. */
  #tiersOf(node: PeerNode, unit: ContextUnit): number[] {
    return this.#geometries.of(unit.tokens).segmentBytes.map((_, segment) => node.holdings.tierOf(this.#geometries.segmentId(unit.id, segment)));
  }
}

/** From one request's blocks into another's, keys rotated on the way: keys and values are read and written, twice what rotating keys in place moves. */
export function copyWithinGpuNs({ costModel }: PeerNode, rawBytes: number): Nanoseconds {
  return costModel.ropeAdjustNs(2 * rawBytes);
}
