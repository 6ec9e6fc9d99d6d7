/** Caches of chunks computed on their own, before anyone knows what will stand beside them. */
import { KvCache } from '../model/kv-cache.ts';
import type { KvSegment } from '../model/kv-cache.ts';
import type { Transformer } from '../model/transformer.ts';

/** A chunk's tokens, the position that its first token was cached at, and the cache. */
export interface ChunkCache {
  readonly tokens: readonly number[];
  readonly firstPosition: number;
  readonly segment: KvSegment;
}

/**
 * Prefills a chunk alone: its tokens see each other and nothing else, as under a block-diagonal mask. Only the chunk that will stand first
 * should begin with BOS. `firstPosition` is where the chunk is pretended to stand, usually 0.
 */
export function precomputeChunk(model: Transformer, tokens: readonly number[], firstPosition = 0): ChunkCache {
  const cache = new KvCache(model.config, tokens.length);
  model.forward(cache, { tokens, positions: tokens.map((_, i) => firstPosition + i), logits: 'none' });
  return { tokens, firstPosition, segment: cache.own() };
}
