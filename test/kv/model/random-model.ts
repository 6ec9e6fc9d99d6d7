/** A small model with random weights and answers, for tests that need any model. */
import type { LlamaConfig } from '../../../kv/model/llama-config.ts';
import { parameterCount, viewWeights } from '../../../kv/model/llama-weights.ts';
import { Transformer } from '../../../kv/model/transformer.ts';
import { plainRope } from '../../../kv/rope/rope-spec.ts';
import { initialWeights } from '../../../kv/train/initial-weights.ts';
import { SeededRandom } from '../../../kv/train/seeded-random.ts';

export const SMALL: LlamaConfig = {
  dim: 32, hiddenDim: 48, layers: 3, heads: 4, kvHeads: 2, headDim: 8, vocab: 40, maxTokens: 256,
  normEpsilon: 1e-5, tiedEmbeddings: true, rope: plainRope(8, 'interleaved'),
};

/** Weights are drawn large, so that attention is far from uniform and a wrong position shows. */
export function randomModel(over: Partial<LlamaConfig> = {}): Transformer {
  const config = { ...SMALL, ...over };
  const weights = initialWeights(config, new SeededRandom('test', 'weights')).map((weight) => weight * 1.6);
  if (weights.length !== parameterCount(config)) throw new Error('initial weights of another size');
  return new Transformer(config, viewWeights(config, weights));
}

/** Tokens from a seed. */
export function randomTokens(count: number, seed: string, vocab = SMALL.vocab): number[] {
  const random = new SeededRandom(seed, 'tokens');
  return Array.from({ length: count }, () => random.integer(vocab));
}
