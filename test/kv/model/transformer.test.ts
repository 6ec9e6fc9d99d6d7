import { describe, expect, it } from 'vitest';
import { KvCache } from '../../../kv/model/kv-cache.ts';
import type { LlamaConfig } from '../../../kv/model/llama-config.ts';
import { checkLlamaConfig } from '../../../kv/model/llama-config.ts';
import { Transformer } from '../../../kv/model/transformer.ts';
import { plainRope } from '../../../kv/rope/rope-spec.ts';
import { scalarProduct } from '../../../kv/tensor/matrix-product.ts';
import { naiveForward } from './naive-llama.ts';
import { randomModel, randomTokens, SMALL } from './random-model.ts';

const TOKENS = randomTokens(23, 'sequence');
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
};
/** Logits are of order 10 and pass through some 10⁴ binary32 operations. */
const CLOSE = 2e-4;

const variants: [string, Partial<LlamaConfig>][] = [
  ['grouped queries, interleaved pairs', {}],
  ['one KV head, NeoX pairs', { kvHeads: 1, rope: plainRope(8, 'neox') }],
  ['as many KV heads as heads, separate classifier', { kvHeads: 4, tiedEmbeddings: false }],
  ['partial rotary, heads wider than dim/heads', { headDim: 12, rope: { ...plainRope(12, 'neox'), rotaryDim: 8 } }],
  ['one layer of one head', { layers: 1, heads: 1, kvHeads: 1, headDim: 32, rope: plainRope(32, 'interleaved', 500000) }],
];

describe('transformer', () => {
  it.each(variants)('agrees with an independent computation: %s', (_, over) => {
    const model = randomModel(over);
    const logits = model.forward(new KvCache(model.config, TOKENS.length), { tokens: TOKENS });
    expect(worst(logits, naiveForward(model.config, model.weights, TOKENS).flat())).toBeLessThan(CLOSE);
  });

  it('agrees with it under any mask and any positions', () => {
    const model = randomModel();
    const positions = TOKENS.map((_, i) => (i * 7) % 31);
    const sees = (i: number, j: number): boolean => j === i || (j < i && (i + 2 * j) % 3 !== 0);
    const mask = Uint8Array.from({ length: 23 * 23 }, (_, at) => (sees(Math.floor(at / 23), at % 23) ? 1 : 0));
    const logits = model.forward(new KvCache(model.config, 23), { tokens: TOKENS, positions, mask });
    expect(worst(logits, naiveForward(model.config, model.weights, TOKENS, positions, sees).flat())).toBeLessThan(CLOSE);
  });

  it('gives the same however the tokens are fed, and on plain loops as on the SIMD kernel', () => {
    const model = randomModel();
    const whole = model.forward(new KvCache(model.config, 23), { tokens: TOKENS });
    for (const sizes of [new Array<number>(23).fill(1), [2, 21], [10, 3, 10]]) {
      const cache = new KvCache(model.config, 23);
      let from = 0;
      const parts = sizes.flatMap((size) => Array.from(model.forward(cache, { tokens: TOKENS.slice(from, (from += size)) })));
      expect(worst(parts, whole)).toBeLessThan(CLOSE);
    }
    const plain = new Transformer(model.config, model.weights, scalarProduct);
    expect(worst(plain.forward(new KvCache(model.config, 23), { tokens: TOKENS }), whole)).toBeLessThan(CLOSE);
  });

  it('attends to borrowed segments as to its own', () => {
    const model = randomModel();
    const first = new KvCache(model.config, 9);
    model.forward(first, { tokens: TOKENS.slice(0, 9), logits: 'none' });
    const second = new KvCache(model.config, 5, [first.own()]);
    model.forward(second, { tokens: TOKENS.slice(9, 14), logits: 'none' });
    const third = new KvCache(model.config, 9, second.segments());
    const logits = model.forward(third, { tokens: TOKENS.slice(14) });
    const whole = model.forward(new KvCache(model.config, 23), { tokens: TOKENS });
    expect(worst(logits, whole.subarray(14 * SMALL.vocab))).toBeLessThan(CLOSE);
    expect(third.length).toBe(23);
  });

  it('recomputes cached tokens in place', () => {
    const model = randomModel();
    const cache = new KvCache(model.config, 23);
    // Cached blind to each other, then all recomputed with sight of what stands before.
    const alone = Uint8Array.from({ length: 23 * 23 }, (_, at) => (Math.floor(at / 23) === at % 23 ? 1 : 0));
    model.forward(cache, { tokens: TOKENS, mask: alone, logits: 'none' });
    const logits = model.forward(cache, { tokens: TOKENS, slots: TOKENS.map((_, i) => i) });
    const whole = model.forward(new KvCache(model.config, 23), { tokens: TOKENS });
    expect(worst(logits, whole)).toBeLessThan(CLOSE);
    expect(cache.length).toBe(23);
  });

  it('gives the last row, or none, when asked', () => {
    const model = randomModel();
    const whole = model.forward(new KvCache(model.config, 23), { tokens: TOKENS });
    expect(worst(model.forward(new KvCache(model.config, 23), { tokens: TOKENS, logits: 'last' }), whole.subarray(22 * SMALL.vocab))).toBeLessThan(CLOSE);
    expect(model.forward(new KvCache(model.config, 23), { tokens: TOKENS, logits: 'none' })).toHaveLength(0);
    expect(model.forward(new KvCache(model.config, 0), { tokens: [] })).toHaveLength(0);
  });

  it('forgets what is truncated', () => {
    const model = randomModel();
    const cache = new KvCache(model.config, 23);
    model.forward(cache, { tokens: TOKENS.slice(0, 10), logits: 'none' });
    const once = model.forward(cache, { tokens: TOKENS.slice(10) });
    cache.truncate(10);
    expect(worst(model.forward(cache, { tokens: TOKENS.slice(10) }), once)).toBe(0);
    expect(() => {
      cache.truncate(24);
    }).toThrow(/expected from 0 to 23/);
  });

  it('refuses what does not fit', () => {
    const model = randomModel();
    const cache = (): KvCache => new KvCache(model.config, 4);
    expect(() => model.forward(cache(), { tokens: [40] })).toThrow(/token is 40; expected from 0 to 39/);
    expect(() => model.forward(cache(), { tokens: [-1] })).toThrow(/token is -1/);
    expect(() => model.forward(cache(), { tokens: [0, 0, 0, 0, 0] })).toThrow(/cache of 4 tokens cannot take 5/);
    expect(() => model.forward(cache(), { tokens: [0], mask: new Uint8Array(2) })).toThrow(/mask has 2 elements; expected 1 tokens × 1/);
    expect(() => model.forward(cache(), { tokens: [0], positions: [0, 1] })).toThrow(/positions has 2/);
    expect(() => model.forward(cache(), { tokens: [0], slots: [0] })).toThrow(/slot is 0/);
    expect(() => new KvCache(model.config, -1)).toThrow(/capacity is -1/);
    expect(() => new KvCache(model.config, 1, [{ tokens: 1, keys: [], values: [] }])).toThrow(/0 layers of keys/);
    expect(() => { checkLlamaConfig({ ...SMALL, kvHeads: 3 }); }).toThrow(/kvHeads is 3; expected a divisor of heads = 4/);
    expect(() => { checkLlamaConfig({ ...SMALL, dim: 0 }); }).toThrow(/dim is 0/);
    expect(() => { checkLlamaConfig({ ...SMALL, headDim: 4 }); }).toThrow(/rope.headDim is 8; expected headDim = 4/);
  });
});
