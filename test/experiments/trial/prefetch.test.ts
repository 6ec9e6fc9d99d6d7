/** Fetching ahead, end to end: what it must gain, and what it must not. */
import { describe, expect, it } from 'vitest';
import { ATTRIBUTION_PARTS } from '../../../experiments/results/query-columns.ts';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

const run = (settings: Readonly<Record<string, string | number>>, system = 'p2p'): TrialResult =>
  runTrial(trialConfig(settings), { index: 0, cell: {}, system, seed: '1' });
const column = (result: TrialResult, name: string): number[] => Array.from(result.queries![name] as ArrayLike<number>);

/**
 * Two nodes whose GPU memory holds about twenty requests, and more requests than that: they queue for KV blocks. Retrieval is instant, so that the queue alone
 * can hide a fetch.
 */
const QUEUEING = {
  'cluster.nodes': 2, 'cluster.model': 'Llama-2-13B', 'measure.warmup': 40, 'measure.requests': 160, 'workload.chunks': 1000, 'workload.rate': '3.6/s', 'workload.outputTokens': 200,
  'retrieval.latency': '0ms', 'retrieval.firstStageLatency': '0ms', 'placement.replicas': 1,
} as const;
const without = run(QUEUEING);
const early = run({ ...QUEUEING, 'prefetch.threshold': '0ms' });
const oracle = run({ ...QUEUEING, 'prefetch.threshold': '0ms', 'prefetch.predictor': 'oracle' });

describe('fetching ahead', () => {
  it('gains where requests queue, and no predictor gains more than the oracle', () => {
    const [none, some, most] = [without, early, oracle].map(({ metrics }) => metrics['ttftMeanMs']);
    expect(without.metrics['waitMeanMs']).toBeGreaterThan(500);
    expect(some).toBeLessThan(none);
    expect(most).toBeLessThan(some);
  });

  it('gains by overlap: of a request that waits for long, next to nothing of the fetch is left, and what is gone ran behind the queue', () => {
    const waited = column(oracle, 'waitNs').map((ns) => ns > 2e9);
    const mean = (name: string): number => {
      const values = column(oracle, name).filter((_, i) => waited[i]);
      return values.reduce((sum, each) => sum + each, 0) / values.length / 1e6;
    };
    expect(waited.filter(Boolean).length).toBeGreaterThan(50);
    expect(mean('transferNs')).toBeLessThan(0.05 * without.metrics['transferMs']);
    expect(mean('hiddenTransferNs')).toBeGreaterThan(0.8 * without.metrics['transferMs']);
  });

  it('the oracle wastes nothing, the first stage about what it gets wrong', () => {
    expect([oracle.metrics['prefetchAccuracy'], oracle.metrics['prefetchWastedBytes']]).toEqual([1, 0]);
    expect(early.metrics['prefetchAccuracy']).toBeGreaterThan(0.7);
    expect(early.metrics['prefetchAccuracy']).toBeLessThan(0.9);
  });

  it.each([['first stage', early], ['oracle', oracle]])('%s: the parts of each TTFT still add up to it exactly', (_, result) => {
    const ttft = column(result, 'ttftNs');
    const parts = ATTRIBUTION_PARTS.map((part) => column(result, `${part}Ns`));
    expect(ttft.map((__, i) => parts.reduce((sum, part) => sum + part[i], 0))).toEqual(ttft);
    expect(result.metrics['requestsCompleted']).toBe(160);
  });

  it('changes nothing at all where nobody queues', () => {
    const idle = { ...QUEUEING, 'workload.rate': '0.05/s', 'workload.arrivals': 'constant', 'measure.requests': 30 };
    const with_ = run({ ...idle, 'prefetch.threshold': '0ms' });
    expect(with_.metrics['prefetchShare']).toBe(0);
    expect(column(with_, 'ttftNs')).toEqual(column(run(idle), 'ttftNs'));
  });

  it('a threshold no wait reaches changes nothing either', () => {
    expect(column(run({ ...QUEUEING, 'prefetch.threshold': '1h' }), 'ttftNs')).toEqual(column(without, 'ttftNs'));
  });

  it.each(['no-reuse', 'local', 'central-disk', 'central-memory'])('%s: answers every request with every trigger', (system) => {
    for (const settings of [{ 'prefetch.threshold': '0ms' }, { 'prefetch.trigger': 'adaptive', 'prefetch.predictor': 'co-occurrence' }]) {
      expect(run({ ...QUEUEING, 'measure.requests': 40, ...settings }, system).metrics['requestsCompleted']).toBe(40);
    }
  });

  it('survives crashes of nodes that fetch ahead, and bounds of link and memory', () => {
    const faults = '[{at: 20s, crash: [1], for: 10s}]';
    const result = run({ ...QUEUEING, 'prefetch.threshold': '0ms', 'prefetch.linkShare': 0.3, 'prefetch.memory': '1GiB', 'prefetch.keep': 'all', faults });
    expect(result.metrics['requestsCompleted']).toBe(160);
  });
});

describe('the wait predictor', () => {
  it('is exact while only the step under way is ahead', () => {
    const { metrics } = run({ 'cluster.nodes': 5, 'measure.warmup': 0, 'measure.requests': 100, 'workload.chunks': 500, 'workload.rate': '5/s' });
    expect(metrics['waitMeanMs']).toBeGreaterThan(1);
    expect(metrics['waitPredictionErrorMs']).toBe(0);
  });

  it('is right to a quarter of the mean wait where requests queue for memory, and nearly right on the whole', () => {
    const { metrics } = without;
    expect(metrics['waitPredictionErrorMs']).toBeLessThan(0.25 * metrics['waitMeanMs']);
    expect(Math.abs(metrics['waitErrorMeanMs'])).toBeLessThan(0.1 * metrics['waitMeanMs']);
  });
});
