/** Weights to start training from. */
import type { LlamaConfig } from '../model/llama-config.ts';
import { parameterCount, weightOrder } from '../model/llama-weights.ts';
import type { SeededRandom } from './seeded-random.ts';

/**
 * Gains 1; matrices normal with standard deviation 1/√inputs, those that write to the residual stream divided by √(2·layers) (Radford et
 * al. 2019, §2.3); embeddings normal with standard deviation 1/√dim, so that tied logits start near unit scale.
 */
export function initialWeights(config: LlamaConfig, random: SeededRandom): Float32Array {
  const weights = new Float32Array(parameterCount(config));
  const intoStream = 1 / Math.sqrt(2 * config.layers);
  let at = 0;
  for (const { name, size } of weightOrder(config)) {
    if (name === 'attentionNorm' || name === 'feedForwardNorm' || name === 'finalNorm') {
      weights.fill(1, at, at + size);
    } else {
      const inputs = name === 'down' ? config.hiddenDim : name === 'output' ? config.heads * config.headDim : config.dim;
      const deviation = (name === 'down' || name === 'output' ? intoStream : 1) / Math.sqrt(inputs);
      for (let i = 0; i < size; i++) weights[at + i] = random.normal() * deviation;
    }
    at += size;
  }
  return weights;
}

/** Non-zero for the parameters that weight decay applies to: matrices, not gains. */
export function decayedParameters(config: LlamaConfig): Uint8Array {
  const decayed = new Uint8Array(parameterCount(config));
  let at = 0;
  for (const { name, size } of weightOrder(config)) {
    if (name !== 'attentionNorm' && name !== 'feedForwardNorm' && name !== 'finalNorm') decayed.fill(1, at, at + size);
    at += size;
  }
  return decayed;
}
