import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { relativeError, summarise, worst } from '../../../experiments/calibrate/error-summary.ts';
import { nonNegativeFit } from '../../../experiments/calibrate/least-squares.ts';
import { minimise } from '../../../experiments/calibrate/minimise.ts';
import { compare, decodeStep, fitEfficiencies, promptStep, type MeasuredStep } from '../../../experiments/calibrate/roofline-fit.ts';
import { calibratePath } from '../../../experiments/calibrate/subjects.ts';
import { costModelOfProfile } from '../../../sim/hardware/cost-profile.ts';

const folder = mkdtempSync(join(tmpdir(), 'calibrate-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('fitting', () => {
  it('finds the minimum of a curved valley, within bounds', () => {
    const parameters = [
      { name: 'x', start: 1, least: 0.01, most: 100 },
      { name: 'y', start: 1, least: 0.01, most: 100 },
    ];
    const valley = ({ x, y }: Readonly<Record<string, number>>): number => (Math.log(x) - 2) ** 2 + 10 * (Math.log(y) + Math.log(x) - 1) ** 2;
    const found = minimise(parameters, valley);
    expect(Math.log(found['x'])).toBeCloseTo(2, 1);
    expect(Math.log(found['y'])).toBeCloseTo(-1, 1);
    const bounded = minimise([{ name: 'x', start: 1, least: 0.5, most: 3 }], ({ x }) => (x - 10) ** 2);
    expect(bounded['x']).toBeCloseTo(3, 9);
    expect(() => minimise([{ name: 'x', start: 5, least: 1, most: 3 }], () => 0)).toThrow(/bounds of x/);
  });

  it('recovers polynomial coefficients, and keeps them from going negative', () => {
    const xs = [128, 512, 1024, 4096];
    const [a, b, c] = nonNegativeFit(xs.map((x) => [1, x, x * x]), xs.map((x) => 20 + 0.1 * x + 1e-5 * x * x));
    expect([a, b, c * 1e5].map((value, index) => value / [20, 0.1, 1][index])).toEqual([expect.closeTo(1, 3), expect.closeTo(1, 3), expect.closeTo(1, 3)]);
    expect(nonNegativeFit(xs.map((x) => [1, x]), xs.map((x) => 1000 - 0.1 * x))[1]).toBe(0);
    expect(() => nonNegativeFit([[1, 2]], [1])).toThrow(/1 rows cannot determine 2/);
  });

  it('recovers the efficiencies that made the measurements', () => {
    const truth = { name: 'truth', source: '', gemm: 0.61, attention: 0.4, memory: 0.75, layerOverheadNs: 50_000 };
    const common = { gpu: 'A100-80GB', model: 'Llama-2-7B', tensorParallel: 1, milliseconds: 1 };
    const steps: MeasuredStep[] = [
      ...[256, 1024, 4096].map((tokens) => ({ ...common, label: `${tokens}`, step: promptStep(tokens) })),
      ...[1, 16, 64].map((batch) => ({ ...common, label: `${batch}`, step: decodeStep(batch, 1000) })),
    ];
    const measured = steps.map((step, index) => ({ ...step, milliseconds: compare(truth, steps)[index].predicted }));
    const fitted = fitEfficiencies({ ...truth, gemm: 0.5, memory: 0.5, layerOverheadNs: 1 }, ['gemm', 'memory', 'layerOverheadNs'], measured);
    expect(summarise(compare(fitted, measured)).worst).toBeLessThan(0.01);
  });

  it('names the worst points', () => {
    const comparisons = [1.1, 0.5, 1.02].map((predicted, index) => ({ label: `row ${index}`, measured: 1, predicted }));
    expect(summarise(comparisons)).toMatchObject({ count: 3, worstLabel: 'row 1' });
    expect(worst(comparisons, 2).map(relativeError)).toEqual([-0.5, expect.closeTo(0.1, 9)]);
  });
});

