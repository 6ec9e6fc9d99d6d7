import type { KvShape } from '../layout/kv-shape.ts';
import { kvElements } from '../layout/kv-shape.ts';

/** Compression levels a config can name; `int3` and `int2` are there for study. */
export const COMPRESSION_LEVELS = ['none', 'moderate', 'aggressive', 'int3', 'int2'] as const;
export type CompressionLevel = (typeof COMPRESSION_LEVELS)[number];

/** Elements that share one fp16 scale and one fp16 minimum. */
export const QUANTISATION_GROUP = 32;
const GROUP_HEADER_BYTES = 4;

/** Bits of one packed element; `none` keeps the stored dtype. */
export const ELEMENT_BITS: Readonly<Record<Exclude<CompressionLevel, 'none'>, number>> = {
  moderate: 8,
  aggressive: 4,
  int3: 3,
  int2: 2,
};

/**
 * Bytes of a KV box of this shape once encoded at this level. K is grouped along tokens within a channel, V along
 * channels within a token; a last, shorter group still carries a whole header, so odd shapes cost more.
 */
export function encodedBytes(shape: KvShape, level: CompressionLevel): number {
  if (level === 'none') return kvElements(shape) * shape.elementBytes;
  const rows = shape.layers * shape.kvHeads;
  const keys = groupedBytes(shape.tokens, ELEMENT_BITS[level]) * rows * shape.headDim;
  const values = groupedBytes(shape.headDim, ELEMENT_BITS[level]) * rows * shape.tokens;
  return keys + values;
}

/** Bytes of one run of elements cut into groups, each packed to whole bytes behind its header. */
function groupedBytes(elements: number, bits: number): number {
  const full = Math.floor(elements / QUANTISATION_GROUP);
  const rest = elements % QUANTISATION_GROUP;
  const fullBytes = full * (GROUP_HEADER_BYTES + (QUANTISATION_GROUP * bits) / 8);
  return fullBytes + (rest === 0 ? 0 : GROUP_HEADER_BYTES + Math.ceil((rest * bits) / 8));
}
