import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeCostModel } from '../../../experiments/trial/cost-model.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

const GRIDS = '../shared/data/calibration';
const missing = !existsSync(`${GRIDS}/RTX4090_llama31-8b_tp1_dense.csv`);
const MEASURED = { 'cluster.gpu': 'RTX-4090', 'cluster.model': 'Llama-3.1-8B', 'serving.costModel': GRIDS };

describe.skipIf(missing)(`measured grids in a trial${missing ? ' (skipped: ../shared/data/calibration lacks the RTX 4090 grids)' : ''}`, () => {
  it('price each step: an idle engine’s TTFT is one prefill of the prompt', () => {
    const config = trialConfig({
      ...MEASURED, 'cluster.nodes': 1, 'measure.warmup': 0, 'measure.requests': 5, 'retrieval.latency': '0s', 'workload.rate': '0.1/s', 'workload.arrivals': 'constant',
      'workload.topK': 1, 'workload.chunks': 10, 'workload.chunkTokens': 480,
    });
    const { metrics } = runTrial(config, { index: 0, cell: {}, system: 'no-reuse', seed: '1' });
    expect(metrics['prefillMs']).toBeCloseTo(makeCostModel(config).prefillNs(512, 0) / 1e6, 6);
    expect(metrics['tpotP50Ms']).toBeGreaterThan(15);
  });

  it('take a stated overhead per step', () => {
    const usual = makeCostModel(trialConfig(MEASURED)).prefillNs(512, 0);
    expect(makeCostModel(trialConfig({ ...MEASURED, 'serving.stepOverhead': '2ms' })).prefillNs(512, 0)).toBe(usual + 1_700_000);
  });
});
