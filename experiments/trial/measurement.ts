/** What a trial measures: the window from the arrival of the first measured request to the end of the last one. */
import type { RoutingCounts } from '../../protocols/prefix-routing/routing-counts.ts';
import type { RequestOutcome } from '../../protocols/systems/serving-system.ts';
import type { RequestState } from '../../protocols/systems/request-state.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../sim/kernel/time.ts';
import type { Network } from '../../sim/network/network.ts';
import type { Request } from '../../sim/serving/request.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { RetrievalScore } from '../../workloads/retrieval/retrieval-metrics.ts';
import { ATTRIBUTION_PARTS, HIDDEN_PARTS } from '../results/query-columns.ts';
import type { TrialResult } from '../results/trial-result.ts';
import type { Machines } from './machines.ts';
import { exactPercentile, maxOverMean, mean } from './order-statistics.ts';
import { QueryRecorder } from './query-recorder.ts';
import type { TrialSystem } from './systems.ts';
import { BreakEvenMeasurement } from './break-even-measurement.ts';
import { DecisionMeasurement } from './decision-measurement.ts';
import { LayerMeasurement } from './layer-measurement.ts';
import { countOutcomes } from './outcome-counts.ts';
import { ResourceWindow } from './resource-window.ts';
import { timeLines } from './time-lines.ts';
import { UnitUses } from './unit-uses.ts';

const ATTRIBUTION_METRICS = [
  ...ATTRIBUTION_PARTS.map((part) => [`${part}Ns`, `${part}Ms`] as const),
  ...HIDDEN_PARTS.map((part) => [`hidden${capital(part)}Ns`, `hidden${capital(part)}Ms`] as const),
];

/** What only some trials have. */
export interface MeasuredAspects {
  /** The system under test may fetch ahead. */
  readonly prefetches: boolean;
  readonly retrieval: RetrievalScore | undefined;
  readonly routing: RoutingCounts | undefined;
}

export class Measurement {
  readonly #sim: Simulator;
  readonly #config: ResolvedConfig;
  readonly #machines: Machines;
  readonly #system: TrialSystem;
  readonly #aspects: MeasuredAspects;
  #metadata = { messages: 0, bytes: 0 };
  readonly #queries = new QueryRecorder();
  readonly #resources: ResourceWindow;
  readonly #uses = new UnitUses();
  readonly #counts = { local: 0, remote: 0, missed: 0, missedInComputation: 0, reusedTokens: 0, recomputedTokens: 0, askedTokens: 0, outputTokens: 0, promptTokens: 0, good: 0, fetched: 0 };
  readonly #prefetch = { fired: 0, bytes: 0, usedBytes: 0, inTimeBytes: 0, neededBytes: 0 };
  readonly #breakEven: BreakEvenMeasurement | undefined;
  readonly #decisions = new DecisionMeasurement();
  readonly #lookups = { count: 0, hops: 0, latencyNs: 0, timeouts: 0 };
  readonly #layers: LayerMeasurement;
  readonly #segmentsMaxOverMean: number | undefined;
  readonly #segments = { hedged: 0, corrupt: 0, redirected: 0, stale: 0, bytesFromCopies: 0, late: 0 };
  #gpuSavedNs = 0;
  #rejected = 0;
  #failed = 0;
  #sources = 0;
  #startNs = 0;
  #endNs = 0;

  constructor(sim: Simulator, config: ResolvedConfig, machines: Machines, system: TrialSystem, aspects: MeasuredAspects) {
    this.#sim = sim;
    this.#config = config;
    this.#machines = machines;
    this.#system = system;
    this.#aspects = aspects;
    this.#layers = new LayerMeasurement(system.layers);
    this.#breakEven = system.path === undefined ? undefined : new BreakEvenMeasurement(system.geometries);
    this.#segmentsMaxOverMean = system.warm === undefined ? undefined : maxOverMean(machines.nodes.map(({ holdings }) => holdings.size));
    this.#resources = new ResourceWindow(sim, config, machines, system);
  }

  /** The first measured request arrives now. */
  start(): void {
    this.#startNs = this.#sim.now;
    this.#resources.start();
    this.#aspects.routing?.reset();
    this.#metadata = messageTraffic(this.#machines.network, METADATA);
  }

  /** A measured request has ended. */
  add(request: Request, outcome: RequestOutcome, state: RequestState | undefined): void {
    this.#endNs = this.#sim.now;
    if (outcome === 'rejected') this.#rejected++;
    else if (outcome === 'failed' || state === undefined) this.#failed++;
    else this.#addCompleted(request, state);
  }

