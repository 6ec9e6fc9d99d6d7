import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refitPublished } from '../../../experiments/calibrate/published-fit.ts';
import { PUBLISHED_ROWS } from '../../../experiments/calibrate/published-rows.ts';
import { publishedComparisons, setOfBoth, setOfSource } from '../../../experiments/calibrate/published-table.ts';
import { relativeError, summarise } from '../../../experiments/calibrate/error-summary.ts';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { MODELS, kvBytesPerToken, modelByName } from '../../../sim/hardware/model-catalogue.ts';
import { EFFICIENCY_SETS, defaultEfficiencySet, efficiencySetByName, mfuEfficiencySet } from '../../../sim/hardware/roofline-efficiencies.ts';
import { RooflineCostModel } from '../../../sim/hardware/roofline.ts';

const ideal = { name: 'ideal', source: 'test', gemm: 1, attention: 1, memory: 1, layerOverheadNs: 0 };
const a100 = gpuByName('A100-80GB');
const llama7b = modelByName('Llama-2-7B');

function roofline(overrides: Partial<ConstructorParameters<typeof RooflineCostModel>[0]> = {}): RooflineCostModel {
  return new RooflineCostModel({ gpu: a100, model: llama7b, efficiencies: ideal, ...overrides });
}

describe('roofline against published prompt times', () => {
  const measured = PUBLISHED_ROWS.filter((row) => row.gpu !== 'H800');

  it.each(measured)('$model on $gpu TP$tensorParallel, $promptTokens tokens: within 15 %', (row) => {
    const [comparison] = publishedComparisons(setOfSource, [row]);
    expect(Math.abs(relativeError(comparison))).toBeLessThan(0.15);
  });

  it('one set for both sources of a GPU errs by about 20 %', () => {
    const errors = summarise(publishedComparisons(setOfBoth, measured));
    expect(errors.mean).toBeGreaterThan(0.15);
    expect(errors.mean).toBeLessThan(0.25);
  });

  it('the catalogue holds what the fit gives', () => {
    for (const { name, fitted } of refitPublished()) {
      const stored = efficiencySetByName(name);
      for (const key of ['gemm', 'attention', 'memory'] as const) expect(stored[key] / fitted[key]).toBeCloseTo(1, 2);
      expect(Math.abs(stored.layerOverheadNs - fitted.layerOverheadNs)).toBeLessThan(2000);
    }
  });

  it('break-even link rates against an idle GPU are those of the literature', () => {
    const gbps = (gpu: string, model: string, tokens: number): number => {
      const costs = roofline({ gpu: gpuByName(gpu), model: modelByName(model), efficiencies: defaultEfficiencySet(gpuByName(gpu)) });
      return (kvBytesPerToken(modelByName(model)) * tokens * 8) / costs.prefillNs(tokens, 0);
    };
    // About 60 Gbit/s for Llama-2-7B on an A100 and 170–195 on an H100, about 11 for Llama-3.1-8B on an RTX 4090.
    for (const tokens of [512, 1024, 2048, 4096]) {
      expect(Math.abs(gbps('A100-80GB', 'Llama-2-7B', tokens) / 60 - 1)).toBeLessThan(0.1);
      expect(gbps('H100', 'Llama-2-7B', tokens)).toBeGreaterThan(160);
      expect(gbps('H100', 'Llama-2-7B', tokens)).toBeLessThan(200);
    }
    expect(gbps('RTX-4090', 'Llama-3.1-8B', 2048)).toBeGreaterThan(10);
    expect(gbps('RTX-4090', 'Llama-3.1-8B', 2048)).toBeLessThan(12);
  });
});

