/** Forward pass of a Llama-architecture model over a KV cache. */
import { ropeAttentionFactor, ropeFrequencies } from '../rope/frequencies.ts';
import { rotateHeads } from '../rope/rotate-heads.ts';
import { rotationTable } from '../rope/rotation-table.ts';
import type { RotationTable } from '../rope/rotation-table.ts';
import { rowMajor, transposed } from '../tensor/matrix-product.ts';
import type { MatrixProduct } from '../tensor/matrix-product.ts';
import { createMatrixProduct } from '../tensor/simd-product.ts';
import { attention } from './attention.ts';
import type { KvCache } from './kv-cache.ts';
import { checkLlamaConfig, kvDim } from './llama-config.ts';
import type { LlamaConfig } from './llama-config.ts';
import { addInto, rmsNorm, swiGlu } from './layer-operations.ts';
import type { LayerWeights, LlamaWeights } from './llama-weights.ts';

/** What to run through the model. */
export interface ForwardInput {
  readonly tokens: ArrayLike<number>;
  /** True positions; by default those that follow the cache: length, length + 1, … */
  readonly positions?: ArrayLike<number>;
  /**
   * Cache slots whose keys and values the tokens replace, in increasing order, rather than being appended: recomputation of cached tokens.
   * Layer by layer, the fresh keys and values are seen by the tokens of this same pass.
   */
  readonly slots?: ArrayLike<number>;
  /**
   * tokens × (cache length, new tokens included): non-zero where a token may attend. By default a token sees every slot up to its own.
   * A token that may see nothing gets zeros from attention.
   */
  readonly mask?: Uint8Array;
  /** Rows whose logits are wanted: every token (default), the last, or none. */
  readonly logits?: 'all' | 'last' | 'none';
  /** Stop once this layer's keys and values are stored (default: the last); only with `logits: 'none'`. */
  readonly lastLayer?: number;
}

/** A model ready to run. Stateless between calls but for scratch space; the sequence lives in the cache. */
export class Transformer {
  readonly config: LlamaConfig;
  readonly weights: LlamaWeights;
  readonly frequencies: Float64Array;
  readonly #product: MatrixProduct;
  readonly #attentionFactor: number;

  constructor(config: LlamaConfig, weights: LlamaWeights, product: MatrixProduct = createMatrixProduct()) {
    checkLlamaConfig(config);
    this.config = config;
    this.weights = weights;
    this.frequencies = ropeFrequencies(config.rope);
    this.#product = product;
    this.#attentionFactor = ropeAttentionFactor(config.rope);
  }

  /**
   * Runs tokens through the model, storing their keys and values in the cache, and returns logits, row-major tokens × vocab (one row for
   * `last`, none for `none`). Throws RangeError for a token outside the vocabulary, a wrong mask size or a full cache.
   */
  forward(cache: KvCache, input: ForwardInput): Float32Array {
    const { config, weights } = this;
    const tokens = Int32Array.from(input.tokens);
    const count = tokens.length;
    if (count === 0) return new Float32Array(0);
    for (const token of tokens) {
      if (token < 0 || token >= config.vocab) throw new RangeError(`token is ${token}; expected from 0 to ${config.vocab - 1}`);
    }
    const slots = input.slots === undefined ? undefined : Int32Array.from(input.slots);
    if (slots !== undefined) checkSlots(slots, count, cache.length);
    const first = slots === undefined ? cache.extend(count) : 0;
    const slotOf = slots ?? Int32Array.from({ length: count }, (_, i) => first + i);
    const length = cache.length;
    if (input.mask !== undefined && input.mask.length !== count * length) {
      throw new RangeError(`mask has ${input.mask.length} elements; expected ${count} tokens × ${length} slots`);
    }
    const positions = input.positions ?? slotOf;
    if (positions.length !== count) throw new RangeError(`positions has ${positions.length} elements; expected ${count}`);
    const table = rotationTable(this.frequencies, positions, this.#attentionFactor);

    const stream = new Float32Array(count * config.dim);
    tokens.forEach((token, i) => {
      stream.set(weights.embedding.subarray(token * config.dim, (token + 1) * config.dim), i * config.dim);
    });
    const last = Math.min(input.lastLayer ?? config.layers - 1, config.layers - 1);
    for (let layer = 0; layer < config.layers; layer++) {
      this.#attend(layer, stream, count, cache, slotOf, table, input.mask);
      if (layer === last && input.logits === 'none') return new Float32Array(0); // Its keys and values are stored: nothing else is asked.
      this.#feedForward(weights.layers[layer], stream, count);
    }
    const rows = input.logits === 'last' ? 1 : count;
    const wanted = input.logits === 'last' ? stream.subarray((count - 1) * config.dim) : stream;
    const normed = rmsNorm(wanted, weights.finalNorm, rows, config.normEpsilon);
    const logits = new Float32Array(rows * config.vocab);
    this.#linear(normed, weights.classifier, logits, rows, config.dim, config.vocab);
    return logits;
  }

  #linear(x: Float32Array, weight: Float32Array, out: Float32Array, rows: number, inputs: number, outputs: number): void {
    this.#product.multiply(rowMajor(x, inputs), transposed(weight, inputs), rowMajor(out, outputs), rows, inputs, outputs);
  }

