/** Shape of a Llama-architecture model: RMSNorm, rotary positions, grouped-query attention, SwiGLU (Touvron et al. 2023). */
import { checkRopeSpec } from '../rope/rope-spec.ts';
import type { RopeSpec } from '../rope/rope-spec.ts';

/** Extents of a model. Weights are stored [outputs × inputs], row-major. */
export interface LlamaConfig {
  readonly dim: number;
  readonly hiddenDim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocab: number;
  /** Longest context the model was trained for. */
  readonly maxTokens: number;
  readonly normEpsilon: number;
  readonly tiedEmbeddings: boolean;
  readonly rope: RopeSpec;
}

/** Elements of one token's keys (or values) in one layer. */
export function kvDim(config: LlamaConfig): number {
  return config.kvHeads * config.headDim;
}

/** Throws RangeError naming the field, its value and what was expected. */
export function checkLlamaConfig(config: LlamaConfig): void {
  for (const field of ['dim', 'hiddenDim', 'layers', 'heads', 'kvHeads', 'headDim', 'vocab', 'maxTokens'] as const) {
    const value = config[field];
    if (!Number.isSafeInteger(value) || value < 1 || value > 16777216) {
      throw new RangeError(`model ${field} is ${value}; expected an integer from 1 to 16777216`);
    }
  }
  if (config.heads % config.kvHeads !== 0) {
    throw new RangeError(`model kvHeads is ${config.kvHeads}; expected a divisor of heads = ${config.heads}`);
  }
  if (!(config.normEpsilon >= 0 && config.normEpsilon < 1)) throw new RangeError(`model normEpsilon is ${config.normEpsilon}; expected from 0 to 1`);
  if (config.rope.headDim !== config.headDim) {
    throw new RangeError(`model rope.headDim is ${config.rope.headDim}; expected headDim = ${config.headDim}`);
  }
  checkRopeSpec(config.rope);
}
