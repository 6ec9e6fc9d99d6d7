/** Language models: the dimensions that decide the size of the weights, of the KV cache, and the work of a step. */
import { lookUp } from './catalogue-lookup.ts';

/** Frequency scaling of RoPE as Llama 3.1 defines it (Hugging Face `rope_type: llama3`). */
export interface Llama3RopeScaling {
  readonly kind: 'llama3';
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalContextTokens: number;
}

export interface ModelSpec {
  readonly name: string;
  readonly layers: number;
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Query heads. */
  readonly heads: number;
  /** Key/value heads; fewer than `heads` with grouped-query attention. */
  readonly kvHeads: number;
  readonly headDim: number;
  /** Width of the MLP. */
  readonly intermediate: number;
  /** A gated MLP (SwiGLU) has three matrices, an ungated one two. */
  readonly gatedMlp: boolean;
  readonly vocab: number;
  /** Whether the output projection shares the embedding's weights. */
  readonly tiedEmbedding: boolean;
  /** Bytes per weight and per KV element: 2 for FP16 and BF16. */
  readonly dtypeBytes: number;
  readonly maxContextTokens: number;
  /** RoPE base θ, or null with learned absolute positions (no re-positioning of cached keys is possible). */
  readonly ropeTheta: number | null;
  readonly ropeScaling: Llama3RopeScaling | null;
  readonly source: string;
}

const LLAMA_2 = { gatedMlp: true, vocab: 32_000, tiedEmbedding: false, dtypeBytes: 2, maxContextTokens: 4096, ropeTheta: 10_000, ropeScaling: null } as const;

const LLAMA_3_1 = {
  gatedMlp: true,
  vocab: 128_256,
  tiedEmbedding: false,
  dtypeBytes: 2,
  maxContextTokens: 131_072,
  ropeTheta: 500_000,
  ropeScaling: { kind: 'llama3', factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextTokens: 8192 },
} as const;

const ENTRIES: readonly ModelSpec[] = [
  {
    name: 'Llama-2-7B',
    layers: 32,
    hidden: 4096,
    heads: 32,
    kvHeads: 32,
    headDim: 128,
    intermediate: 11_008,
    ...LLAMA_2,
    source: 'meta-llama/Llama-2-7b-hf config.json; Touvron et al., arXiv 2307.09288',
  },
  {
    name: 'Llama-2-13B',
    layers: 40,
    hidden: 5120,
    heads: 40,
    kvHeads: 40,
    headDim: 128,
    intermediate: 13_824,
    ...LLAMA_2,
    source: 'meta-llama/Llama-2-13b-hf config.json; Touvron et al., arXiv 2307.09288',
  },
  {
    name: 'Llama-2-70B',
    layers: 80,
    hidden: 8192,
    heads: 64,
    kvHeads: 8,
    headDim: 128,
    intermediate: 28_672,
    ...LLAMA_2,
    source: 'meta-llama/Llama-2-70b-hf config.json; Touvron et al., arXiv 2307.09288',
  },
  {
    name: 'Llama-3.1-8B',
    layers: 32,
    hidden: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    intermediate: 14_336,
    ...LLAMA_3_1,
    source: 'meta-llama/Llama-3.1-8B config.json; Grattafiori et al., arXiv 2407.21783, table 3',
  },
  {
    name: 'Llama-3.1-70B',
    layers: 80,
    hidden: 8192,
    heads: 64,
    kvHeads: 8,
    headDim: 128,
    intermediate: 28_672,
    ...LLAMA_3_1,
    source: 'meta-llama/Llama-3.1-70B config.json; Grattafiori et al., arXiv 2407.21783, table 3',
  },
  {
    name: 'Mistral-7B',
    layers: 32,
    hidden: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    intermediate: 14_336,
    gatedMlp: true,
    vocab: 32_768,
    tiedEmbedding: false,
    dtypeBytes: 2,
    maxContextTokens: 32_768,
    ropeTheta: 1_000_000,
    ropeScaling: null,
    source: 'mistralai/Mistral-7B-v0.3 config.json (no sliding window from v0.2 on); Jiang et al., arXiv 2310.06825',
  },
  {
    name: 'Qwen3-8B',
    layers: 36,
    hidden: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    intermediate: 12_288,
    gatedMlp: true,
    vocab: 151_936,
    tiedEmbedding: false,
    dtypeBytes: 2,
    maxContextTokens: 40_960,
    ropeTheta: 1_000_000,
    ropeScaling: null,
    source: 'Qwen/Qwen3-8B config.json; Yang et al., arXiv 2505.09388',
  },
  {
    name: 'OPT-13B',
    layers: 40,
    hidden: 5120,
    heads: 40,
    kvHeads: 40,
    headDim: 128,
    intermediate: 20_480,
    gatedMlp: false,
    vocab: 50_272,
    tiedEmbedding: true,
    dtypeBytes: 2,
    maxContextTokens: 2048,
    ropeTheta: null,
    ropeScaling: null,
    source: 'facebook/opt-13b config.json; Zhang et al., arXiv 2205.01068',
  },
];

/** Every model by name. */
export const MODELS: Readonly<Record<string, ModelSpec>> = Object.fromEntries(ENTRIES.map((model) => [model.name, model]));

/** The model called `name`. @throws RangeError naming the nearest model. */
export function modelByName(name: string): ModelSpec {
  return lookUp('model', MODELS, name);
}

/** Bytes of K and V that one token leaves behind in all layers: 2 · layers · kvHeads · headDim · dtypeBytes. */
export function kvBytesPerToken(model: ModelSpec): number {
  return 2 * model.layers * model.kvHeads * model.headDim * model.dtypeBytes;
}

/** Weights of one transformer layer: attention projections and MLP (norms, biases: under 0.1 %, left out). */
export function layerParameters(model: ModelSpec): number {
  const attention = model.hidden * model.headDim * (2 * model.heads + 2 * model.kvHeads);
  const mlp = (model.gatedMlp ? 3 : 2) * model.hidden * model.intermediate;
  return attention + mlp;
}

/** All weights: layers, embedding, and the output projection unless it is tied. */
export function parameterCount(model: ModelSpec): number {
  const embedding = model.vocab * model.hidden;
  return model.layers * layerParameters(model) + embedding * (model.tiedEmbedding ? 1 : 2);
}

/** Bytes of all weights. */
export function weightBytes(model: ModelSpec): number {
  return parameterCount(model) * model.dtypeBytes;
}
