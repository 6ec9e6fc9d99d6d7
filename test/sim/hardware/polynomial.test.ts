import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { POLYNOMIAL_PRESETS, polynomialPresetByName } from '../../../sim/hardware/polynomial-presets.ts';
import { PolynomialCostModel } from '../../../sim/hardware/polynomial.ts';

const gpu = gpuByName('A100-80GB');
const opt = new PolynomialCostModel({ coefficients: polynomialPresetByName('OPT-13B A100'), gpu });
const llama = new PolynomialCostModel({ coefficients: polynomialPresetByName('Llama-2-70B A100 TP8'), gpu, tensorParallel: 8 });

describe('polynomial presets', () => {
  it('OPT-13B on an A100 is DistServe’s: 18.10 + 0.1019 n + 7.12e-6 n² ms', () => {
    for (const n of [64, 512, 2048]) expect(opt.prefillNs(n, 0) / 1e6).toBeCloseTo(18.1 + 0.1019 * n + 7.12e-6 * n * n, 1);
  });

  it.each([
    [512, 93],
    [2048, 274],
    [8192, 1550],
  ])('Llama-2-70B TP8: %i tokens within 5 %% of %i ms', (tokens, milliseconds) => {
    expect(Math.abs(llama.prefillNs(tokens, 0) / 1e6 / milliseconds - 1)).toBeLessThan(0.05);
  });

  it('a decode step is a constant, the context, and the batch; large batches have their own coefficients', () => {
    expect(opt.decodeStepNs(10, 5000) / 1e6).toBeCloseTo(19.9347 + 6.26936e-4 * 5000 + 0.038507 * 10, 3);
    expect(opt.decodeStepNs(95, 5000) / 1e6).toBeCloseTo(7.16619 + 5.798e-4 * 5000 + 0.158311 * 95, 3);
  });

  it('every preset names its source', () => {
    for (const preset of Object.values(POLYNOMIAL_PRESETS)) expect(preset.source).toMatch(/DistServe|Splitwise/);
    expect(() => polynomialPresetByName('OPT-13B A10')).toThrow(/did you mean OPT-13B A100/);
  });
});

describe('polynomial with cached tokens', () => {
  it('law: a prompt cut into pieces costs the whole prompt and a constant for each further step', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 6 }), (pieces) => {
        let context = 0;
        let total = 0;
        for (const tokens of pieces) {
          total += opt.prefillNs(tokens, context);
          context += tokens;
        }
        const constantNs = 18.1025e6;
        expect(Math.abs(total - (pieces.length - 1) * constantNs - opt.prefillNs(context, 0))).toBeLessThanOrEqual(pieces.length);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('pieces of one step share the constant, and a mixed step has the larger of two constants', () => {
    const together = opt.stepNs({ prefill: [{ newTokens: 100, contextTokens: 0 }, { newTokens: 100, contextTokens: 0 }], decodeSequences: 0, decodeContextTokens: 0 });
    expect(2 * opt.prefillNs(100, 0) - together).toBeCloseTo(18.1025e6, -1);
    const mixed = opt.stepNs({ prefill: [{ newTokens: 100, contextTokens: 0 }], decodeSequences: 2, decodeContextTokens: 1000 });
    expect(mixed).toBeCloseTo(opt.prefillNs(100, 0) - 18.1025e6 + opt.decodeStepNs(2, 1000), -1);
  });
});

describe('polynomial limits', () => {
  it('flags answers outside the fitted range', () => {
    const costs = new PolynomialCostModel({ coefficients: polynomialPresetByName('Llama-2-70B A100 TP8'), gpu, tensorParallel: 8 });
    costs.prefillNs(1024, 0);
    expect(costs.outOfRange.total).toBe(0);
    costs.prefillNs(128, 0);
    costs.prefillNs(9000, 0);
    costs.decodeStepNs(65, 65_000);
    expect(costs.outOfRange.counts()).toEqual({
      'context above 8320 tokens': 1,
      'fewer than 512 prefill tokens in a step': 1,
      'more than 64 decoding sequences': 1,
      'more than 8192 prefill tokens in a step': 1,
    });
  });

  it('refuses negative coefficients and counts; an empty step is free', () => {
    const coefficients = { ...polynomialPresetByName('OPT-13B A100'), prefill: [1, -0.1, 0] as const };
    expect(() => new PolynomialCostModel({ coefficients, gpu })).toThrow(/prefill coefficients/);
    expect(() => opt.prefillNs(-1, 0)).toThrow(/newTokens/);
    expect(opt.stepNs({ prefill: [], decodeSequences: 0, decodeContextTokens: 0 })).toBe(0);
  });
});
