/** Everything that can be told of a trace before simulating it, in one streaming pass. */
import { SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Request } from '../../sim/serving/request.ts';
import type { HitCounts } from './leading-hits.ts';
import { MissRatioCurve } from './miss-ratio-curve.ts';
import type { CurvePoint } from './miss-ratio-curve.ts';
import { NodeSharing } from './node-sharing.ts';
import type { NodeSharingRow } from './node-sharing.ts';
import { OctaveHistogram } from './octave-grid.ts';
import { TenantSharing } from './tenant-sharing.ts';
import type { TenantSharingResult } from './tenant-sharing.ts';
import { ArrivalTally, LengthTally } from './trace-summary.ts';
import type { ArrivalSummary, LengthSummary } from './trace-summary.ts';
import { UnboundedCache } from './unbounded-cache.ts';
import { UseCounts, topShare } from './use-counts.ts';
import { fitZipf } from './zipf-fit.ts';
import type { ZipfFit } from './zipf-fit.ts';

/** What to compute beside the figures that every trace has. */
export interface TraceAnalysisOptions {
  /** Delays after which a unit can be used, for the unbounded cache. Default 0 s, 5 s and 10 s. */
  readonly usableAfterNs?: readonly Nanoseconds[];
  /** Numbers of nodes for the comparison of own caches with a shared one. Default 1, 2, 4, 8, 16. */
  readonly nodeCounts?: readonly number[];
  /** Capacity of a node's cache in that comparison, and an exact point of the curve. Default unbounded. */
  readonly capacityTokensPerNode?: number;
}

/** A point of the use counts: the rank-th most used unit. */
interface RankPoint {
  readonly rank: number;
  readonly uses: number;
}

/** The outcome, plain data: what `analysis.json` holds. */
export interface TraceAnalysis {
  readonly requests: number;
  readonly reuse: 'chunk' | 'prefix' | 'mixed' | 'none';
  readonly arrivals: ArrivalSummary;
  readonly inputTokens: LengthSummary;
  readonly outputTokens: LengthSummary;
  readonly unbounded: readonly { readonly usableAfterSeconds: number; readonly counts: HitCounts }[];
  readonly distinctUnits: number;
  readonly distinctTokens: number;
  /** Units used exactly once ÷ distinct units. */
  readonly singleUseShare: number;
  /** Of all uses, the share that the most used 1 % and 10 % of the units take. */
  readonly top1Share: number;
  readonly top10Share: number;
  /** Most used units that make up half of all uses. */
  readonly hotUnits: number;
  readonly zipf?: ZipfFit;
  /** Use counts at ranks at most an eighth apart. */
  readonly rankUses: readonly RankPoint[];
  /** LRU capacity, in tokens, that the given share of reused tokens needs; absent without reuse. */
  readonly reuseDistanceTokens?: { readonly p50: number; readonly p90: number; readonly p99: number };
  /** Seconds from one use of a unit to its next, rounded up to the octave grid in milliseconds; absent without reuse. */
  readonly reuseTimeSeconds?: { readonly p50: number; readonly p90: number; readonly p99: number };
  readonly missRatioCurve: readonly CurvePoint[];
  /** The curve at the capacity asked for. */
  readonly atCapacity?: CurvePoint;
  readonly capacityTokensPerNode?: number;
  readonly nodes: readonly NodeSharingRow[];
  readonly tenants?: TenantSharingResult;
}

const DEFAULT_DELAYS_NS = [0, 5 * SECOND, 10 * SECOND];
const DEFAULT_NODE_COUNTS = [1, 2, 4, 8, 16];
const NS_PER_MS = 1_000_000;

