/** Generating text token by token. */
import type { KvCache } from './kv-cache.ts';
import type { Transformer } from './transformer.ts';

/** Picks the next token from one row of logits. */
export type Sampler = (logits: Float32Array) => number;

/** The most likely token; the lowest id among equals. */
export const greedy: Sampler = (logits) => {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
};

/** Draws from softmax(logits / temperature). `uniform` gives numbers in [0, 1). Throws RangeError unless the temperature is positive. */
export function temperatureSampler(temperature: number, uniform: () => number): Sampler {
  if (!(temperature > 0 && temperature < Infinity)) throw new RangeError(`temperature is ${temperature}; expected a positive finite number`);
  return (logits) => {
    const most = logits[greedy(logits)];
    let total = 0;
    const weights = Float64Array.from(logits, (logit) => {
      const weight = Math.exp((logit - most) / temperature);
      total += weight;
      return weight;
    });
    let left = uniform() * total;
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i];
      if (left < 0) return i;
    }
    return weights.length - 1;
  };
}

/**
 * Feeds `prompt` (at least one token) and then generates `count` tokens, or fewer where `stop` holds the last one generated. The cache keeps
 * everything but the last token. `firstPosition` is that of the first prompt token, by default the cache's length.
 */
export function generate(model: Transformer, cache: KvCache, prompt: readonly number[], count: number, sampler: Sampler, stop?: (token: number) => boolean, firstPosition = cache.length): number[] {
  if (prompt.length === 0) throw new RangeError('prompt is empty; generation starts from at least one token');
  const tokens: number[] = [];
  let feed = prompt;
  let position = firstPosition;
  while (tokens.length < count) {
    const start = position;
    const logits = model.forward(cache, { tokens: feed, positions: feed.map((_, i) => start + i), logits: 'last' });
    const token = sampler(logits);
    tokens.push(token);
    if (stop?.(token) === true) break;
    position += feed.length;
    feed = [token];
  }
  return tokens;
}
