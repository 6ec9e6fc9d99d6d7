/** Hugging Face config.json of Llama-family models. */
import { yarnMagnitude } from '../rope/frequencies.ts';
import type { RopeScaling } from '../rope/rope-spec.ts';
import { checkLlamaConfig } from './llama-config.ts';
import type { LlamaConfig } from './llama-config.ts';
import { isRecord } from './safetensors.ts';

/** Families whose layers are Llama's. */
const MODEL_TYPES = ['llama', 'mistral'];

/**
 * Reads a parsed config.json. `name` stands in error messages. Throws RangeError for another architecture, or for what a Llama layer here does
 * not do (biases, other activations, sliding windows that bite, dynamic scalings), naming the field.
 */
export function readHuggingFaceConfig(json: unknown, name: string): LlamaConfig {
  if (!isRecord(json)) throw new RangeError(`${name}: not a JSON object`);
  const fail = (field: string, expected: string): RangeError => new RangeError(`${name}: ${field} is ${JSON.stringify(json[field])}; expected ${expected}`);
  const whole = (field: string, fallback?: number): number => {
    const value = json[field] ?? fallback;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw fail(field, 'a positive integer');
    return value;
  };
  const absent = (field: string, expected: string, ...allowed: unknown[]): void => {
    if (json[field] !== undefined && json[field] !== null && !allowed.includes(json[field])) throw fail(field, expected);
  };
  if (!MODEL_TYPES.includes(json['model_type'] as string)) throw fail('model_type', `one of ${MODEL_TYPES.join(', ')}`);
  absent('attention_bias', 'false: layers here have no biases', false);
  absent('mlp_bias', 'false: layers here have no biases', false);
  absent('hidden_act', 'silu', 'silu');
  const maxTokens = whole('max_position_embeddings', 2048);
  const window = json['sliding_window'];
  if (typeof window === 'number' && window < maxTokens) throw fail('sliding_window', `null, or at least max_position_embeddings = ${maxTokens}`);
  const heads = whole('num_attention_heads');
  const dim = whole('hidden_size');
  const headDim = whole('head_dim', dim / heads);
  const epsilon = json['rms_norm_eps'] ?? 1e-6;
  if (typeof epsilon !== 'number' || !(epsilon >= 0 && epsilon < 1)) throw fail('rms_norm_eps', 'a number from 0 to 1');
  // Newer files gather θ and scaling in rope_parameters.
  const parameters = isRecord(json['rope_parameters']) ? json['rope_parameters'] : undefined;
  const theta = parameters?.['rope_theta'] ?? json['rope_theta'] ?? 10000;
  if (typeof theta !== 'number') throw fail('rope_theta', 'a number');
  const partial = json['partial_rotary_factor'] ?? 1;
  if (typeof partial !== 'number' || !(partial > 0 && partial <= 1)) throw fail('partial_rotary_factor', 'a number from 0 to 1');
  const config: LlamaConfig = {
    dim,
    hiddenDim: whole('intermediate_size'),
    layers: whole('num_hidden_layers'),
    heads,
    kvHeads: whole('num_key_value_heads', heads),
    headDim,
    vocab: whole('vocab_size'),
    maxTokens,
    normEpsilon: epsilon,
    tiedEmbeddings: json['tie_word_embeddings'] === true,
    rope: {
      headDim,
      rotaryDim: Math.floor(headDim * partial),
      theta,
      pairing: 'neox',
      scaling: readScaling(parameters ?? json['rope_scaling'], maxTokens, name),
      float32Frequencies: true,
    },
  };
  try {
    checkLlamaConfig(config);
  } catch (error) {
    throw new RangeError(`${name}: ${(error as Error).message}`);
  }
  return config;
}

function readScaling(json: unknown, maxTokens: number, name: string): RopeScaling {
  if (json === undefined || json === null) return { kind: 'none' };
  if (!isRecord(json)) throw new RangeError(`${name}: rope_scaling is ${JSON.stringify(json)}; expected an object or null`);
  const kind = json['rope_type'] ?? json['type'] ?? 'default';
  const number = (field: string, fallback?: number): number => {
    const value = json[field] ?? fallback;
    if (typeof value !== 'number') throw new RangeError(`${name}: rope_scaling.${field} is ${JSON.stringify(value)}; expected a number`);
    return value;
  };
  switch (kind) {
    case 'default':
      return { kind: 'none' };
    case 'linear':
      return { kind: 'linear', factor: number('factor') };
    case 'llama3':
      return {
        kind: 'llama3',
        factor: number('factor'),
        lowFrequencyFactor: number('low_freq_factor'),
        highFrequencyFactor: number('high_freq_factor'),
        originalMaxTokens: number('original_max_position_embeddings'),
      };
    case 'yarn': {
      const factor = number('factor');
      // transformers: a stated attention_factor wins; else mscale and mscale_all_dim, where both are there; else the paper's.
      const scales = typeof json['mscale'] === 'number' && typeof json['mscale_all_dim'] === 'number' ? [json['mscale'], json['mscale_all_dim']] : undefined;
      const stated = typeof json['attention_factor'] === 'number' ? json['attention_factor'] : undefined;
      const attentionFactor = stated ?? (scales === undefined ? undefined : yarnMagnitude(factor, scales[0]) / yarnMagnitude(factor, scales[1]));
      return {
        kind: 'yarn',
        factor,
        originalMaxTokens: number('original_max_position_embeddings', maxTokens),
        betaFast: number('beta_fast', 32),
        betaSlow: number('beta_slow', 1),
        truncate: json['truncate'] !== false,
        ...(attentionFactor === undefined ? {} : { attentionFactor }),
      };
    }
    default:
      throw new RangeError(`${name}: rope_scaling type is ${JSON.stringify(kind)}; expected default, linear, llama3 or yarn (a cached key cannot be shifted where frequencies change with length)`);
  }
}