/** Reads the requests once, in order of arrival; memory grows with the distinct units, not with the requests. */
export function analyseTrace(requests: Iterable<Request>, options: TraceAnalysisOptions = {}): TraceAnalysis {
  const { usableAfterNs = DEFAULT_DELAYS_NS, nodeCounts = DEFAULT_NODE_COUNTS, capacityTokensPerNode } = options;
  const unbounded = usableAfterNs.map((delayNs) => new UnboundedCache(delayNs));
  const curve = new MissRatioCurve(capacityTokensPerNode === undefined ? [] : [capacityTokensPerNode]);
  const uses = new UseCounts();
  const lastUseNs = new Map<number, Nanoseconds>();
  const reuseTimeMs = new OctaveHistogram();
  const nodes = new NodeSharing({ nodeCounts, ...(capacityTokensPerNode === undefined ? {} : { capacityTokensPerNode }) });
  const tenants = new TenantSharing();
  const inputTokens = new LengthTally();
  const outputTokens = new LengthTally();
  const arrivals = new ArrivalTally();
  const reuseKinds = new Set<'chunk' | 'prefix'>();
  let count = 0;
  for (const request of requests) {
    count++;
    arrivals.add(request.arrivalNs);
    let prompt = request.suffixTokens;
    for (const { id, tokens } of request.units) {
      prompt += tokens;
      const last = lastUseNs.get(id);
      if (last !== undefined) reuseTimeMs.add(Math.ceil((request.arrivalNs - last) / NS_PER_MS));
      lastUseNs.set(id, request.arrivalNs);
    }
    inputTokens.add(prompt);
    outputTokens.add(request.outputTokens);
    if (request.units.length > 0) reuseKinds.add(request.reuse);
    for (const cache of unbounded) cache.add(request);
    curve.add(request);
    uses.add(request);
    nodes.add(request);
    tenants.add(request);
  }
  const descending = uses.descending();
  const zipf = fitZipf(descending);
  const tenantSharing = tenants.result();
  const distance50 = curve.reuseDistanceTokens(0.5);
  const time50 = reuseTimeMs.quantile(0.5);
  return {
    requests: count,
    reuse: reuseKinds.size === 0 ? 'none' : reuseKinds.size === 2 ? 'mixed' : [...reuseKinds][0],
    arrivals: arrivals.summary(),
    inputTokens: inputTokens.summary(),
    outputTokens: outputTokens.summary(),
    unbounded: unbounded.map((cache) => ({ usableAfterSeconds: cache.usableAfterNs / SECOND, counts: cache.counts })),
    distinctUnits: uses.size,
    distinctTokens: curve.distinctTokens,
    singleUseShare: singleUseShare(descending),
    top1Share: topShare(descending, 0.01),
    top10Share: topShare(descending, 0.1),
    hotUnits: uses.hot().size,
    ...(zipf === undefined ? {} : { zipf }),
    rankUses: rankPoints(descending),
    ...(distance50 === undefined
      ? {}
      : { reuseDistanceTokens: { p50: distance50, p90: curve.reuseDistanceTokens(0.9)!, p99: curve.reuseDistanceTokens(0.99)! } }),
    ...(time50 === undefined
      ? {}
      : { reuseTimeSeconds: { p50: time50 / 1000, p90: reuseTimeMs.quantile(0.9)! / 1000, p99: reuseTimeMs.quantile(0.99)! / 1000 } }),
    missRatioCurve: curve.points(),
    ...(capacityTokensPerNode === undefined ? {} : { capacityTokensPerNode, atCapacity: curve.exactPoints()[0] }),
    nodes: nodes.rows(),
    ...(tenantSharing === undefined ? {} : { tenants: tenantSharing }),
  };
}

function singleUseShare(descending: Float64Array): number {
  if (descending.length === 0) return 0;
  let repeated = 0;
  while (repeated < descending.length && descending[repeated] > 1) repeated++;
  return 1 - repeated / descending.length;
}

function rankPoints(descending: Float64Array): RankPoint[] {
  const points: RankPoint[] = [];
  for (let rank = 1; rank <= descending.length; rank += Math.max(1, Math.floor(rank / 8))) points.push({ rank, uses: descending[rank - 1] });
  return points;
}
