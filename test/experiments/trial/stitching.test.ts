import { describe, expect, it } from 'vitest';
import { checkInputs } from '../../../experiments/inputs.ts';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { adjustmentOf } from '../../../experiments/trial/stitching.ts';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../../../sim/hardware/model-catalogue.ts';
import { defaultEfficiencySet } from '../../../sim/hardware/roofline-efficiencies.ts';
import { RooflineCostModel } from '../../../sim/hardware/roofline.ts';
import { study } from '../config/study-source.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { writeQualityTable, writeRopeProfile } from './measured-files.ts';
import { trialConfig } from './trial-config.ts';

const SMALL = { 'cluster.nodes': 4, 'measure.warmup': 5, 'measure.requests': 40, 'workload.chunks': 100, 'workload.rate': '1/s' };
const run = (settings: Readonly<Record<string, string>>, system = 'p2p'): TrialResult =>
  runTrial(trialConfig({ ...SMALL, ...settings }), { index: 0, cell: {}, system, seed: '1' });
const withPolicy = (policy: string): TrialResult => run({ 'stitching.policy': policy });

describe('stitching', () => {
  it('costs what it recomputes: nothing, the adjustment, the first tokens, the deviating ones, in this order', () => {
    const results = ['none', 'adjust', 'adjust-first-64', 'adjust-deviating-50%'].map(withPolicy);
    const ttfts = results.map(({ metrics }) => metrics['ttftMeanMs']);
    expect(ttfts).toEqual([...ttfts].sort((a, b) => a - b));
    expect(new Set(ttfts).size).toBe(4);
    // Five chunks of 512 tokens and a question of 32: 4 · 64 tokens again, and half of 4 · 512 with a layer of 32 for choosing them.
    expect(results.map(({ metrics }) => metrics['recomputedShare'])).toEqual([0, 0, 256 / 2592, (1024 + 64) / 2592]);
    expect(results[0].metrics['adjustMs']).toBe(0);
    expect(results[1].metrics['adjustMs'] + results[1].metrics['hiddenAdjustMs']).toBeGreaterThan(0);
  });

  it('reports what was measured for policy and compression, at the nearest chunk length', () => {
    const asked = { 'stitching.quality': writeQualityTable(temporaryFolder()) };
    const answers = (settings: Readonly<Record<string, string>>, system?: string): number => run({ ...asked, ...settings }, system).metrics['exactAnswers'];
    expect(answers({})).toBe(0.905);
    expect(answers({ compression: 'moderate' })).toBeCloseTo(0.895, 12);
    expect(answers({ 'workload.chunkTokens': '32' })).toBe(0.9);
    expect(answers({ 'stitching.policy': 'none' })).toBeCloseTo(0.405, 12);
    expect(answers({ 'stitching.policy': 'none' }, 'no-reuse')).toBeCloseTo(0.995, 12);
    expect(run(asked).labels['qualityMeasuredOn']).toBe('small, 5 chunks of 512 tokens, 10 cases');
    expect(run({}).metrics).not.toHaveProperty('exactAnswers');
  });

  it('rotates at the speed of a measured device where one is named', () => {
    const { stitching, workload } = trialConfig({ 'stitching.ropeProfile': writeRopeProfile(temporaryFolder()) });
    // 0.1 ms to begin with, then half of the bytes, the keys, at 1 GB/s.
    expect(adjustmentOf({ stitching, workload })!(2e9, new RooflineCostModel({ gpu: gpuByName('A100-80GB'), model: modelByName('Llama-2-7B'), efficiencies: defaultEfficiencySet(gpuByName('A100-80GB')) }))).toBe(1_000_100_000);
    const measured = run({ 'stitching.ropeProfile': writeRopeProfile(temporaryFolder()) }).metrics;
    const bound = run({}).metrics;
    // Five chunks hold 1.34 GB of KV, half of it keys: 0.67 s at 1 GB/s, beside transfers that take their own time.
    expect(measured['adjustMs'] + measured['hiddenAdjustMs']).toBeGreaterThan(600);
    expect(bound['adjustMs'] + bound['hiddenAdjustMs']).toBeLessThan(10);
  });

  it('refuses policies that are none, tables that are not there, and combinations that were not measured', async () => {
    const table = writeQualityTable(temporaryFolder());
    expect(() => trialConfig({ 'stitching.policy': 'adjust-frist-4' })).toThrow(/stitching\.policy.*adjust-first-4/s);
    expect(() => trialConfig({ 'stitching.policy': 'full' })).toThrow(/stitching\.policy/);
    const check = async (settings: string): Promise<unknown> => checkInputs(study(`name: x\nsystems: [p2p]\n${settings}`));
    await expect(check(`stitching: {quality: ${table}s}`)).rejects.toThrow(/stitching\.quality.*no such file.*small\.quality\.json/s);
    await expect(check(`stitching: {quality: ${table}}\ncompression: int2`)).rejects.toThrow(/adjust with int2 was not measured/);
    await expect(check(`stitching: {ropeProfile: ${table}}`)).rejects.toThrow(/stitching\.ropeProfile.*not a rope profile/s);
    await expect(check(`stitching: {quality: ${table}}`)).resolves.toMatchObject([{ path: table }]);
  });
});
