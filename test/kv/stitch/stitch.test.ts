import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KvCache } from '../../../kv/model/kv-cache.ts';
import { precomputeChunk } from '../../../kv/stitch/chunk-cache.ts';
import type { ChunkCache } from '../../../kv/stitch/chunk-cache.ts';
import { stitch } from '../../../kv/stitch/stitch.ts';
import { parsePolicy, policyName } from '../../../kv/stitch/stitch-policy.ts';
import type { StitchPolicy } from '../../../kv/stitch/stitch-policy.ts';
import { randomModel, randomTokens } from '../model/random-model.ts';

const model = randomModel();
const QUERY = randomTokens(6, 'query');
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

function chunksOf(lengths: readonly number[], firstPosition = 0): ChunkCache[] {
  return lengths.map((length, i) => precomputeChunk(model, randomTokens(length, `chunk ${i}`), i === 0 ? 0 : firstPosition));
}

function answer(chunks: readonly ChunkCache[], policy: StitchPolicy): Float32Array {
  return model.forward(stitch(model, chunks, policy, QUERY.length).cache, { tokens: QUERY });
}

/** The same thing said with a mask: one forward pass over everything at true positions, chunks blind to each other. */
function blockMasked(lengths: readonly number[]): Float32Array {
  const tokens = lengths.flatMap((length, i) => randomTokens(length, `chunk ${i}`));
  const block = lengths.flatMap((length, i) => new Array<number>(length).fill(i));
  const all = [...tokens, ...QUERY];
  const mask = new Uint8Array(all.length * all.length);
  for (let i = 0; i < all.length; i++) {
    for (let j = 0; j <= i; j++) if (i >= tokens.length || block[i] === block[j]) mask[i * all.length + j] = 1;
  }
  return model.forward(new KvCache(model.config, all.length), { tokens: all, mask }).subarray(tokens.length * model.config.vocab);
}

describe('stitching', () => {
  it('after adjustment equals a block-diagonal prefill at the true positions, whatever the chunks and wherever they were cached', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 5000 }), (lengths, firstPosition) => {
        expect(worst(answer(chunksOf(lengths, firstPosition), { kind: 'adjust' }), blockMasked(lengths))).toBeLessThan(2e-4);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('without adjustment is something else as soon as there are two chunks', () => {
    expect(worst(answer(chunksOf([8]), { kind: 'none' }), blockMasked([8]))).toBeLessThan(1e-4);
    expect(worst(answer(chunksOf([8, 8]), { kind: 'none' }), blockMasked([8, 8]))).toBeGreaterThan(0.1);
  });

  it('equals the full prefill when every token of every chunk is recomputed', () => {
    const chunks = chunksOf([7, 9, 4]);
    const full = answer(chunks, { kind: 'full' });
    expect(worst(answer(chunks, { kind: 'adjust-first', tokens: 100 }), full)).toBeLessThan(2e-4);
    expect(worst(answer(chunks, { kind: 'adjust-deviating', share: 1 }), full)).toBeLessThan(2e-4);
    expect(worst(answer(chunks, { kind: 'adjust' }), full)).toBeGreaterThan(0.01);
  });

  it('comes closer to the full prefill with each token more that is recomputed', () => {
    const chunks = chunksOf([10, 10, 10]);
    const cacheOf = (policy: StitchPolicy): number[] => {
      const { cache } = stitch(model, chunks, policy, 0);
      return cache.segments().flatMap((segment) => segment.values.flatMap((values) => Array.from(values)));
    };
    // Values of one cache, layer by layer, in the order of the full prefill's single segment.
    const reference = stitch(model, chunks, { kind: 'full' }, 0).cache.own().values;
    const miss = (policy: StitchPolicy): number => {
      let sum = 0;
      let start = 0;
      for (const segment of stitch(model, chunks, policy, 0).cache.segments()) {
        segment.values.forEach((values, layer) => {
          values.forEach((value, i) => {
            const away = value - reference[layer][start + i];
            sum += away * away;
          });
        });
        start += segment.values[0].length;
      }
      return sum;
    };
    expect(cacheOf({ kind: 'full' })).toHaveLength(30 * 16 * 3);
    const misses = [0, 3, 6, 9, 10].map((tokens) => miss({ kind: 'adjust-first', tokens }));
    for (let i = 1; i < misses.length; i++) expect(misses[i]).toBeLessThan(misses[i - 1]);
    const byDeviation = [0, 0.3, 0.6, 1].map((share) => miss({ kind: 'adjust-deviating', share }));
    for (let i = 1; i < byDeviation.length; i++) expect(byDeviation[i]).toBeLessThan(byDeviation[i - 1]);
    // Choosing by deviation beats choosing the first ones for the same number of tokens.
    expect(miss({ kind: 'adjust-deviating', share: 0.3 })).toBeLessThan(miss({ kind: 'adjust-first', tokens: 3 }));
  });

  it('copies no more than it must and never writes to a chunk', () => {
    const chunks = chunksOf([6, 5]);
    const before = chunks.map((chunk) => [...chunk.segment.keys, ...chunk.segment.values].map((array) => Array.from(array)));
    const token = 2 * 3 * 16 * 4;
    expect(stitch(model, chunks, { kind: 'none' }, 4).copiedBytes).toBe(0);
    const adjusted = stitch(model, chunks, { kind: 'adjust' }, 4);
    // The keys of the second chunk; its values and the whole first chunk are attended where they lie.
    expect(adjusted.copiedBytes).toBe((5 * token) / 2);
    expect(adjusted.cache.segments()[0]).toBe(chunks[0].segment);
    expect(adjusted.cache.segments()[1].values).toBe(chunks[1].segment.values);
    const recomputed = stitch(model, chunks, { kind: 'adjust-first', tokens: 2 }, 4);
    expect(recomputed).toMatchObject({ recomputedTokens: 2, copiedBytes: 5 * token });
    stitch(model, chunks, { kind: 'adjust-deviating', share: 0.5 }, 4);
    model.forward(adjusted.cache, { tokens: QUERY.slice(0, 4) });
    expect(chunks.map((chunk) => [...chunk.segment.keys, ...chunk.segment.values].map((array) => Array.from(array)))).toEqual(before);
  });

  it('takes no chunks, and one', () => {
    const empty = stitch(model, [], { kind: 'adjust' }, 6);
    expect(empty.cache).toHaveLength(0);
    expect(worst(model.forward(empty.cache, { tokens: QUERY }), model.forward(new KvCache(model.config, 6), { tokens: QUERY }))).toBe(0);
    expect(stitch(model, [], { kind: 'full' }, 1).cache).toHaveLength(0);
    expect(stitch(model, chunksOf([3]), { kind: 'adjust-deviating', share: 0.5 }, 1).recomputedTokens).toBe(0);
  });

  it('names policies and reads the names back', () => {
    for (const name of ['none', 'adjust', 'adjust-first-4', 'adjust-deviating-15%', 'adjust-deviating-2.5%', 'full']) expect(policyName(parsePolicy(name))).toBe(name);
    for (const name of ['', 'adjust-first-', 'adjust-first-x', 'adjust-deviating-101%', 'Full']) expect(() => parsePolicy(name)).toThrow(/stitching policy is/);
    expect(() => stitch(model, chunksOf([3, 3]), { kind: 'adjust-first', tokens: -1 }, 1)).toThrow(/whole number/);
    expect(() => stitch(model, chunksOf([3, 3]), { kind: 'adjust-deviating', share: 2 }, 1)).toThrow(/from 0 to 1/);
  });
});
