/** The analysis in sentences: what was found, and what it means for a cache. */
import { tokenHitRate, unitHitRate } from '../../workloads/analysis/leading-hits.ts';
import type { TraceAnalysis } from '../../workloads/analysis/trace-analysis.ts';
import type { ZipfFit } from '../../workloads/analysis/zipf-fit.ts';
import { bytesText, countText, digits, durationText, percentText, tokensText } from './number-text.ts';

export interface Setting {
  readonly model: string;
  readonly kvBytesPerToken: number;
}

export interface Section {
  readonly heading: string;
  readonly sentences: readonly string[];
}

/** Gap between counted and fitted distribution, as a share of uses, up to which a fit deserves its name. */
const GOOD_FIT = 0.03;
const FAIR_FIT = 0.08;

export function sections(analysis: TraceAnalysis, setting: Setting): Section[] {
  const reuse = analysis.reuse === 'none' ? [] : [repetition(analysis), skew(analysis), distance(analysis, setting), cacheSize(analysis, setting), sharing(analysis, setting)];
  return [load(analysis), ...(reuse.length === 0 ? [noHashes(analysis)] : reuse), ...(analysis.tenants === undefined ? [] : [tenants(analysis)])];
}

function units(analysis: TraceAnalysis): string {
  return analysis.reuse === 'chunk' ? 'chunks' : 'blocks';
}

function load({ requests, arrivals, inputTokens, outputTokens }: TraceAnalysis): Section {
  const { gapVariation } = arrivals;
  const burst = gapVariation < 0.8 ? 'steadier than a Poisson process' : gapVariation <= 1.25 ? 'about a Poisson process' : 'bursty: a Poisson process has 1';
  return {
    heading: 'Load',
    sentences: [
      `${countText(requests)} requests in ${durationText(arrivals.durationSeconds)}: ${digits(arrivals.ratePerSecond)} a second, ${countText(arrivals.busiestMinuteRequests)} in the busiest minute.`,
      ...(requests > 2 ? [`Gaps between arrivals vary ${digits(gapVariation)} times their mean (${burst}).`] : []),
      `Prompts have ${countText(inputTokens.mean)} tokens on average (median ${countText(inputTokens.p50)}, 99th percentile ${countText(inputTokens.p99)}, longest ${countText(inputTokens.max)}), answers ${countText(outputTokens.mean)} (median ${countText(outputTokens.p50)}).`,
    ],
  };
}

function noHashes({ requests }: TraceAnalysis): Section {
  return {
    heading: 'Reuse',
    sentences: [requests === 0 ? 'There are no requests in this part of the trace.' : 'The trace has no block hashes, so nothing can be said of reuse: log a hash for each block of the prompt (see --help).'],
  };
}

function repetition(analysis: TraceAnalysis): Section {
  const what = units(analysis);
  const [first, ...later] = analysis.unbounded;
  const rate = unitHitRate(first.counts);
  const delays = later.map(({ usableAfterSeconds, counts }) => `${percentText(unitHitRate(counts), 2)} if usable ${durationText(usableAfterSeconds)} later`);
  return {
    heading: 'How often prompts repeat',
    sentences: [
      `Of ${countText(first.counts.units)} ${what}, ${percentText(rate)} had come before (${percentText(tokenHitRate(first.counts))} of prompt tokens): the most that any cache can hit, requests one at a time, a ${what.slice(0, -1)} usable ${first.usableAfterSeconds === 0 ? 'at once' : `${durationText(first.usableAfterSeconds)} later`}.`,
      ...(delays.length > 0 ? [`Computing takes time: ${delays.join(', ')}.`] : []),
      rate < 0.05 ? 'There is next to nothing to reuse here.' : rate > 0.5 ? 'Most of the prefill work could be avoided.' : 'Part of the prefill work could be avoided.',
    ],
  };
}

function skew(analysis: TraceAnalysis): Section {
  const what = units(analysis);
  const { top1Share, top10Share, hotUnits, distinctUnits, singleUseShare, zipf } = analysis;
  return {
    heading: 'How skewed it is',
    sentences: [
      `There are ${countText(distinctUnits)} distinct ${what}; ${percentText(singleUseShare)} of them are used once only.`,
      `The most used 1 % take ${percentText(top1Share)} of all uses, the most used 10 % take ${percentText(top10Share)}; half of all uses fall on ${countText(hotUnits)} hot ${what} (${percentText(hotUnits / distinctUnits)}).`,
      ...(zipf === undefined ? [] : [zipfSentence(zipf)]),
    ],
  };
}

