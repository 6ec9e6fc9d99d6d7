/** Which tokens of a joined context are furthest from what a full prefill would have cached. */
import { KvCache } from '../model/kv-cache.ts';
import type { KvSegment } from '../model/kv-cache.ts';
import type { Transformer } from '../model/transformer.ts';
import type { ChunkCache } from './chunk-cache.ts';

/** The layer that is looked at: the first whose keys and values depend on other tokens. */
const PROBE_LAYER = 1;

/**
 * Slots of the `share` of tokens, first chunk left out (it is exact), whose keys and values in the second layer lie furthest from those of a
 * full prefill, in increasing order. The prefill is run through the first layer only; CacheBlend (Yao et al. 2024, §4.2) selects the same way
 * and then goes on narrowing its choice layer by layer, which this does not. A model of one layer has nothing to recompute.
 */
export function deviatingTokens(model: Transformer, chunks: readonly ChunkCache[], moved: readonly KvSegment[], share: number): number[] {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`policy share is ${share}; expected from 0 to 1`);
  if (model.config.layers <= PROBE_LAYER || chunks.length < 2) return [];
  const tokens = chunks.flatMap((chunk) => chunk.tokens);
  const probe = new KvCache(model.config, tokens.length);
  model.forward(probe, { tokens, logits: 'none', lastLayer: PROBE_LAYER });
  const { width } = probe;
  const keys = probe.own().keys[PROBE_LAYER];
  const values = probe.own().values[PROBE_LAYER];
  const deviations: { slot: number; deviation: number }[] = [];
  let slot = 0;
  moved.forEach((segment, i) => {
    for (let t = 0; t < segment.tokens; t++, slot++) {
      if (i === 0) continue;
      let deviation = 0;
      for (let c = 0; c < width; c++) {
        const dk = keys[slot * width + c] - segment.keys[PROBE_LAYER][t * width + c];
        const dv = values[slot * width + c] - segment.values[PROBE_LAYER][t * width + c];
        deviation += dk * dk + dv * dv;
      }
      deviations.push({ slot, deviation });
    }
  });
  const count = Math.round(share * deviations.length);
  return deviations
    .toSorted((a, b) => b.deviation - a.deviation || a.slot - b.slot)
    .slice(0, count)
    .map((entry) => entry.slot)
    .toSorted((a, b) => a - b);
}