  /** stream += output(attention(norm(stream))), storing the tokens' keys and values on the way. */
  #attend(
    layer: number,
    stream: Float32Array,
    count: number,
    cache: KvCache,
    slots: Int32Array,
    table: RotationTable,
    mask: Uint8Array | undefined,
  ): void {
    const { config } = this;
    const weights = this.weights.layers[layer];
    const { heads, headDim, dim } = config;
    const width = kvDim(config);
    const normed = rmsNorm(stream, weights.attentionNorm, count, config.normEpsilon);
    const query = new Float32Array(count * heads * headDim);
    const key = new Float32Array(count * width);
    const value = new Float32Array(count * width);
    this.#linear(normed, weights.query, query, count, dim, heads * headDim);
    this.#linear(normed, weights.key, key, count, dim, width);
    this.#linear(normed, weights.value, value, count, dim, width);
    const { pairing } = config.rope;
    for (let i = 0; i < count; i++) {
      rotateHeads(query, i * heads * headDim, heads, headDim, pairing, table.pairs, table.cos, table.sin, i * table.pairs);
      rotateHeads(key, i * width, config.kvHeads, headDim, pairing, table.pairs, table.cos, table.sin, i * table.pairs);
      cache.write(layer, slots[i], key, value, i * width);
    }
    const context = this.#mix(layer, query, count, cache, slots, mask);
    const projected = new Float32Array(count * dim);
    this.#linear(context, weights.output, projected, count, heads * headDim, dim);
    addInto(stream, projected);
  }

  /** Softmax attention of each query over the cache. */
  #mix(layer: number, query: Float32Array, count: number, cache: KvCache, slots: Int32Array, mask: Uint8Array | undefined): Float32Array {
    const problem = { query, count, heads: this.config.heads, kvHeads: this.config.kvHeads, headDim: this.config.headDim, length: cache.length };
    const pieces = cache.segments().map((segment) => ({ tokens: segment.tokens, keys: segment.keys[layer], values: segment.values[layer] }));
    const visible = slots.map((slot) => (mask === undefined ? slot + 1 : cache.length));
    return attention(problem, pieces, visible, mask, this.#product);
  }

  /** stream += down(silu(gate(norm(stream))) ∘ up(norm(stream))). */
  #feedForward(weights: LayerWeights, stream: Float32Array, count: number): void {
    const { dim, hiddenDim, normEpsilon } = this.config;
    const normed = rmsNorm(stream, weights.feedForwardNorm, count, normEpsilon);
    const gate = new Float32Array(count * hiddenDim);
    const up = new Float32Array(count * hiddenDim);
    this.#linear(normed, weights.gate, gate, count, dim, hiddenDim);
    this.#linear(normed, weights.up, up, count, dim, hiddenDim);
    swiGlu(gate, up);
    const down = new Float32Array(count * dim);
    this.#linear(gate, weights.down, down, count, hiddenDim, dim);
    addInto(stream, down);
  }
}

function checkSlots(slots: Int32Array, count: number, length: number): void {
  if (slots.length !== count) throw new RangeError(`slots has ${slots.length} elements; expected ${count}`);
  let before = -1;
  for (const slot of slots) {
    if (slot <= before || slot >= length) throw new RangeError(`slot is ${slot}; expected increasing slots below the cache's length ${length}`);
    before = slot;
  }
}
