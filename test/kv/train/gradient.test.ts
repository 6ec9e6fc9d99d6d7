import { describe, expect, it } from 'vitest';
import type { LlamaConfig } from '../../../kv/model/llama-config.ts';
import { parameterCount, weightOrder } from '../../../kv/model/llama-weights.ts';
import { plainRope } from '../../../kv/rope/rope-spec.ts';
import { scalarProduct } from '../../../kv/tensor/matrix-product.ts';
import { createMatrixProduct } from '../../../kv/tensor/simd-product.ts';
import { GradientPass } from '../../../kv/train/gradient.ts';
import type { TrainingExample } from '../../../kv/train/training-example.ts';

/** Numbers from −0.5 to 0.5 by a congruential generator. */
function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296 - 0.5;
  };
}

function randomModel(over: Partial<LlamaConfig> = {}): { config: LlamaConfig; parameters: Float64Array } {
  const config: LlamaConfig = {
    dim: 12, hiddenDim: 20, layers: 2, heads: 4, kvHeads: 2, headDim: 4, vocab: 11, maxTokens: 64,
    normEpsilon: 1e-5, tiedEmbeddings: true, rope: plainRope(4, 'interleaved'), ...over,
  };
  const next = stream(5);
  return { config, parameters: Float64Array.from({ length: parameterCount(config) }, () => 1.5 * next()) };
}

/** Two sequences of different lengths with holes in their masks, positions that jump, and some rows without a target. */
function examples(vocab: number): TrainingExample[] {
  const next = stream(9);
  return [7, 4].map((count) => ({
    tokens: Int32Array.from({ length: count }, () => Math.floor((next() + 0.5) * vocab)),
    positions: Int32Array.from({ length: count }, (_, i) => (i < 3 ? i : i + 20)),
    mask: Uint8Array.from({ length: count * count }, (_, at) => {
      const i = Math.floor(at / count);
      const j = at % count;
      return j === i || (j < i && (i * 7 + j * 3) % 4 !== 0) ? 1 : 0;
    }),
    targets: Int32Array.from({ length: count }, (_, i) => (i % 3 === 1 ? -1 : Math.floor((next() + 0.5) * vocab))),
  }));
}

describe('gradient', () => {
  const variants: [string, Partial<LlamaConfig>][] = [
    ['tied, interleaved', {}],
    ['separate classifier, NeoX, partial rotary, head dimension apart from dim/heads', {
      tiedEmbeddings: false, headDim: 6, rope: { headDim: 6, rotaryDim: 4, theta: 500, pairing: 'neox', scaling: { kind: 'none' } },
    }],
    ['YaRN, whose scale on cos and sin the gradient must carry', {
      rope: { headDim: 4, rotaryDim: 4, theta: 10000, pairing: 'neox', scaling: { kind: 'yarn', factor: 4, originalMaxTokens: 32 } },
    }],
  ];
  it.each(variants)('agrees with central differences in binary64 for every kind of parameter: %s', (_, over) => {
    const { config, parameters } = randomModel(over);
    const pass = new GradientPass(config, scalarProduct);
    const batch = examples(config.vocab);
    const gradient = new Float64Array(parameters.length);
    pass.lossAndGradient(parameters, batch, gradient);
    let at = 0;
    for (const { name, layer, size } of weightOrder(config)) {
      // A spread of elements of each parameter.
      for (let pick = 0; pick < 9; pick++) {
        const i = at + Math.floor((pick * (size - 1)) / 8);
        const kept = parameters[i];
        const step = 1e-5;
        parameters[i] = kept + step;
        const above = pass.loss(parameters, batch).loss;
        parameters[i] = kept - step;
        const below = pass.loss(parameters, batch).loss;
        parameters[i] = kept;
        const slope = (above - below) / (2 * step);
        // Central differences at this step: truncation ~1e-10, rounding ~1e-15·loss/step ~ 1e-9.
        expect(Math.abs(gradient[i] - slope), `${name} of layer ${layer ?? '-'} at ${i - at}`).toBeLessThanOrEqual(1e-7 * (1 + Math.abs(slope)));
      }
      at += size;
    }
  });

  it('is the same in binary32 on the SIMD kernel, to binary32 precision', () => {
    const { config, parameters } = randomModel();
    const exact = new Float64Array(parameters.length);
    const exactLoss = new GradientPass(config, scalarProduct).lossAndGradient(parameters, examples(config.vocab), exact);
    const single = new Float32Array(parameters.length);
    const loss = new GradientPass(config, createMatrixProduct()).lossAndGradient(Float32Array.from(parameters), examples(config.vocab), single);
    expect(loss.loss).toBeCloseTo(exactLoss.loss, 4);
    expect(loss).toMatchObject({ targets: exactLoss.targets, correct: exactLoss.correct });
    const norm = Math.sqrt(exact.reduce((sum, slope) => sum + slope * slope, 0));
    const miss = Math.sqrt(exact.reduce((sum, slope, i) => sum + (slope - single[i]) * (slope - single[i]), 0));
    expect(miss / norm).toBeLessThan(2e-6);
  });

  it('adds up over examples, however they are split', () => {
    const { config, parameters } = randomModel();
    const pass = new GradientPass(config, scalarProduct);
    const batch = examples(config.vocab);
    const whole = new Float64Array(parameters.length);
    const parts = new Float64Array(parameters.length);
    const together = pass.lossAndGradient(parameters, batch, whole);
    const apart = batch.map((example) => pass.lossAndGradient(parameters, [example], parts).loss);
    expect(apart[0] + apart[1]).toBeCloseTo(together.loss, 10);
    whole.forEach((slope, i) => {
      expect(Math.abs(slope - parts[i])).toBeLessThan(1e-10);
    });
  });

  it('refuses examples that do not fit', () => {
    const { config, parameters } = randomModel();
    const pass = new GradientPass(config, scalarProduct);
    const [example] = examples(config.vocab);
    expect(() => pass.loss(parameters, [{ ...example, mask: new Uint8Array(3) }])).toThrow(/mask of 3/);
    expect(() => pass.loss(parameters, [{ ...example, mask: new Uint8Array(49) }])).toThrow(/may not attend to itself/);
    expect(() => pass.loss(parameters, [{ ...example, tokens: example.tokens.map(() => 11) }])).toThrow(/token 0 is 11/);
  });
});
