/**
 * Tensors inside msgpack messages, as extension types.
 *
 * Type 1, KV plane: kind (0 key, 1 value), level (its place in COMPRESSION_LEVELS), entropy (0 or 1), 0, then heads, tokens and headDim as
 * 4 bytes each, then the plane as kv-plane.ts encodes it. Type 2, dense tensor: element type (0 binary16, 1 binary32), rank (up to 8), 2 zero
 * bytes, the extents as 4 bytes each, the elements row-major. All little-endian.
 */
import { ExtensionCodec } from '@msgpack/msgpack';
import { CodecError } from '../codec-error.ts';
import { COMPRESSION_LEVELS } from '../compression.ts';
import { planeBytes, planeElements } from '../kv-plane.ts';
import type { PlaneFormat } from '../kv-plane.ts';
import type { WireLimits } from './limits.ts';

const PLANE_TYPE = 1;
const DENSE_TYPE = 2;
const PLANE_HEADER_BYTES = 16;
const KINDS = ['key', 'value'] as const;
const RANK_MAX = 8;
/** Extension types that messages may hold. */
export const TENSOR_EXTENSIONS: ReadonlySet<number> = new Set([PLANE_TYPE, DENSE_TYPE]);

/** An encoded plane in a message: `decodePlane(plane.bytes, plane.format)` expands it. */
export class PlaneTensor {
  readonly format: PlaneFormat;
  readonly bytes: Uint8Array;

  constructor(format: PlaneFormat, bytes: Uint8Array) {
    this.format = format;
    this.bytes = bytes;
  }
}

/** A tensor in a message, element by element: fp16 bits or binary32. */
export class DenseTensor {
  readonly extents: readonly number[];
  readonly elements: Uint16Array | Float32Array;

  constructor(extents: readonly number[], elements: Uint16Array | Float32Array) {
    if (extents.length > RANK_MAX) throw new RangeError(`tensor has ${extents.length} extents; expected at most ${RANK_MAX}`);
    const size = extents.reduce((product, extent) => product * extent, 1);
    if (elements.length !== size) throw new RangeError(`tensor of extents ${extents.join(' × ')} has ${elements.length} elements; expected ${size}`);
    this.extents = extents;
    this.elements = elements;
  }
}

/** The extension codec of @msgpack/msgpack for both types; decoding refuses what exceeds the limits before memory is taken for it. */
export function tensorExtensions(limits: WireLimits): ExtensionCodec {
  const codec = new ExtensionCodec();
  codec.register({
    type: PLANE_TYPE,
    encode: (value) => (value instanceof PlaneTensor ? encodePlaneTensor(value) : null),
    decode: (data) => decodePlaneTensor(data, limits),
  });
  codec.register({
    type: DENSE_TYPE,
    encode: (value) => (value instanceof DenseTensor ? encodeDenseTensor(value) : null),
    decode: (data) => decodeDenseTensor(data, limits),
  });
  return codec;
}

function encodePlaneTensor({ format, bytes }: PlaneTensor): Uint8Array {
  const data = new Uint8Array(PLANE_HEADER_BYTES + bytes.length);
  data[0] = KINDS.indexOf(format.kind);
  data[1] = COMPRESSION_LEVELS.indexOf(format.level);
  data[2] = format.entropy ? 1 : 0;
  const view = new DataView(data.buffer);
  view.setUint32(4, format.heads, true);
  view.setUint32(8, format.tokens, true);
  view.setUint32(12, format.headDim, true);
  data.set(bytes, PLANE_HEADER_BYTES);
  return data;
}

function decodePlaneTensor(data: Uint8Array, limits: WireLimits): PlaneTensor {
  if (data.length < PLANE_HEADER_BYTES) throw new CodecError('truncated', `KV plane has ${data.length} bytes; its header takes ${PLANE_HEADER_BYTES}`);
  if (data[0] >= KINDS.length || data[1] >= COMPRESSION_LEVELS.length || data[2] > 1 || data[3] !== 0) {
    throw new CodecError('tensor', `KV plane begins with ${data.subarray(0, 4).join(', ')}; expected kind 0–1, level 0–${COMPRESSION_LEVELS.length - 1}, entropy 0–1, 0`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const format: PlaneFormat = {
    kind: KINDS[data[0]],
    level: COMPRESSION_LEVELS[data[1]],
    entropy: data[2] === 1,
    heads: view.getUint32(4, true),
    tokens: view.getUint32(8, true),
    headDim: view.getUint32(12, true),
  };
  checkElements('KV plane', planeElements(format), [format.heads, format.tokens, format.headDim], limits);
  const bytes = data.subarray(PLANE_HEADER_BYTES);
  if (!format.entropy && bytes.length !== planeBytes(format)) throw new CodecError('tensor', `KV plane has ${bytes.length} bytes; expected ${planeBytes(format)}`);
  return new PlaneTensor(format, bytes);
}

function encodeDenseTensor({ extents, elements }: DenseTensor): Uint8Array {
  const header = 4 + 4 * extents.length;
  const data = new Uint8Array(header + elements.byteLength);
  const view = new DataView(data.buffer);
  data[0] = elements instanceof Uint16Array ? 0 : 1;
  data[1] = extents.length;
  extents.forEach((extent, i) => { view.setUint32(4 + 4 * i, extent, true); });
  if (elements instanceof Uint16Array) elements.forEach((element, i) => { view.setUint16(header + 2 * i, element, true); });
  else elements.forEach((element, i) => { view.setFloat32(header + 4 * i, element, true); });
  return data;
}

function decodeDenseTensor(data: Uint8Array, limits: WireLimits): DenseTensor {
  const rank = data[1];
  if (data.length < 4 || data.length < 4 + 4 * rank) throw new CodecError('truncated', `tensor has ${data.length} bytes; its header takes more`);
  if (data[0] > 1 || rank > RANK_MAX || data[2] !== 0 || data[3] !== 0) throw new CodecError('tensor', `tensor begins with ${data.subarray(0, 4).join(', ')}; expected type 0–1, rank 0–${RANK_MAX}, 0, 0`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const extents = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i, true));
  const size = extents.reduce((product, extent) => product * extent, 1);
  checkElements('tensor', size, extents, limits);
  const header = 4 + 4 * rank;
  const elementBytes = data[0] === 0 ? 2 : 4;
  if (data.length !== header + size * elementBytes) throw new CodecError('tensor', `tensor of extents ${extents.join(' × ')} has ${data.length - header} bytes; expected ${size * elementBytes}`);
  const elements =
    data[0] === 0
      ? Uint16Array.from({ length: size }, (_, i) => view.getUint16(header + 2 * i, true))
      : Float32Array.from({ length: size }, (_, i) => view.getFloat32(header + 4 * i, true));
  return new DenseTensor(extents, elements);
}

/** One extent may be 0 and another huge: each is bounded by itself too. */
function checkElements(what: string, elements: number, extents: readonly number[], limits: WireLimits): void {
  if (elements > limits.tensorElements || extents.some((extent) => extent > limits.tensorElements)) {
    throw new CodecError('too-large', `${what} of extents ${extents.join(' × ')}; at most ${limits.tensorElements} elements are accepted`);
  }
}
