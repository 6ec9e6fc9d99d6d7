/** Leases of replicas in trials, against what is known of caches whose entries live for a fixed time. */
import { describe, expect, it } from 'vitest';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

const CHUNKS = 50;
const RATE = 25;
/** Small chunks, equally popular, soon computed and stored back, with room for all. */
const UNIFORM = {
  start: 'cold', 'measure.warmup': 200, 'measure.requests': 1200, 'cluster.nodes': 5, 'workload.rate': `${RATE}/s`, 'workload.chunks': CHUNKS, 'workload.zipf': 0, 'workload.topK': 1,
  'workload.chunkTokens': 16, 'workload.questionTokens': 1, 'workload.outputTokens': 1, 'retrieval.latency': '0s', 'placement.replicas': 1,
};

function run(settings: Readonly<Record<string, string | number>>): Readonly<Record<string, number>> {
  return runTrial(trialConfig({ ...UNIFORM, ...settings }), { index: 0, cell: {}, system: 'p2p', seed: '1' }).metrics;
}

describe('leases in a trial', () => {
  it.each([1, 4])('without renewal hit as often as a cache whose entries live %i s: λT ÷ (1 + λT)', (leaseS) => {
    const asked = (RATE / CHUNKS) * leaseS;
    const metrics = run({ 'placement.lease': `${leaseS}s` });
    // Requests for what is still being computed miss too: they are counted, and left out of the comparison. 1 200 requests: a standard error of a point and a half.
    expect(Math.abs(metrics['hitRate'] + metrics['missedInComputation'] - asked / (1 + asked))).toBeLessThan(0.04);
    expect(metrics['bytesRenewal']).toBe(0);
    expect(metrics['segmentsExpired']).toBeGreaterThan(0);
  });

  it('hit always, once all is stored, where they are renewed', () => {
    const metrics = run({ 'placement.lease': '3s', 'placement.renewEvery': '1s', 'placement.replicas': 2 });
    expect(metrics['hitRate']).toBe(1);
    expect(metrics['segmentsExpired']).toBe(0);
    expect(metrics['bytesRenewal']).toBeGreaterThan(0);
  });

  it('are refused where they cannot be kept', () => {
    expect(() => trialConfig({ 'placement.renewEvery': '1s' })).toThrow(/placement\.renewEvery: "1s": needs a placement\.lease/);
    expect(() => trialConfig({ 'placement.renewEvery': '10s', 'placement.lease': '15s' })).toThrow(/placement\.lease: "15s".*at least 30s/);
  });
});
