/** Joining chunk caches into one that a query can attend to. */
import { KvCache } from '../model/kv-cache.ts';
import type { KvSegment } from '../model/kv-cache.ts';
import { kvDim } from '../model/llama-config.ts';
import type { LlamaConfig } from '../model/llama-config.ts';
import type { Transformer } from '../model/transformer.ts';
import type { RopeBackend } from '../rope/rope-backend.ts';
import { typescriptRope } from '../rope/typescript-backend.ts';
import type { ChunkCache } from './chunk-cache.ts';
import { deviatingTokens } from './deviating-tokens.ts';
import type { StitchPolicy } from './stitch-policy.ts';

/** A joined context. */
export interface Stitched {
  /** The context, with room for `capacity` more tokens; the next true position is its length. */
  readonly cache: KvCache;
  /** Tokens run through the model again: all of them for `full`, none for `adjust`. */
  readonly recomputedTokens: number;
  /** Bytes of keys and values that had to be written anew; the rest is attended where it lay. */
  readonly copiedBytes: number;
}

/** Where the rotation runs; plain TypeScript by default. */
export interface StitchOptions {
  readonly rope?: RopeBackend;
}

/**
 * Joins chunks in order under a policy, leaving room for `capacity` tokens of query and answer. Chunk caches are never changed: values are
 * attended where they lie, keys too where their chunk does not move, and what moves or is recomputed is written to new arrays.
 */
export function stitch(model: Transformer, chunks: readonly ChunkCache[], policy: StitchPolicy, capacity: number, options: StitchOptions = {}): Stitched {
  const { config } = model;
  const total = chunks.reduce((sum, chunk) => sum + chunk.tokens.length, 0);
  if (policy.kind === 'full') {
    const cache = new KvCache(config, total + capacity);
    model.forward(cache, { tokens: chunks.flatMap((chunk) => chunk.tokens), logits: 'none' });
    return { cache, recomputedTokens: total, copiedBytes: bytesOf(config, total) };
  }
  if (policy.kind === 'none') return { cache: new KvCache(config, capacity, chunks.map((chunk) => chunk.segment)), recomputedTokens: 0, copiedBytes: 0 };

  let copiedBytes = 0;
  let start = 0;
  const moved = chunks.map((chunk): KvSegment => {
    const shift = start - chunk.firstPosition;
    start += chunk.tokens.length;
    if (shift === 0) return chunk.segment;
    copiedBytes += bytesOf(config, chunk.tokens.length) / 2;
    return { ...chunk.segment, keys: shiftKeys(config, chunk.segment, shift, options.rope ?? typescriptRope) };
  });
  const slots = slotsToRecompute(model, chunks, moved, policy);
  if (slots.length === 0) return { cache: new KvCache(config, capacity, moved), recomputedTokens: 0, copiedBytes };

  // Recomputation overwrites single tokens: the segments that hold them must be this cache's own.
  let first = 0;
  const owned = moved.map((segment, i) => {
    const end = first + segment.tokens;
    const touched = slots.some((slot) => slot >= first && slot < end);
    first = end;
    if (!touched) return segment;
    const fresh = segment.keys === chunks[i].segment.keys;
    copiedBytes += bytesOf(config, segment.tokens) * (fresh ? 1 : 0.5);
    return { ...segment, keys: fresh ? segment.keys.map(copyOf) : segment.keys, values: segment.values.map(copyOf) };
  });
  const cache = new KvCache(config, capacity, owned);
  const tokens = chunks.flatMap((chunk) => chunk.tokens);
  model.forward(cache, { tokens: slots.map((slot) => tokens[slot]), positions: slots, slots, logits: 'none' });
  return { cache, recomputedTokens: slots.length, copiedBytes };
}

/** Keys of every layer and head, rotated in one batch. */
function shiftKeys(config: LlamaConfig, segment: KvSegment, shift: number, rope: RopeBackend): Float32Array[] {
  const elements = segment.tokens * kvDim(config);
  const batch = new Float32Array(config.layers * elements);
  segment.keys.forEach((keys, layer) => {
    batch.set(keys, layer * elements);
  });
  const layout = { outer: config.layers, tokens: segment.tokens, inner: config.kvHeads, headDim: config.headDim };
  const moved = rope.rotate(batch, layout, config.rope, [{ start: 0, tokens: segment.tokens, shift }]);
  return segment.keys.map((_, layer) => moved.subarray(layer * elements, (layer + 1) * elements));
}

function slotsToRecompute(model: Transformer, chunks: readonly ChunkCache[], moved: readonly KvSegment[], policy: StitchPolicy): number[] {
  if (policy.kind === 'adjust-first') {
    if (!Number.isSafeInteger(policy.tokens) || policy.tokens < 0) throw new RangeError(`policy tokens is ${policy.tokens}; expected a whole number`);
    const slots: number[] = [];
    let start = 0;
    chunks.forEach((chunk, i) => {
      // The first chunk saw all that stands before it: nothing.
      for (let t = 0; i > 0 && t < Math.min(policy.tokens, chunk.tokens.length); t++) slots.push(start + t);
      start += chunk.tokens.length;
    });
    return slots;
  }
  return policy.kind === 'adjust-deviating' ? deviatingTokens(model, chunks, moved, policy.share) : [];
}

/** Bytes of keys and values of so many tokens in binary32. */
function bytesOf(config: LlamaConfig, tokens: number): number {
  return tokens * 2 * config.layers * kvDim(config) * 4;
}

const copyOf = (array: Float32Array): Float32Array => Float32Array.from(array);
