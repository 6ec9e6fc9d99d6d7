/** Weights of Hugging Face Llama-family models from safetensors files. */
import type { ByteSource } from './byte-source.ts';
import { readHuggingFaceConfig } from './hugging-face-config.ts';
import type { LoadedModel } from './llama2c-checkpoint.ts';
import { checkFinite, parameterCount, viewWeights } from './llama-weights.ts';
import type { LayerWeights } from './llama-weights.ts';
import { readSafetensorsHeader, readTensor } from './safetensors.ts';
import type { TensorEntry } from './safetensors.ts';

const NAME_IN_LAYER: Readonly<Record<keyof LayerWeights, string>> = {
  attentionNorm: 'input_layernorm',
  query: 'self_attn.q_proj',
  key: 'self_attn.k_proj',
  value: 'self_attn.v_proj',
  output: 'self_attn.o_proj',
  feedForwardNorm: 'post_attention_layernorm',
  gate: 'mlp.gate_proj',
  down: 'mlp.down_proj',
  up: 'mlp.up_proj',
};

/** Most parameters loaded: as binary32 they fill 16 GiB, and one typed array. */
export const MAX_PARAMETERS = 4_294_967_296;

/**
 * Loads a model from its parsed config.json and all of its safetensors files. Throws RangeError naming the file and tensor for anything
 * missing, misshapen or not finite; nothing is allocated before every tensor has been found with the right shape.
 */
export function loadHuggingFaceModel(configJson: unknown, configName: string, files: readonly ByteSource[]): LoadedModel {
  const stated = readHuggingFaceConfig(configJson, configName);
  const tensors = new Map<string, TensorEntry>();
  for (const file of files) for (const [name, entry] of readSafetensorsHeader(file)) tensors.set(name, entry);
  // Older files leave the classifier out instead of saying that it is tied.
  const config = stated.tiedEmbeddings || tensors.has('lm_head.weight') ? stated : { ...stated, tiedEmbeddings: true };
  const { dim, hiddenDim, heads, kvHeads, headDim, vocab } = config;
  const shapes: Readonly<Record<keyof LayerWeights, readonly number[]>> = {
    attentionNorm: [dim],
    query: [heads * headDim, dim],
    key: [kvHeads * headDim, dim],
    value: [kvHeads * headDim, dim],
    output: [dim, heads * headDim],
    feedForwardNorm: [dim],
    gate: [hiddenDim, dim],
    down: [dim, hiddenDim],
    up: [hiddenDim, dim],
  };
  const find = (name: string, shape: readonly number[]): TensorEntry => {
    const entry = tensors.get(name);
    const where = files.map((file) => file.name).join(', ');
    if (entry === undefined) throw new RangeError(`${where}: no tensor ${name} of type F32, F16 or BF16; ${configName} asks for one of shape ${JSON.stringify(shape)}`);
    if (entry.shape.length !== shape.length || entry.shape.some((n, i) => n !== shape[i])) {
      throw new RangeError(`${entry.source.name}: tensor ${name} has shape ${JSON.stringify(entry.shape)}; ${configName} asks for ${JSON.stringify(shape)}`);
    }
    return entry;
  };
  // A config can claim any number of layers: looking their tensors up ends at the first that is not there.
  const layers: Record<keyof LayerWeights, TensorEntry>[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const entries = Object.entries(NAME_IN_LAYER).map(([field, inFile]) => [field, find(`model.layers.${layer}.${inFile}.weight`, shapes[field as keyof LayerWeights])]);
    layers.push(Object.fromEntries(entries) as Record<keyof LayerWeights, TensorEntry>);
  }
  const embedding = find('model.embed_tokens.weight', [vocab, dim]);
  const finalNorm = find('model.norm.weight', [dim]);
  const classifier = config.tiedEmbeddings ? undefined : find('lm_head.weight', [vocab, dim]);
  const count = parameterCount(config);
  if (count > MAX_PARAMETERS) throw new RangeError(`${configName}: ${count} parameters; at most ${MAX_PARAMETERS} are loaded`);
  const weights = viewWeights(config, new Float32Array(count));
  readTensor(embedding, weights.embedding);
  readTensor(finalNorm, weights.finalNorm);
  if (classifier !== undefined) readTensor(classifier, weights.classifier);
  layers.forEach((entries, layer) => {
    for (const field of Object.keys(NAME_IN_LAYER) as (keyof LayerWeights)[]) readTensor(entries[field], weights.layers[layer][field]);
  });
  try {
    checkFinite(config, weights);
  } catch (error) {
    throw new RangeError(`${files.map((file) => file.name).join(', ')}: ${(error as Error).message}`);
  }
  return { config, weights };
}