describe('calibrating from files', () => {
  it('recognises files by their first line, and makes profiles that price steps', () => {
    const json = write('profiler.json', JSON.stringify({ 'facebook/opt-13b': { 1: { decoding_large_small_bs_threshold: 95, prefill: [18, 0.1, 7e-6], decoding_smallbs: [20, 6e-4, 0.04], decoding_largebs: [7, 6e-4, 0.2] } } }));
    const [calibration] = calibratePath(json, { splits: 1 });
    expect(calibration.profiles.map((profile) => costModelOfProfile(profile).prefillNs(1000, 0) / 1e6)).toEqual([18 + 100 + 7]);
  });

  it('takes the three tables of a profile by their common name, and GPU and model from it', () => {
    const rows = (columns: string, lines: string[]): string => [columns, ...lines].join('\n');
    const layers = ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'];
    const sizes = Array.from({ length: 12 }, (_, index) => 16 * (index + 1));
    write('A100-80GB_llama31-8b_tp2_dense.csv', rows('layer,tokens,time_us', layers.flatMap((layer) => sizes.map((size) => `${layer},${size},${10 + size}`))));
    write('A100-80GB_llama31-8b_tp2_per_sequence.csv', rows('layer,sequences,time_us', sizes.map((size) => `lm_head,${size},${500 + size}`)));
    const attention = [16, 32, 64, 128].flatMap((chunk) => [0, 64, 128].map((kv) => `${chunk},${kv},0,0,${5 + chunk * (kv + chunk / 2) * 0.01}`));
    const decode = [1, 2, 4, 8].flatMap((n) => [16, 64, 256].map((kv) => `0,0,${n},${kv},${5 + n * kv * 0.01}`));
    const file = write('A100-80GB_llama31-8b_tp2_attention.csv', rows('prefill_chunk,kv_prefill,n_decode,kv_decode,time_us', [...attention, ...decode]));
    const [calibration] = calibratePath(file, { splits: 2 });
    expect(calibration.profiles[0]).toMatchObject({ kind: 'profile', gpu: 'A100-80GB', model: 'Llama-3.1-8B', tensorParallel: 2 });
    expect(calibration.report.join('\n')).toMatch(/whole prefill steps: \d+ points, error median/);
    rmSync(join(folder, 'A100-80GB_llama31-8b_tp2_dense.csv'));
    expect(() => calibratePath(file, { splits: 1 })).toThrow(/needs the three files/);
  });

  it('refuses what it does not know, with what it does', () => {
    expect(() => calibratePath(write('other.csv', 'a,b\n1,2\n'), { splits: 1 })).toThrow(/other\.csv: unknown columns a, b .*Splitwise/);
    expect(() => calibratePath(write('bad.json', '{'), { splits: 1 })).toThrow(/bad\.json: no JSON/);
    expect(() => calibratePath(write('empty.csv', ''), { splits: 1 })).toThrow(/unknown columns/);
  });

  const data = '../shared/data/calibration/splitwise_perf_model.csv';
  it.skipIf(!existsSync(data))(`Splitwise's rows are fitted within 15 % at tensor parallel 8${existsSync(data) ? '' : ` (skipped: no ${data})`}`, () => {
    const [calibration] = calibratePath(data, { splits: 1 });
    const stored = calibration.profiles.filter((profile) => profile.kind === 'roofline' && profile.tensorParallel === 8);
    expect(stored.map((profile) => profile.gpu)).toEqual(['A100-80GB', 'H100']);
    for (const profile of stored) {
      const costs = costModelOfProfile(profile);
      const published = profile.gpu === 'H100' ? [[512, 54], [2048, 137], [8192, 845]] : [[512, 93], [2048, 274], [8192, 1550]];
      for (const [tokens, milliseconds] of published) expect(Math.abs(costs.prefillNs(tokens, 0) / 1e6 / milliseconds - 1)).toBeLessThan(0.15);
    }
  });
});
