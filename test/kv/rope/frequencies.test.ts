import { describe, expect, it } from 'vitest';
import { ropeAttentionFactor, ropeFrequencies, yarnMagnitude } from '../../../kv/rope/frequencies.ts';
import type { RopeScaling, RopeSpec } from '../../../kv/rope/rope-spec.ts';

const spec = (headDim: number, theta: number, scaling: RopeScaling): RopeSpec => ({ headDim, rotaryDim: headDim, theta, pairing: 'neox', scaling });

/**
 * Frequencies by pair, computed with 40 digits (mpmath) from the published formulas, apart from this code. Settings of the scaled rows:
 * Llama-3.1-8B, Llama-3.2-1B, Llama-2 with YaRN factor 16, Qwen2.5 with YaRN factor 4, gpt-oss (YaRN without rounding of the ramp's ends).
 */
const GOLDEN: [string, RopeSpec, Record<number, number>][] = [
  ['plain', spec(128, 10000, { kind: 'none' }), { 0: 1, 1: 0.8659643233600653, 17: 0.08659643233600653, 40: 0.0031622776601683794, 63: 0.00011547819846894582 }],
  ['linear', spec(64, 10000, { kind: 'linear', factor: 4 }), { 0: 0.25, 5: 0.05928434264154138, 31: 3.33380358040831e-5 }],
  [
    'Llama-3.1-8B',
    spec(128, 500000, { kind: 'llama3', factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxTokens: 8192 }),
    { 0: 1, 20: 0.016560440080994446, 28: 0.003211445994752591, 30: 0.0013718935677611381, 33: 0.0003126937503840651, 36: 7.78465527393245e-5, 40: 3.428102195952591e-5, 63: 3.068925988914511e-7 },
  ],
  [
    'Llama-3.2-1B',
    spec(64, 500000, { kind: 'llama3', factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxTokens: 8192 }),
    { 10: 0.016560440080994446, 14: 0.003211445994752591, 16: 0.0004295567965593682, 18: 1.9461638184831125e-5, 20: 8.570255489881478e-6, 31: 9.41830672543491e-8 },
  ],
  [
    'YaRN, factor 16',
    spec(128, 10000, { kind: 'yarn', factor: 16, originalMaxTokens: 4096 }),
    { 0: 1, 15: 0.11547819846894582, 20: 0.05623413251903491, 21: 0.046940859997959404, 30: 0.008526843772967408, 40: 0.0008817889629315673, 46: 8.334508951020775e-5, 50: 4.686838808327849e-5, 63: 7.217387404309114e-6 },
  ],
  [
    'YaRN, factor 4, θ 10⁶',
    spec(128, 1000000, { kind: 'yarn', factor: 4, originalMaxTokens: 32768 }),
    { 0: 1, 20: 0.01333521432163324, 24: 0.005375321490790102, 30: 0.0010643609812470017, 36: 0.0001798411558739542, 40: 4.445698525097307e-5, 45: 1.510740975595332e-5, 63: 3.102344401879299e-7 },
  ],
  [
    'YaRN, ends not rounded',
    spec(64, 150000, { kind: 'yarn', factor: 32, originalMaxTokens: 4096, betaFast: 32, betaSlow: 1, truncate: false }),
    { 0: 1, 5: 0.15532298948448497, 8: 0.050813274815461475, 10: 0.01933500112654036, 14: 0.002093792378969688, 18: 3.8308812373753384e-5, 24: 4.09997848180298e-6, 31: 3.0235114281192144e-7 },
  ],
];

describe('rope frequencies', () => {
  it.each(GOLDEN)('are those of an independent computation: %s', (_, of, expected) => {
    const frequencies = ropeFrequencies(of);
    expect(frequencies).toHaveLength(of.rotaryDim / 2);
    for (const [pair, value] of Object.entries(expected)) expect(Math.abs(frequencies[Number(pair)] / value - 1)).toBeLessThan(1e-13);
  });

  it('depend on the rotary part of the head only', () => {
    const partial = ropeFrequencies({ headDim: 80, rotaryDim: 32, theta: 10000, pairing: 'neox', scaling: { kind: 'none' } });
    expect(partial).toEqual(ropeFrequencies(spec(32, 10000, { kind: 'none' })));
  });

  it('are rounded to binary32 when the model holds them so', () => {
    const of = spec(128, 10000, { kind: 'none' });
    expect(ropeFrequencies({ ...of, float32Frequencies: true })).toEqual(ropeFrequencies(of).map(Math.fround));
  });

  it('carry an attention factor for YaRN alone', () => {
    expect(ropeAttentionFactor(spec(64, 10000, { kind: 'linear', factor: 4 }))).toBe(1);
    // 0.1·ln 16 + 1, with 40 digits.
    expect(ropeAttentionFactor(spec(64, 10000, { kind: 'yarn', factor: 16, originalMaxTokens: 4096 }))).toBeCloseTo(1.2772588722239782, 14);
    expect(ropeAttentionFactor(spec(64, 10000, { kind: 'yarn', factor: 16, originalMaxTokens: 4096, attentionFactor: 1.5 }))).toBe(1.5);
    expect(yarnMagnitude(0.5, 1)).toBe(1);
  });

  const bad: [string, Partial<RopeSpec>, RegExp][] = [
    ['odd rotary part', { rotaryDim: 7 }, /rotaryDim is 7; expected an even number/],
    ['rotary part beyond the head', { rotaryDim: 66 }, /rotaryDim is 66/],
    ['θ of 1', { theta: 1 }, /theta is 1/],
    ['θ that is not a number', { theta: NaN }, /theta is NaN/],
    ['unknown pairing', { pairing: 'gptj' as 'neox' }, /pairing is gptj; expected one of neox, interleaved/],
    ['factor of 0', { scaling: { kind: 'linear', factor: 0 } }, /factor is 0/],
    ['llama3 factors the wrong way', { scaling: { kind: 'llama3', factor: 8, lowFrequencyFactor: 4, highFrequencyFactor: 1, originalMaxTokens: 8192 } }, /highFrequencyFactor is 1/],
    ['YaRN without a length', { scaling: { kind: 'yarn', factor: 2, originalMaxTokens: 0 } }, /originalMaxTokens is 0/],
  ];
  it.each(bad)('refuse %s', (_, over, message) => {
    expect(() => ropeFrequencies({ ...spec(64, 10000, { kind: 'none' }), ...over })).toThrow(message);
  });
});
