/** What storing a cache in fewer bits does to it. */
import { decodeHalves, encodeHalves } from '../codecs/half.ts';
import { dequantiseGroups, quantiseGroups } from '../codecs/group-quantisation.ts';
import type { QuantisationAxis, QuantisationBits } from '../codecs/group-quantisation.ts';
import type { KvSegment } from '../model/kv-cache.ts';

/** Elements that share a scale and a minimum. */
const GROUP_SIZE = 32;

/** Levels by name: bits, and along what keys and values are grouped. `int4-keys-per-token` shows what the wrong axis costs. */
export const COMPRESSION_LEVELS = {
  float32: undefined,
  fp16: 'half',
  int8: { bits: 8, keys: 'per-channel', values: 'per-token' },
  int4: { bits: 4, keys: 'per-channel', values: 'per-token' },
  int3: { bits: 3, keys: 'per-channel', values: 'per-token' },
  int2: { bits: 2, keys: 'per-channel', values: 'per-token' },
  'int4-keys-per-token': { bits: 4, keys: 'per-token', values: 'per-token' },
} as const satisfies Record<string, undefined | 'half' | { bits: QuantisationBits; keys: QuantisationAxis; values: QuantisationAxis }>;
export type CompressionName = keyof typeof COMPRESSION_LEVELS;

/** A cache as it comes back, and the bytes it took. */
export interface Compressed {
  readonly segment: KvSegment;
  readonly sizeBytes: number;
}

/** Compresses a segment of `width` elements a token and expands it again. The segment itself is left alone. */
export function compressSegment(segment: KvSegment, width: number, name: CompressionName): Compressed {
  const level = COMPRESSION_LEVELS[name];
  const elements = 2 * segment.keys.length * segment.tokens * width;
  if (level === undefined) return { segment, sizeBytes: elements * 4 };
  if (level === 'half') {
    const through = (array: Float32Array): Float32Array => decodeHalves(encodeHalves(array));
    return { segment: { tokens: segment.tokens, keys: segment.keys.map(through), values: segment.values.map(through) }, sizeBytes: elements * 2 };
  }
  let sizeBytes = 0;
  const through = (axis: QuantisationAxis) => (array: Float32Array): Float32Array => {
    const packed = quantiseGroups(array, { tokens: segment.tokens, channels: width, bits: level.bits, axis, groupSize: GROUP_SIZE });
    sizeBytes += packed.codes.byteLength + packed.scales.byteLength + packed.minima.byteLength;
    return dequantiseGroups(packed);
  };
  const keys = segment.keys.map(through(level.keys));
  const values = segment.values.map(through(level.values));
  return { segment: { tokens: segment.tokens, keys, values }, sizeBytes };
}

/** The level of a name. Throws RangeError for any other. */
export function parseCompression(name: string): CompressionName {
  if (Object.hasOwn(COMPRESSION_LEVELS, name)) return name as CompressionName;
  throw new RangeError(`compression level is ${name}; expected one of ${Object.keys(COMPRESSION_LEVELS).join(', ')}`);
}
