/**
 * llama2.c checkpoints (Karpathy, 2023; `run.c`, struct Config and `memory_map_weights`).
 *
 * Seven little-endian int32 (dim, hiddenDim, layers, heads, kvHeads, vocab, sequence length; a negative vocab means a separate classifier),
 * then float32 arrays: token embedding, attention norms, query, key, value, output, feed-forward norms, gate (w1), down (w2), up (w3), final
 * norm, two legacy tables of sequence length × headDim/2 that are not used, and the classifier if separate. Pairing is interleaved, θ 10000.
 */
import { plainRope } from '../rope/rope-spec.ts';
import { checkLlamaConfig } from './llama-config.ts';
import type { LlamaConfig } from './llama-config.ts';
import { checkFinite, parameterCount, viewWeights } from './llama-weights.ts';
import type { LlamaWeights } from './llama-weights.ts';

const HEADER_BYTES = 28;
/** The constants that run.c compiles in. */
const NORM_EPSILON = 1e-5;

/** A model: what it is and what it weighs. */
export interface LoadedModel {
  readonly config: LlamaConfig;
  readonly weights: LlamaWeights;
}

/** Reads a checkpoint. `name` stands in error messages. Throws RangeError for a header, size or value that cannot be right. */
export function readLlama2cCheckpoint(bytes: Uint8Array, name: string): LoadedModel {
  if (bytes.byteLength < HEADER_BYTES) throw new RangeError(`${name}: ${bytes.byteLength} bytes; a llama2.c checkpoint starts with a header of ${HEADER_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [dim, hiddenDim, layers, heads, kvHeads, vocab, maxTokens] = Array.from({ length: 7 }, (_, i) => view.getInt32(i * 4, true));
  if (heads < 1 || dim < 1 || dim % heads !== 0 || (dim / heads) % 2 !== 0) {
    throw new RangeError(`${name}: header says dim ${dim} and ${heads} heads; expected heads to divide dim into an even head dimension`);
  }
  const headDim = dim / heads;
  const config: LlamaConfig = {
    dim,
    hiddenDim,
    layers,
    heads,
    kvHeads,
    headDim,
    vocab: Math.abs(vocab),
    maxTokens,
    normEpsilon: NORM_EPSILON,
    tiedEmbeddings: vocab > 0,
    rope: plainRope(headDim, 'interleaved'),
  };
  try {
    checkLlamaConfig(config);
  } catch (error) {
    throw new RangeError(`${name}: not a llama2.c checkpoint: ${(error as Error).message}`);
  }
  const count = parameterCount(config);
  const tables = maxTokens * headDim;
  const expected = HEADER_BYTES + 4 * (count + tables);
  if (bytes.byteLength !== expected) {
    throw new RangeError(`${name}: ${bytes.byteLength} bytes; its header (${describeConfig(config)}) asks for ${expected}: truncated, or not a llama2.c checkpoint`);
  }
  const all = new Float32Array(count);
  const before = config.tiedEmbeddings ? count : count - config.vocab * dim;
  for (let i = 0; i < before; i++) all[i] = view.getFloat32(HEADER_BYTES + 4 * i, true);
  for (let i = before; i < count; i++) all[i] = view.getFloat32(HEADER_BYTES + 4 * (tables + i), true);
  const weights = viewWeights(config, all);
  try {
    checkFinite(config, weights);
  } catch (error) {
    throw new RangeError(`${name}: ${(error as Error).message}`);
  }
  return { config, weights };
}

/** Writes a checkpoint that `run.c` reads. Throws RangeError for a model the format cannot hold (pairing, θ, scaling, head dimension). */
export function writeLlama2cCheckpoint(config: LlamaConfig, weights: LlamaWeights): Uint8Array {
  const { rope } = config;
  const plain = rope.pairing === 'interleaved' && rope.theta === 10000 && rope.scaling.kind === 'none' && rope.rotaryDim === config.headDim;
  if (!plain || config.headDim * config.heads !== config.dim || config.normEpsilon !== NORM_EPSILON) {
    throw new RangeError('a llama2.c checkpoint holds interleaved full rotary embedding of θ 10000, dim = heads × headDim and norm epsilon 1e-5 only');
  }
  const count = parameterCount(config);
  const tables = config.maxTokens * config.headDim;
  const bytes = new Uint8Array(HEADER_BYTES + 4 * (count + tables));
  const view = new DataView(bytes.buffer);
  const header = [config.dim, config.hiddenDim, config.layers, config.heads, config.kvHeads, config.tiedEmbeddings ? config.vocab : -config.vocab, config.maxTokens];
  header.forEach((value, i) => {
    view.setInt32(i * 4, value, true);
  });
  const before = config.tiedEmbeddings ? count : count - config.vocab * config.dim;
  for (let i = 0; i < count; i++) view.setFloat32(HEADER_BYTES + 4 * (i < before ? i : tables + i), weights.all[i], true);
  return bytes;
}

function describeConfig(config: LlamaConfig): string {
  return `dim ${config.dim}, hidden ${config.hiddenDim}, ${config.layers} layers, ${config.heads} heads, ${config.kvHeads} KV heads, vocabulary ${config.vocab}, ${config.maxTokens} tokens`;
}