describe('roofline formulas', () => {
  it('a decode of one sequence reads every weight but the embedding once', () => {
    // 32 layers · (4·4096² + 3·4096·11008) + 32000·4096 weights of 2 bytes over 2039 GB/s.
    const weights = 32 * (4 * 4096 * 4096 + 3 * 4096 * 11_008) + 32_000 * 4096;
    const { matrixProducts } = roofline().breakdown({ prefill: [], decodeSequences: 1, decodeContextTokens: 0 });
    expect(matrixProducts).toBeCloseTo((weights * 2) / 2039e9, 5);
  });

  it('a long prompt takes two FLOPs per weight and token, and its attention four per pair, head and dimension', () => {
    const { matrixProducts, attention } = roofline().breakdown({ prefill: [{ newTokens: 4096, contextTokens: 0 }], decodeSequences: 0, decodeContextTokens: 0 });
    const layerWeights = 32 * (4 * 4096 * 4096 + 3 * 4096 * 11_008);
    expect(matrixProducts).toBeCloseTo((2 * layerWeights * 4096) / 312e12 + (32_000 * 4096 * 2) / 2039e9, 4);
    expect(attention).toBeCloseTo((32 * 4 * 32 * 128 * ((4096 * 4097) / 2)) / 312e12, 6);
  });

  it('decode attention reads the whole context', () => {
    const step = (context: number) => roofline().breakdown({ prefill: [], decodeSequences: 8, decodeContextTokens: context }).attention;
    expect(step(80_000) - step(40_000)).toBeCloseTo((40_000 * 524_288) / 2039e9, 9);
  });

  it('cached tokens cost attention, not products: a prompt in two chunks computes the same pairs', () => {
    const whole = roofline().breakdown({ prefill: [{ newTokens: 2000, contextTokens: 0 }], decodeSequences: 0, decodeContextTokens: 0 });
    const halves = [0, 1000].map((contextTokens) => roofline().breakdown({ prefill: [{ newTokens: 1000, contextTokens }], decodeSequences: 0, decodeContextTokens: 0 }));
    expect(halves[0].attention + halves[1].attention).toBeCloseTo(whole.attention, 9);
    expect(halves[1].matrixProducts).toBe(halves[0].matrixProducts);
  });

  it('tensor parallelism divides the work and adds all-reduces', () => {
    const step = { prefill: [{ newTokens: 2048, contextTokens: 0 }], decodeSequences: 0, decodeContextTokens: 0 };
    const one = roofline().breakdown(step);
    const eight = roofline({ tensorParallel: 8 }).breakdown(step);
    expect(one.allReduce).toBe(0);
    expect(eight.matrixProducts).toBeCloseTo(one.matrixProducts / 8, 6);
    // 64 all-reduces of 16 MiB: 2·7/8 of it over 225 GB/s and 10 µs each.
    expect(eight.allReduce).toBeCloseTo(64 * (10e-6 + ((14 / 8) * 2048 * 4096 * 2) / 225e9), 9);
    expect(() => roofline({ tensorParallel: 5 })).toThrow(/divisor of the 32 heads/);
  });

  it('law: every step has a positive whole duration, and more work never takes less time', () => {
    const models = Object.values(MODELS);
    const size = fc.integer({ min: 0, max: 40_000 });
    fc.assert(
      fc.property(fc.constantFrom(...models), fc.integer({ min: 1, max: 9000 }), size, fc.integer({ min: 0, max: 300 }), size, (model, newTokens, contextTokens, decodes, context) => {
        const costs = roofline({ model, efficiencies: efficiencySetByName('splitwise-a100') });
        const ns = (more: number): number =>
          costs.stepNs({ prefill: [{ newTokens: newTokens + more, contextTokens: contextTokens + more }], decodeSequences: decodes + more, decodeContextTokens: (decodes + more) * context });
        expect(Number.isSafeInteger(ns(0)) && ns(0) > 0).toBe(true);
        expect(ns(1)).toBeGreaterThanOrEqual(ns(0));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('law: what a step takes does not depend on the steps asked about before, and is the sum of its parts', () => {
    const count = fc.integer({ min: 0, max: 3 });
    const step = fc.record({
      prefill: fc.array(fc.record({ newTokens: fc.integer({ min: 1, max: 4 }), contextTokens: fc.integer({ min: 0, max: 2000 }) }), { maxLength: 2 }),
      decodeSequences: count,
      decodeContextTokens: fc.integer({ min: 0, max: 9000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 12 }), (steps) => {
        const costs = roofline({ tensorParallel: 2 });
        for (const each of steps) {
          const ns = costs.stepNs(each);
          expect(ns).toBe(roofline({ tensorParallel: 2 }).stepNs(each));
          const { matrixProducts, attention, elementwise, allReduce, overhead } = costs.breakdown(each);
          expect(Math.abs((matrixProducts + attention + elementwise + allReduce + overhead) * 1e9 - ns)).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('says so when it is asked beyond the context a model was trained for', () => {
    const costs = roofline();
    costs.prefillNs(4096, 0);
    expect(costs.outOfRange.total).toBe(0);
    costs.prefillNs(1, 4096);
    costs.decodeStepNs(2, 10_000);
    expect(costs.outOfRange.counts()).toEqual({ 'context above the 4096 tokens that Llama-2-7B was trained for': 2 });
    costs.outOfRange.recording = false;
    costs.prefillNs(1, 4096);
    expect(costs.outOfRange.total).toBe(2);
    costs.outOfRange.clear();
    expect(costs.outOfRange.total).toBe(0);
  });

  it('an empty step takes no time; nonsense is refused', () => {
    expect(roofline().stepNs({ prefill: [], decodeSequences: 0, decodeContextTokens: 0 })).toBe(0);
    expect(() => roofline().prefillNs(0, 0)).toThrow(/newTokens/);
    expect(() => roofline().prefillNs(1.5, 0)).toThrow(/newTokens/);
    expect(() => roofline().decodeStepNs(1, -1)).toThrow(/decodeContextTokens/);
    expect(() => roofline({ efficiencies: { ...ideal, gemm: 0 } })).toThrow(/efficiency gemm/);
  });
});

describe('efficiency sets', () => {
  it('a GPU without a measurement takes the published utilisation of its generation', () => {
    expect(defaultEfficiencySet(gpuByName('L40S')).gemm).toBe(0.32);
    expect(defaultEfficiencySet(gpuByName('H200')).gemm).toBe(0.45);
    expect(mfuEfficiencySet(a100).gemm).toBe(0.38);
    expect(defaultEfficiencySet(a100).name).toBe('vidur-a100');
    expect(() => efficiencySetByName('vidur-a10')).toThrow(/did you mean vidur-a100/);
  });

  it.each(Object.values(EFFICIENCY_SETS))('$name is sourced and physical', (set) => {
    expect(set.source.length).toBeGreaterThan(30);
    for (const share of [set.gemm, set.attention, set.memory]) expect(share > 0 && share <= 1).toBe(true);
  });
});

describe('re-rotating cached keys', () => {
  it('moves the keys in and out once: a 512-token chunk of Llama-2-7B takes about 0.16 ms on an A100', () => {
    const sizeBytes = 512 * kvBytesPerToken(llama7b);
    expect(roofline().ropeAdjustNs(sizeBytes)).toBe(Math.round((5e-6 + sizeBytes / (2039e9 * 0.85)) * 1e9));
    expect(roofline().ropeAdjustNs(0)).toBe(0);
    expect(() => roofline().ropeAdjustNs(-1)).toThrow(/sizeBytes/);
  });
});