function zipfSentence({ exponent, standardError, ksDistance }: ZipfFit): string {
  const verdict = ksDistance <= GOOD_FIT ? 'a good fit' : ksDistance <= FAIR_FIT ? 'a fair fit' : 'a poor fit: the trace is no Zipf law, and the exponent only a summary';
  return `The Zipf exponent of greatest likelihood is ${exponent.toFixed(2)} ± ${standardError.toFixed(3)}; counted and fitted shares differ by up to ${percentText(ksDistance)} (${verdict}).`;
}

function distance({ reuseDistanceTokens, reuseTimeSeconds }: TraceAnalysis, { kvBytesPerToken, model }: Setting): Section {
  if (reuseDistanceTokens === undefined || reuseTimeSeconds === undefined) return { heading: 'How far apart repeats are', sentences: ['Nothing is used twice.'] };
  const { p50, p90 } = reuseDistanceTokens;
  return {
    heading: 'How far apart repeats are',
    sentences: [
      `Half of the reused tokens come back within ${tokensText(p50)} tokens of other KV (${bytesText(p50 * kvBytesPerToken)} for ${model}), 90 % within ${tokensText(p90)} (${bytesText(p90 * kvBytesPerToken)}).`,
      `In time: half of all repeats within about ${durationText(reuseTimeSeconds.p50)}, 90 % within ${durationText(reuseTimeSeconds.p90)}.`,
    ],
  };
}

function cacheSize(analysis: TraceAnalysis, { kvBytesPerToken, model }: Setting): Section {
  const curve = analysis.missRatioCurve;
  const best = 1 - (curve.at(-1)?.missRatio ?? 1);
  const needs = (share: number): string => bytesText(curve.find(({ missRatio }) => 1 - missRatio >= share * best)!.capacityTokens * kvBytesPerToken);
  const at = analysis.atCapacity;
  return {
    heading: 'How large a cache must be',
    sentences: [
      ...(best > 0 ? [`One LRU cache for all requests needs ${needs(0.5)} for half of those hits, ${needs(0.9)} for 90 % of them; all KV together is ${bytesText(analysis.distinctTokens * kvBytesPerToken)} (${model}).`] : ['No size of cache hits anything.']),
      ...(at === undefined ? [] : [`At ${bytesText(at.capacityTokens * kvBytesPerToken)} it misses ${percentText(at.missRatio)} of the tokens in ${units(analysis)}.`]),
    ],
  };
}

function sharing(analysis: TraceAnalysis, { kvBytesPerToken }: Setting): Section {
  const row = analysis.nodes.at(-1);
  if (row === undefined) return { heading: 'What sharing between nodes is worth', sentences: [] };
  const capacity = analysis.capacityTokensPerNode === undefined ? 'unbounded caches' : `${bytesText(analysis.capacityTokensPerNode * kvBytesPerToken)} a node`;
  const own = tokenHitRate(row.independent);
  const shared = tokenHitRate(row.shared);
  const points = (rate: number): string => (100 * (shared - rate)).toFixed(1);
  const sticky = row.bySession === undefined ? undefined : tokenHitRate(row.bySession);
  return {
    heading: 'What sharing between nodes is worth',
    sentences: [
      `With ${row.nodes} nodes and ${capacity}, requests dealt out in turn, caches of their own hit ${percentText(own)} of prompt tokens${sticky === undefined ? '' : ` (${percentText(sticky)} if each session keeps to a node)`}; one cache shared by all would hit ${percentText(shared)}.`,
      shared - own < 0.02 ? 'Sharing gains next to nothing here.' : `Sharing, by fetching from peers or by routing to them, is worth up to ${points(own)} points${sticky === undefined ? '' : `, ${points(sticky)} where sessions keep to a node anyway`}.`,
    ],
  };
}

function tenants({ tenants: result }: TraceAnalysis): Section {
  const { tenants: count, shared, isolated, unitsSharedByTenants, units: all } = result!;
  return {
    heading: 'What tenants share',
    sentences: [
      `${countText(count)} tenants; ${percentText(all === 0 ? 0 : unitsSharedByTenants / all)} of the distinct blocks are used by more than one.`,
      `Isolating tenants from each other lowers the hits of an unbounded cache from ${percentText(tokenHitRate(shared))} to ${percentText(tokenHitRate(isolated))} of prompt tokens.`,
    ],
  };
}
