import { QUANTISATION_GROUP } from '../compression.ts';
import type { PlaneKind } from '../kv-plane.ts';
import { checkShape } from '../../layout/kv-shape.ts';
import type { KvShape } from '../../layout/kv-shape.ts';
import type { Range } from '../../layout/partition.ts';

/** The part of a segment that one chunk message carries. Ranges count from the segment's own first layer, head and token. */
export interface ChunkBox {
  readonly index: number;
  readonly layer: number;
  readonly kind: PlaneKind;
  readonly heads: Range;
  readonly tokens: Range;
}

/**
 * How a segment is cut into chunks: layer by layer, keys before values, as many heads as fit, tokens in runs that are
 * multiples of the quantisation group. A pure function of shape and limit, computed chunk by chunk, so that both ends agree on every chunk without listing any,
 * and whole quantisation groups stay together: the chunks of a segment hold the bytes that the segment would hold in one piece.
 */
export class ChunkPlan {
  readonly shape: KvShape;
  readonly count: number;
  readonly #headsPerChunk: number;
  readonly #tokensPerChunk: number;
  readonly #headParts: number;
  readonly #tokenParts: number;

  /** @throws RangeError where not even one quantisation group of tokens of one head fits into `elements`, or the shape is none */
  constructor(shape: KvShape, elements: number) {
    checkShape(shape);
    const groupElements = shape.headDim * Math.min(QUANTISATION_GROUP, Math.max(1, shape.tokens));
    if (!(groupElements <= elements)) throw new RangeError(`chunks of ${elements} elements; expected at least ${groupElements}, one quantisation group of tokens of one head`);
    this.shape = shape;
    const headElements = shape.headDim * shape.tokens;
    if (headElements <= elements) {
      this.#tokensPerChunk = Math.max(1, shape.tokens);
      this.#headsPerChunk = Math.min(shape.kvHeads, Math.max(1, Math.floor(elements / Math.max(1, headElements))));
    } else {
      this.#tokensPerChunk = QUANTISATION_GROUP * Math.floor(elements / (shape.headDim * QUANTISATION_GROUP));
      this.#headsPerChunk = 1;
    }
    this.#headParts = Math.ceil(shape.kvHeads / this.#headsPerChunk);
    this.#tokenParts = Math.ceil(shape.tokens / this.#tokensPerChunk);
    this.count = shape.layers * 2 * this.#headParts * this.#tokenParts;
  }

  /** Throws RangeError unless `index` is from 0 to count − 1. */
  chunk(index: number): ChunkBox {
    if (!(Number.isInteger(index) && index >= 0 && index < this.count)) throw new RangeError(`chunk is ${index}; expected a whole number from 0 to ${this.count - 1}`);
    const token = index % this.#tokenParts;
    const rest = Math.floor(index / this.#tokenParts);
    const head = rest % this.#headParts;
    const plane = Math.floor(rest / this.#headParts);
    return {
      index,
      layer: Math.floor(plane / 2),
      kind: plane % 2 === 0 ? 'key' : 'value',
      heads: part(head, this.#headsPerChunk, this.shape.kvHeads),
      tokens: part(token, this.#tokensPerChunk, this.shape.tokens),
    };
  }
}

function part(index: number, size: number, extent: number): Range {
  return { from: index * size, to: Math.min(extent, (index + 1) * size) };
}
