/** Parameters of a Llama-architecture model as views into one array, so that an optimiser can walk them all at once. */
import type { Reals } from '../tensor/matrix-product.ts';
import { checkLlamaConfig, kvDim } from './llama-config.ts';
import type { LlamaConfig } from './llama-config.ts';

/** One layer; matrices are [outputs × inputs], row-major. */
export interface LayerWeights<T extends Reals = Float32Array> {
  readonly attentionNorm: T;
  readonly query: T;
  readonly key: T;
  readonly value: T;
  readonly output: T;
  readonly feedForwardNorm: T;
  readonly gate: T;
  readonly down: T;
  readonly up: T;
}

/** All parameters. `classifier` is `embedding` itself where the two are tied. */
export interface LlamaWeights<T extends Reals = Float32Array> {
  readonly all: T;
  readonly embedding: T;
  readonly layers: readonly LayerWeights<T>[];
  readonly finalNorm: T;
  readonly classifier: T;
}

/** Name and size of every parameter, in the order of a llama2.c checkpoint; `layer` is undefined for the three outside the layers. */
export function weightOrder(config: LlamaConfig): { name: keyof LayerWeights | 'embedding' | 'finalNorm' | 'classifier'; layer?: number; size: number }[] {
  checkLlamaConfig(config);
  const { dim, hiddenDim, layers, vocab } = config;
  const queryDim = config.heads * config.headDim;
  const perLayer = (name: keyof LayerWeights, size: number): { name: keyof LayerWeights; layer: number; size: number }[] =>
    Array.from({ length: layers }, (_, layer) => ({ name, layer, size }));
  return [
    { name: 'embedding', size: vocab * dim },
    ...perLayer('attentionNorm', dim),
    ...perLayer('query', queryDim * dim),
    ...perLayer('key', kvDim(config) * dim),
    ...perLayer('value', kvDim(config) * dim),
    ...perLayer('output', dim * queryDim),
    ...perLayer('feedForwardNorm', dim),
    ...perLayer('gate', hiddenDim * dim),
    ...perLayer('down', dim * hiddenDim),
    ...perLayer('up', hiddenDim * dim),
    { name: 'finalNorm', size: dim },
    ...(config.tiedEmbeddings ? [] : [{ name: 'classifier' as const, size: vocab * dim }]),
  ];
}

/** Number of parameters, tied ones once. Allocates nothing, so that a loader can compare it with a file's size first. */
export function parameterCount(config: LlamaConfig): number {
  checkLlamaConfig(config);
  const { dim, hiddenDim, layers, vocab } = config;
  const attention = 2 * dim * (config.heads * config.headDim + kvDim(config));
  return vocab * dim * (config.tiedEmbeddings ? 1 : 2) + layers * (attention + 3 * dim * hiddenDim + 2 * dim) + dim;
}

/** Cuts one array into parameters. Throws RangeError unless its length is `parameterCount(config)`. */
export function viewWeights<T extends Reals>(config: LlamaConfig, all: T): LlamaWeights<T> {
  const count = parameterCount(config);
  if (all.length !== count) throw new RangeError(`weights has ${all.length} elements; expected ${count} for this model`);
  const layers = Array.from({ length: config.layers }, () => ({}) as Record<keyof LayerWeights, T>);
  const outer: Partial<Record<'embedding' | 'finalNorm' | 'classifier', T>> = {};
  let at = 0;
  for (const { name, layer, size } of weightOrder(config)) {
    const view = all.subarray(at, at + size) as T;
    if (layer === undefined) outer[name as 'embedding'] = view;
    else layers[layer][name as keyof LayerWeights] = view;
    at += size;
  }
  return { all, layers, embedding: outer.embedding!, finalNorm: outer.finalNorm!, classifier: outer.classifier ?? outer.embedding! };
}

/** Throws RangeError naming the first parameter that holds a value that is not finite. */
export function checkFinite(config: LlamaConfig, weights: LlamaWeights): void {
  let at = 0;
  for (const { name, layer, size } of weightOrder(config)) {
    for (let i = 0; i < size; i++) {
      const value = weights.all[at + i];
      if (!Number.isFinite(value)) {
        throw new RangeError(`weights: ${name}${layer === undefined ? '' : ` of layer ${layer}`} holds ${value} at element ${i}; expected finite numbers`);
      }
    }
    at += size;
  }
}
