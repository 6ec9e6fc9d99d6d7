/**
 * Keys and values of the tokens seen so far, as a list of segments.
 *
 * A segment is a stretch of tokens with its own arrays. A chunk cache that arrived from elsewhere is attended where it lies: joining chunks
 * copies nothing. Only the last segment, the cache's own, grows.
 */
import { kvDim } from './llama-config.ts';
import type { LlamaConfig } from './llama-config.ts';

/** Keys and values of a stretch of tokens: one array a layer, [tokens × kvHeads × headDim]. Keys carry their rotation already. */
export interface KvSegment {
  readonly tokens: number;
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

/** Segments to attend to, then room for `capacity` tokens of its own. */
export class KvCache {
  readonly width: number;
  readonly capacity: number;
  readonly borrowed: readonly KvSegment[];
  readonly #borrowedTokens: number;
  readonly #keys: Float32Array[];
  readonly #values: Float32Array[];
  #ownTokens = 0;

  constructor(config: LlamaConfig, capacity: number, borrowed: readonly KvSegment[] = []) {
    if (!Number.isSafeInteger(capacity) || capacity < 0) throw new RangeError(`capacity is ${capacity}; expected a whole number of tokens`);
    this.width = kvDim(config);
    this.capacity = capacity;
    this.borrowed = borrowed;
    for (const segment of borrowed) checkSegment(config, segment);
    this.#borrowedTokens = borrowed.reduce((sum, segment) => sum + segment.tokens, 0);
    this.#keys = Array.from({ length: config.layers }, () => new Float32Array(capacity * this.width));
    this.#values = Array.from({ length: config.layers }, () => new Float32Array(capacity * this.width));
  }

  /** Tokens that can be attended to. */
  get length(): number {
    return this.#borrowedTokens + this.#ownTokens;
  }

  /** Every segment, the cache's own last. */
  segments(): readonly KvSegment[] {
    return this.#ownTokens === 0 ? this.borrowed : [...this.borrowed, this.own()];
  }

  /** The tokens appended to this cache, as views of its arrays. */
  own(): KvSegment {
    const elements = this.#ownTokens * this.width;
    return {
      tokens: this.#ownTokens,
      keys: this.#keys.map((keys) => keys.subarray(0, elements)),
      values: this.#values.map((values) => values.subarray(0, elements)),
    };
  }

  /** Makes room for `tokens` more and returns the slot of the first. Throws RangeError when the capacity is exceeded. */
  extend(tokens: number): number {
    if (this.#ownTokens + tokens > this.capacity) {
      throw new RangeError(`cache of ${this.capacity} tokens cannot take ${tokens} more after ${this.#ownTokens}`);
    }
    const first = this.length;
    this.#ownTokens += tokens;
    return first;
  }

  /** Writes one token's keys and values into a slot from 0 to length − 1, borrowed segments included. */
  write(layer: number, slot: number, keys: Float32Array, values: Float32Array, from: number): void {
    let index = slot;
    let segment: KvSegment | undefined;
    for (const candidate of this.borrowed) {
      if (index < candidate.tokens) {
        segment = candidate;
        break;
      }
      index -= candidate.tokens;
    }
    const toKeys = segment === undefined ? this.#keys[layer] : segment.keys[layer];
    const toValues = segment === undefined ? this.#values[layer] : segment.values[layer];
    const at = index * this.width;
    for (let i = 0; i < this.width; i++) {
      toKeys[at + i] = keys[from + i];
      toValues[at + i] = values[from + i];
    }
  }

  /** Forgets the last `tokens` of the cache's own, so that a question can be asked again on the same context. */
  truncate(length: number): void {
    if (length < this.#borrowedTokens || length > this.length) {
      throw new RangeError(`length is ${length}; expected from ${this.#borrowedTokens} to ${this.length}`);
    }
    this.#ownTokens = length - this.#borrowedTokens;
  }
}

function checkSegment(config: LlamaConfig, segment: KvSegment): void {
  const elements = segment.tokens * kvDim(config);
  if (segment.keys.length !== config.layers || segment.values.length !== config.layers) {
    throw new RangeError(`segment has ${segment.keys.length} layers of keys and ${segment.values.length} of values; expected ${config.layers}`);
  }
  for (const arrays of [segment.keys, segment.values]) {
    for (const array of arrays) {
      if (array.length !== elements) throw new RangeError(`segment array has ${array.length} elements; expected ${elements} for ${segment.tokens} tokens`);
    }
  }
}
