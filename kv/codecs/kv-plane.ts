/**
 * Keys or values of one layer, some heads and some tokens, as bytes: row-major [heads, tokens, headDim], at any compression level.
 *
 * Level `none`: fp16, little-endian. Others: fp16 scales of all groups, fp16 minima of all groups, codes. Keys are grouped along tokens within
 * a channel, head by head; values along channels within a token (see group-quantisation.ts). With the entropy stage each of low bytes
 * of scales, high bytes of scales, low and high bytes of minima, and codes is one section of entropy-coder.ts; at level `none` low and high
 * bytes are.
 */
import { CodecError } from './codec-error.ts';
import { ELEMENT_BITS, QUANTISATION_GROUP } from './compression.ts';
import type { CompressionLevel } from './compression.ts';
import { entropyDecode, entropyEncode, entropySectionBytes } from './entropy-coder.ts';
import { dequantiseGroups, quantisedParts, quantiseGroups } from './group-quantisation.ts';
import type { GroupShape, QuantisationBits } from './group-quantisation.ts';
import { decodeHalves, encodeHalves } from './half.ts';

export type PlaneKind = 'key' | 'value';

/** Extents of a plane, and how it is encoded. */
export interface PlaneFormat {
  readonly kind: PlaneKind;
  readonly heads: number;
  readonly tokens: number;
  readonly headDim: number;
  readonly level: CompressionLevel;
  readonly entropy: boolean;
}

const HALF_BYTES = 2;
const HALF_INFINITY = 0x7c00;

export function planeElements(format: PlaneFormat): number {
  return format.heads * format.tokens * format.headDim;
}

/** Bytes of a plane without the entropy stage. */
export function planeBytes(format: PlaneFormat): number {
  if (format.level === 'none') return HALF_BYTES * planeElements(format);
  const matrices = matricesOf(format, format.level);
  const { groups, codeBytes } = quantisedParts(matrices.shape);
  return matrices.count * (codeBytes + 2 * HALF_BYTES * groups);
}

/**
 * Encodes a plane of binary32 values or fp16 bits.
 * Throws RangeError where the length does not fit the extents, or, for a quantised level, a value is not finite or beyond ±65504.
 */
export function encodePlane(values: Float32Array | Uint16Array, format: PlaneFormat): Uint8Array {
  checkExtents(format);
  if (values.length !== planeElements(format)) {
    throw new RangeError(`plane has ${values.length} elements; expected ${format.heads} heads × ${format.tokens} tokens × ${format.headDim} channels`);
  }
  if (format.level === 'none') {
    const halves = littleEndian(values instanceof Uint16Array ? values : encodeHalves(values));
    return format.entropy ? join(splitHalves(halves).map(entropyEncode)) : halves.slice();
  }
  const { shape, count } = matricesOf(format, format.level);
  const { groups, codeBytes } = quantisedParts(shape);
  // All parts lie where they will be sent from.
  const headerBytes = HALF_BYTES * count * groups;
  const bytes = new Uint8Array(2 * headerBytes + count * codeBytes);
  const scales = new Uint16Array(bytes.buffer, 0, count * groups);
  const minima = new Uint16Array(bytes.buffer, headerBytes, count * groups);
  const codes = bytes.subarray(2 * headerBytes);
  const size = shape.tokens * shape.channels;
  for (let matrix = 0; matrix < count; matrix++) {
    quantiseGroups(values.subarray(matrix * size, (matrix + 1) * size), shape, {
      scales: scales.subarray(matrix * groups, (matrix + 1) * groups),
      minima: minima.subarray(matrix * groups, (matrix + 1) * groups),
      codes: codes.subarray(matrix * codeBytes, (matrix + 1) * codeBytes),
    });
  }
  const headers = [littleEndian(scales), littleEndian(minima)];
  if (format.entropy) return join([...headers.flatMap(splitHalves), codes].map(entropyEncode));
  if (!HOST_IS_LITTLE_ENDIAN) headers.forEach((header, i) => { bytes.set(header, i * headerBytes); });
  return bytes;
}

/**
 * Expands a plane to binary32. Throws CodecError where the bytes cannot be those of such a plane, RangeError where the extents are no
 * extents: check those of strangers first, for they set how much memory is taken.
 */
