/**
 * A stand-in for the simulation: small, deterministic, pure in config, system and seed, and reading the keys that each
 * system is listed to read. `measure.warmup` milliseconds of real time are spent when it is above 1000, so that a test
 * can interrupt a sweep.
 */
import type { ResolvedConfig } from '../../experiments/config/trial-fields.ts';
import type { TrialOptions } from '../../experiments/engines/engine.ts';
import { QUERY_COLUMNS } from '../../experiments/results/query-columns.ts';
import type { QueryColumn, TrialKey, TrialResult } from '../../experiments/results/trial-result.ts';

/** A 32-bit multiplicative hash of text (FNV-1a). */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

function digestOf(text: string): string {
  return hash(text).toString(16).padStart(8, '0');
}

/** Numbers in [0, 1) from a seed (a linear congruential generator: quality does not matter here). */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 4_294_967_296;
  }
}

function spendMilliseconds(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

export function runTrial(config: ResolvedConfig, key: TrialKey, options: TrialOptions = {}): TrialResult {
  if (key.seed === 'boom') throw new Error('the trial was told to fail');
  if (config.measure.warmup > 1000) spendMilliseconds(config.measure.warmup - 1000);
  const { requests } = config.measure;
  const stream = numbers(hash(key.seed));
  let ttftMs = 100 + 20 * config.cluster.nodes;
  if (key.system !== 'no-reuse') ttftMs /= config.compression === 'none' ? 2 : 3;
  if (key.system === 'p2p') ttftMs /= config.placement.replicas + config.fetch.sources / 10;
  if (key.system.startsWith('central')) ttftMs /= config.cluster.central.scale;
  options.trace?.instant('fake', 'start', 0);
  const queries: Record<string, QueryColumn> = {};
  for (const { name, type } of QUERY_COLUMNS) {
    queries[name] = type === 'int32' ? new Int32Array(requests) : new Float64Array(requests);
  }
  const ttft = queries['ttftNs'] as Float64Array;
  let total = 0;
  for (let i = 0; i < requests; i++) {
    (queries['request'] as Int32Array)[i] = i;
    ttft[i] = Math.round(ttftMs * 1e6 * (0.5 + stream.next().value));
    total += ttft[i];
  }
  const sorted = Float64Array.from(ttft).sort();
  return {
    key,
    digest: digestOf(JSON.stringify([key.system, key.seed, ttftMs, requests])),
    metrics: {
      ttftMeanMs: total / requests / 1e6,
      ttftP99Ms: sorted[Math.ceil(0.99 * requests) - 1] / 1e6,
      throughputRps: 2 + stream.next().value,
      hitRate: key.system === 'no-reuse' ? 0 : 0.9,
      prefetchAccuracy: Number.NaN,
      busiestUtilisation: 0.5,
    },
    labels: { busiestResource: key.system === 'no-reuse' ? 'GPU' : 'NIC up' },
    flags: key.system === 'p2p' ? { 'fake flag': 1 } : {},
    queries,
    series: { queue: { timeS: [0, 1], value: [0, requests] } },
  };
}
