/**
 * The shape of one chunk's KV cache: for every layer, a K and a V tensor of [kvHeads, tokens, headDim].
 */
export interface KvShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly tokens: number;
  /** Bytes of one stored element: 2 for fp16 and bf16. */
  readonly elementBytes: number;
}

/** Elements of K and V together: 2 · layers · kvHeads · headDim · tokens. */
export function kvElements(shape: KvShape): number {
  return 2 * shape.layers * shape.kvHeads * shape.headDim * shape.tokens;
}

/** Bytes of the uncompressed cache. Llama-2-7B: 512 KiB a token. */
export function kvBytes(shape: KvShape): number {
  return kvElements(shape) * shape.elementBytes;
}

/** Throws RangeError unless every extent is a positive integer (tokens may be zero). */
export function checkShape(shape: KvShape): void {
  for (const [name, value] of Object.entries(shape) as [keyof KvShape, number][]) {
    const least = name === 'tokens' ? 0 : 1;
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`KV shape: ${name} must be an integer of at least ${least}, not ${value}`);
    }
  }
}