export function decodePlane(bytes: Uint8Array, format: PlaneFormat, out?: Float32Array): Float32Array {
  checkExtents(format);
  const elements = planeElements(format);
  const values = out ?? new Float32Array(elements);
  if (values.length < elements) throw new RangeError(`out has ${values.length} elements; expected at least ${elements}`);
  const plain = format.entropy ? undoEntropy(bytes, format) : bytes;
  const expected = planeBytes(format);
  if (plain.length !== expected) throw new CodecError('tensor', `plane has ${plain.length} bytes; expected ${expected}`);
  if (format.level === 'none') return decodeHalves(halvesOf(plain), values);
  const { shape, count } = matricesOf(format, format.level);
  const { groups, codeBytes } = quantisedParts(shape);
  const scales = halvesOf(plain.subarray(0, HALF_BYTES * count * groups));
  const minima = halvesOf(plain.subarray(HALF_BYTES * count * groups, 2 * HALF_BYTES * count * groups));
  const codes = plain.subarray(2 * HALF_BYTES * count * groups);
  for (const scale of scales) if (scale >= HALF_INFINITY) throw new CodecError('tensor', `plane has a scale of bits ${scale}; expected finite and not negative`);
  for (const minimum of minima) if ((minimum & HALF_INFINITY) === HALF_INFINITY) throw new CodecError('tensor', `plane has a minimum of bits ${minimum}; expected finite`);
  const size = shape.tokens * shape.channels;
  for (let matrix = 0; matrix < count; matrix++) {
    const packed = {
      ...shape,
      scales: scales.subarray(matrix * groups, (matrix + 1) * groups),
      minima: minima.subarray(matrix * groups, (matrix + 1) * groups),
      codes: codes.subarray(matrix * codeBytes, (matrix + 1) * codeBytes),
    };
    dequantiseGroups(packed, values.subarray(matrix * size, (matrix + 1) * size));
  }
  return values;
}

/** The matrices of a quantised plane: keys head by head, since their groups run along tokens; values all heads at once. */
function matricesOf({ kind, heads, tokens, headDim }: PlaneFormat, level: Exclude<CompressionLevel, 'none'>): { shape: GroupShape; count: number } {
  const bits = ELEMENT_BITS[level] as QuantisationBits;
  if (kind === 'key') return { shape: { tokens, channels: headDim, bits, axis: 'per-channel', groupSize: QUANTISATION_GROUP }, count: heads };
  return { shape: { tokens: heads * tokens, channels: headDim, bits, axis: 'per-token', groupSize: QUANTISATION_GROUP }, count: 1 };
}

function checkExtents(format: PlaneFormat): void {
  for (const name of ['heads', 'tokens', 'headDim'] as const) {
    if (!(Number.isSafeInteger(format[name]) && format[name] >= 0)) throw new RangeError(`plane: ${name} is ${format[name]}; expected a whole number of at least 0`);
  }
  if (planeElements(format) > 0x7fff_ffff) throw new RangeError(`plane has ${planeElements(format)} elements; expected fewer than 2^31`);
}

function undoEntropy(bytes: Uint8Array, format: PlaneFormat): Uint8Array {
  const lengths = format.level === 'none' ? [planeElements(format), planeElements(format)] : sectionLengths(format, format.level);
  const sections: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    const size = entropySectionBytes(bytes, at);
    sections.push(entropyDecode(bytes.subarray(at, at + size), length));
    at += size;
  }
  if (at !== bytes.length) throw new CodecError('tensor', `plane has ${bytes.length - at} bytes after its last section`);
  const merged: Uint8Array[] = [];
  for (let i = 0; i + 1 < sections.length; i += 2) merged.push(mergeHalves(sections[i], sections[i + 1]));
  if (sections.length % 2 === 1) merged.push(sections[sections.length - 1]);
  return join(merged);
}

function sectionLengths(format: PlaneFormat, level: Exclude<CompressionLevel, 'none'>): number[] {
  const { shape, count } = matricesOf(format, level);
  const { groups, codeBytes } = quantisedParts(shape);
  return [...new Array<number>(4).fill(count * groups), count * codeBytes];
}

/** Low bytes, then high bytes. */
function splitHalves(bytes: Uint8Array): Uint8Array[] {
  return [0, 1].map((from) => {
    const half = new Uint8Array(bytes.length / 2);
    for (let i = 0; i < half.length; i++) half[i] = bytes[2 * i + from];
    return half;
  });
}

function mergeHalves(low: Uint8Array, high: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 * low.length);
  for (let i = 0; i < low.length; i++) {
    bytes[2 * i] = low[i];
    bytes[2 * i + 1] = high[i];
  }
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Halves as bytes in little-endian order, shared with them where the machine has that order. */
function littleEndian(halves: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
  return HOST_IS_LITTLE_ENDIAN ? bytes : swapped(bytes);
}

/** Little-endian bytes as halves, shared where order and alignment allow. */
function halvesOf(bytes: Uint8Array): Uint16Array {
  const own = !HOST_IS_LITTLE_ENDIAN ? swapped(bytes) : bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(own.buffer, own.byteOffset, own.length / 2);
}

function swapped(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i ^ 1];
  return out;
}