  #addCompleted(request: Request, state: RequestState): void {
    const outcomes = countOutcomes(state.outcomes);
    this.#queries.add(state, outcomes);
    const { sequence } = state;
    const { units } = request;
    let askedTokens = 0;
    for (let i = 0; i < units.length; i++) {
      askedTokens += units[i].tokens;
      this.#uses.add(units[i].id, state.outcomes[i] !== 'missed');
    }
    this.#counts.askedTokens += askedTokens;
    this.#counts.local += outcomes.local;
    this.#counts.remote += outcomes.remote;
    this.#counts.missed += outcomes.missed;
    this.#counts.reusedTokens += state.reusedTokens;
    this.#counts.recomputedTokens += state.recomputedTokens;
    this.#gpuSavedNs += gpuSavedNs(state);
    this.#counts.missedInComputation += state.missedInComputation;
    this.#counts.promptTokens += sequence.promptTokens;
    this.#counts.outputTokens += sequence.outputTokens;
    this.#countFetches(state);
    if (state.prefetchFired) this.#prefetch.fired++;
    this.#layers.add(state.jobs);
    this.#decisions.add(state);
    this.#breakEven?.add(state);
    this.#prefetch.bytes += state.prefetchedBytes;
    this.#prefetch.usedBytes += state.prefetchedUsedBytes;
    this.#prefetch.inTimeBytes += state.prefetchedInTimeBytes;
    this.#prefetch.neededBytes += state.neededBytes;
    const { ttftNs, tpotNs } = this.#config.measure.slo;
    const decodeNs = sequence.finishedNs - sequence.firstTokenNs;
    if (sequence.firstTokenNs - request.arrivalNs <= ttftNs && decodeNs <= tpotNs * (sequence.outputTokens - 1)) this.#counts.good++;
  }

  #countFetches(state: RequestState): void {
    let sources = 0;
    for (const { cost, fetches } of state.jobs) {
      for (const { late } of fetches) if (late) this.#segments.late++;
      this.#lookups.count += cost.lookups;
      this.#lookups.hops += cost.hops;
      this.#lookups.latencyNs += cost.lookupNs;
      this.#lookups.timeouts += cost.timeouts;
      this.#segments.hedged += cost.hedged;
      this.#segments.corrupt += cost.corrupt;
      this.#segments.redirected += cost.redirected;
      this.#segments.stale += cost.stale;
      this.#segments.bytesFromCopies += cost.bytesFromCopies;
      sources = Math.max(sources, cost.sourcesAtOnce);
    }
    if (sources === 0) return;
    this.#counts.fetched++;
    this.#sources += sources;
  }

  /** Everything measured. `cut` requests had not ended when the simulation was cut off. */
  result(cut: number): Omit<TrialResult, 'key'> {
    const resources = this.#resources.end();
    return {
      digest: this.#sim.digest(),
      metrics: { ...this.#latencies(), ...this.#rates(), ...this.#hits(), ...this.#waiting(), ...this.#prefetching(), ...this.#decisions.metrics(), ...this.#breakEven?.metrics(), ...this.#retrieval(), ...this.#fetching(), ...this.#routingMetrics(), ...resources.metrics },
      labels: { busiestResource: resources.busiest },
      flags: this.#flags(cut),
      queries: this.#queries.table(),
      ...(this.#config.faults.length === 0 ? {} : { series: timeLines(this.#queries) }),
    };
  }

  #latencies(): Record<string, number> {
    const metrics: Record<string, number> = {};
    const columns = { ttft: this.#queries.column('ttftNs'), e2e: this.#queries.column('e2eNs'), tpot: this.#tpotsNs() };
    for (const [prefix, column] of Object.entries(columns)) {
      const values = Float64Array.from(column).sort();
      metrics[`${prefix}MeanMs`] = mean(values) / MILLISECOND;
      for (const percent of [50, 90, 95, 99]) metrics[`${prefix}P${percent}Ms`] = exactPercentile(values, percent) / MILLISECOND;
    }
    for (const [column, name] of ATTRIBUTION_METRICS) metrics[name] = mean(this.#queries.column(column)) / MILLISECOND;
    return metrics;
  }

  /** Of queries with at least two output tokens. */
  #tpotsNs(): number[] {
    const [ttft, e2e, tokens] = ['ttftNs', 'e2eNs', 'outputTokens'].map((name) => this.#queries.column(name));
    const tpots: number[] = [];
    for (let i = 0; i < tokens.length; i++) if (tokens[i] >= 2) tpots.push((e2e[i] - ttft[i]) / (tokens[i] - 1));
    return tpots;
  }

  #rates(): Record<string, number> {
    const windowS = (this.#endNs - this.#startNs) / SECOND;
    const completed = this.#queries.rows;
    return {
      throughputRps: completed / windowS,
      throughputTps: this.#counts.outputTokens / windowS,
      goodputRps: this.#counts.good / windowS,
      requestsCompleted: completed,
      requestsRejected: this.#rejected,
      requestsFailed: this.#failed,
    };
  }

  #hits(): Record<string, number> {
    const { local, remote, missed, reusedTokens, askedTokens, missedInComputation } = this.#counts;
    const asked = local + remote + missed;
    const { warm } = this.#system;
    return {
      ...(warm === undefined ? {} : { corpusHeld: warm.unitsPlaced / warm.units }),
      hitRate: (local + remote) / asked,
      hitRateLocal: local / asked,
      hitRateRemote: remote / asked,
      hitRateBytes: reusedTokens / askedTokens,
      hitRateTokens: reusedTokens / this.#counts.promptTokens,
      gpuSecondsSaved: (this.#gpuSavedNs * this.#config.cluster.gpusPerNode) / SECOND,
      recomputedShare: this.#counts.recomputedTokens / this.#counts.promptTokens,
      hitRateHot: this.#uses.hotHitRate(),
      missedInComputation: missedInComputation / asked,
    };
  }

  #waiting(): Record<string, number> {
    const [waits, predicted] = [this.#queries.column('waitNs'), this.#queries.column('predictedWaitNs')];
    const errors = Float64Array.from(predicted, (each, i) => each - waits[i]);
    const metrics: Record<string, number> = {
      waitMeanMs: mean(waits) / MILLISECOND,
      waitPredictionErrorMs: mean(errors.map(Math.abs)) / MILLISECOND,
      waitErrorMeanMs: mean(errors) / MILLISECOND,
    };
    errors.sort();
    for (const percent of [5, 50, 95]) metrics[`waitErrorP${percent}Ms`] = exactPercentile(errors, percent) / MILLISECOND;
    return metrics;
  }

  #retrieval(): Record<string, number> {
    const { retrieval } = this.#aspects;
    if (retrieval === undefined) return {};
    const { judged, recall, mrr, answerable, answerInChunk, staged, earlyOverlap } = retrieval;
    return {
      ...(judged > 0 ? { retrievalRecall: recall, retrievalMrr: mrr } : {}),
      ...(answerable > 0 ? { answerInChunk } : {}),
      ...(staged > 0 ? { firstStageOverlap: earlyOverlap } : {}),
    };
  }

  /** Only where something may be fetched ahead: what does not apply is left out. */
  #prefetching(): Record<string, number> {
    if (!this.#aspects.prefetches) return {};
    const { fired, bytes, usedBytes, inTimeBytes, neededBytes } = this.#prefetch;
    let polluted = 0;
    for (const { neededBytes: each } of this.#machines.pollution) polluted += each;
    return {
      prefetchShare: fired / this.#queries.rows,
      prefetchAccuracy: usedBytes / bytes,
      prefetchCoverage: inTimeBytes / neededBytes,
      prefetchWastedBytes: bytes - usedBytes,
      pollutionBytes: polluted,
    };
  }

  #fetching(): Record<string, number> {
    const { count, hops, latencyNs, timeouts } = this.#lookups;
    const { overlay, repairs, copies, leases, fetcher } = this.#system;
    const usesOverlay = overlay !== undefined;
    return {
      ...this.#layers.metrics(),
      ...(this.#segmentsMaxOverMean === undefined ? {} : { segmentsMaxOverMean: this.#segmentsMaxOverMean }),
      sourcesEffectiveMean: this.#sources / this.#counts.fetched,
      ...(usesOverlay ? { lookupHopsMean: hops / count, lookupLatencyMeanMs: latencyNs / count / MILLISECOND, lookupTimeouts: timeouts, segmentsHedged: this.#segments.hedged, segmentsCorrupt: this.#segments.corrupt } : {}),
      ...(fetcher === undefined ? {} : { bytesAwaitedMax: fetcher.mostBytesAwaited, ...(!usesOverlay || this.#config.fetch.deadlineNs === null ? {} : { unitsLate: this.#segments.late }) }),
      ...this.#writes(),
      ...this.#tierMoves(),
      ...this.#refusedWrites(),
      ...(copies === undefined ? {} : { hotCopies: copies.unitsKept, bytesHotCopies: copies.bytesKept, bytesEvictedByCopies: copies.bytesEvicted, ...this.#sharing() }),
      ...(leases === undefined ? {} : { segmentsExpired: leases.segmentsExpired, segmentsRenewed: leases.segmentsRenewed, bytesRenewal: messageTraffic(this.#machines.network, 'lease.').bytes }),
      ...(repairs === undefined ? {} : { segmentsRepaired: repairs.segmentsRepaired, bytesRepair: repairs.bytesSent }),
    };
  }

  /** Of systems that choose a node by what is cached there. */
  #routingMetrics(): Record<string, number> {
    const routing = this.#aspects.routing;
    if (routing === undefined) return {};
    const windowS = (this.#sim.now - this.#startNs) / SECOND;
    const { messages, bytes } = messageTraffic(this.#machines.network, METADATA);
    const { requests, blocksAsked, estimatesUsed, forwarded, sentToLiars } = routing;
    return {
      forwardedShare: forwarded / requests,
      fetchedShare: routing.fetched / requests,
      redirectedShare: routing.redirected / requests,
      spilledShare: routing.spilled / requests,
      falseHitRate: routing.falseHitBlocks / blocksAsked,
      missedHitRate: routing.missedHitBlocks / blocksAsked,
      metadataAgeMeanMs: routing.estimateAgeNs / estimatesUsed / MILLISECOND,
      forwardingMeanMs: routing.forwardingNs / forwarded / MILLISECOND,
      metadataMessagesPerSecond: (messages - this.#metadata.messages) / windowS,
      metadataBytesPerSecond: (bytes - this.#metadata.bytes) / windowS,
      ...(sentToLiars + routing.liarsDistrusted === 0 ? {} : { sentToLiarsShare: sentToLiars / requests, liarsDistrusted: routing.liarsDistrusted, liarDistrustMeanMs: routing.liarsDistrustedNs / routing.liarsDistrusted / MILLISECOND }),
      honestDistrusted: routing.honestDistrusted,
    };
  }

  /** Where nodes tell others of the copies that they keep. */
  #sharing(): Record<string, number> {
    if (this.#config.placement.copyLeaseNs === null) return {};
    const { redirected, stale, bytesFromCopies } = this.#segments;
    return { segmentsRedirected: redirected, staleRedirects: stale, bytesFromCopies, bytesCopyMessages: messageTraffic(this.#machines.network, 'copies.').bytes };
  }

  /** Where nodes have a drive behind their memory. */
  #tierMoves(): Record<string, number> {
    const { nodes, traffic } = this.#machines;
    if (nodes[0].tiers.length < 2) return {};
    const { demotion, promotion, through } = traffic.bytes;
    const { store } = this.#config;
    return {
      bytesDemoted: demotion,
      ...(store.promotion === 'never' ? {} : { bytesPromoted: promotion }),
      ...(store.writes === 'back' ? {} : { bytesWrittenThrough: through }),
    };
  }

  /** Where nodes store something: writes for which what was in use left no room. */
  #refusedWrites(): Record<string, number> {
    const { nodes } = this.#machines;
    if (nodes[0].tiers.length === 0) return {};
    let refused = 0;
    for (const { holdings } of nodes) refused += holdings.refusedForPins;
    return { writesRefusedInUse: refused };
  }

  #writes(): Record<string, number> {
    const { writes, overlay } = this.#system;
    if (writes === undefined || overlay === undefined || this.#config.placement.writeQuorum === 0) return {};
    return { writeAcknowledgedMs: writes.acknowledgeNs / writes.unitsAcknowledged / MILLISECOND, writesFailed: writes.unitsFailed / (writes.unitsFailed + writes.unitsAcknowledged) };
  }

  #flags(cut: number): Record<string, number> {
    const flags: Record<string, number> = {};
    for (const { outOfRange } of this.#machines.costModels) {
      for (const [reason, times] of Object.entries(outOfRange.counts())) {
        const flag = `cost model asked outside its range: ${reason}`;
        flags[flag] = (flags[flag] ?? 0) + times;
      }
    }
    let lifted = 0;
    for (const { engine } of this.#machines.nodes) lifted += engine.contextLimitLifted;
    if (lifted > 0) flags['context limit lifted'] = lifted;
    if (cut > 0) flags['requests cut off at measure.maxSimulated'] = cut;
    if (this.#failed > 0) flags['requests failed: no node was left to serve them'] = this.#failed;
    return flags;
  }
}

/** Prefill of the whole prompt, less that of the part that was not reused, as the node's cost model has them for a request alone. */
function gpuSavedNs({ sequence, reusedTokens, node: { costModel } }: RequestState): number {
  if (reusedTokens === 0) return 0;
  const { promptTokens } = sequence;
  costModel.outOfRange.recording = false;
  const computed = Math.max(1, promptTokens - reusedTokens);
  const savedNs = costModel.prefillNs(promptTokens, 0) - costModel.prefillNs(computed, promptTokens - computed);
  costModel.outOfRange.recording = true;
  return savedNs;
}

/** What the names of messages begin with by which nodes or a router learn what is cached where. */
const METADATA = 'prefix.';

/** Messages whose names begin so. */
function messageTraffic(network: Network, prefix: string): { messages: number; bytes: number } {
  const total = { messages: 0, bytes: 0 };
  for (const { name, sent, sentBytes } of network.stats.messages()) {
    if (!name.startsWith(prefix)) continue;
    total.messages += sent;
    total.bytes += sentBytes;
  }
  return total;
}

function capital(word: string): string {
  return word[0].toUpperCase() + word.slice(1);
}
