/** Where fetching begins to beat recomputing, against bytes ÷ prefill time. */
import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

type Settings = Readonly<Record<string, string | number>>;
const run = (system: string, settings: Settings): TrialResult => runTrial(trialConfig(settings), { index: 0, cell: {}, system, seed: '1' });

/** Senders never the limit, one query at a time, hardly a chunk on the asking node. */
const QUIET = {
  'cluster.nodes': 12, 'measure.warmup': 2, 'measure.requests': 6, 'workload.chunks': 200, 'workload.arrivals': 'constant', 'workload.rate': '0.1/s', 'workload.zipf': 0, 'placement.replicas': 1, 'network.up': '1Tbps',
  'cluster.memory': '200GiB', 'network.latency': '5us', 'cluster.model': 'Llama-3.1-8B',
};

describe('the break-even link rate', () => {
  it.each([
    ['A10', 5, 'none'], ['RTX-4090', 5, 'none'], ['A100-80GB', 5, 'none'], ['H100', 5, 'none'],
    ['RTX-4090', 20, 'moderate'],
  ])('%s, %i chunks, compression %s: the simulated crossover is within a tenth of the closed form', (gpu, topK, compression) => {
    const settings = { ...QUIET, 'cluster.gpu': gpu, 'workload.topK': topK, compression };
    const at = (gbps: number): TrialResult => run('p2p', { ...settings, 'network.down': `${Math.round(gbps * 1000)}Mbps` });
    const recompute = run('no-reuse', settings).metrics['ttftMeanMs'];
    const expected = at(100).metrics['breakEvenGbps'];
    let low = expected / 2;
    let high = expected * 2;
    for (let i = 0; i < 6; i++) {
      const middle = Math.sqrt(low * high);
      if (at(middle).metrics['ttftMeanMs'] < recompute) high = middle;
      else low = middle;
    }
    // What lies on the node itself does not cross the link.
    const fetched = Array.from(at(high).queries!['bytesFetched'] as ArrayLike<number>);
    const storedBytes = fetched.length * topK * 512 * 128 * 1024 * (compression === 'none' ? 1 : 9 / 16);
    const remoteShare = fetched.reduce((sum, bytes) => sum + bytes, 0) / storedBytes;
    expect(remoteShare).toBeGreaterThan(0.8);
    expect((expected * remoteShare) / high).toBeGreaterThan(0.9);
    expect((expected * remoteShare) / high).toBeLessThan(1.1);
  });
});
