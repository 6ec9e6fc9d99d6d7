/**
 * safetensors files (Hugging Face): a little-endian uint64 header length, that many bytes of JSON {name: {dtype, shape, data_offsets}}, then
 * the data. Everything in the header is checked against the file's size before a single element is allocated.
 */
import { decodeHalves } from '../codecs/half.ts';
import type { ByteSource } from './byte-source.ts';
import { utf8Text } from './tokenizer.ts';

/** Where one tensor lies in a file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Offset in the file. */
  readonly offset: number;
  readonly source: ByteSource;
}

const BYTES_OF = { F32: 4, F16: 2, BF16: 2 } as const;
export type TensorDtype = keyof typeof BYTES_OF;
/** The format's own limit on its header. */
const MAX_HEADER_BYTES = 100_000_000;
const MAX_DIMENSIONS = 8;

/** Reads a header. Throws RangeError saying what is wrong and where. */
export function readSafetensorsHeader(source: ByteSource): Map<string, TensorEntry> {
  const fail = (what: string): RangeError => new RangeError(`${source.name}: ${what}`);
  if (source.sizeBytes < 8) throw fail(`${source.sizeBytes} bytes; a safetensors file starts with a header length of 8`);
  const lead = source.read(0, 8);
  const view = new DataView(lead.buffer, lead.byteOffset, 8);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || headerBytes > source.sizeBytes - 8) {
    throw fail(`header claims ${headerBytes} bytes; the file has ${source.sizeBytes - 8} after the length, and the format allows ${MAX_HEADER_BYTES}`);
  }
  let header: unknown;
  try {
    header = JSON.parse(utf8Text(Array.from(source.read(8, headerBytes))));
  } catch {
    throw fail('header is not JSON: not a safetensors file');
  }
  if (!isRecord(header)) throw fail('header is not a JSON object: not a safetensors file');
  const dataStart = 8 + headerBytes;
  const dataBytes = source.sizeBytes - dataStart;
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const entry = readEntry(name, value, dataBytes, fail);
    if (entry !== undefined) entries.set(name, { ...entry, offset: entry.offset + dataStart, source });
  }
  const inOrder = [...entries.values()].toSorted((a, b) => a.offset - b.offset);
  inOrder.forEach((entry, i) => {
    const next = inOrder[i + 1] as TensorEntry | undefined;
    if (next !== undefined && entry.offset + entry.elements * BYTES_OF[entry.dtype] > next.offset) throw fail(`tensors ${entry.name} and ${next.name} overlap`);
  });
  return entries;
}

function readEntry(name: string, value: unknown, dataBytes: number, fail: (what: string) => RangeError): Omit<TensorEntry, 'source'> | undefined {
  if (!isRecord(value)) throw fail(`tensor ${name} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw fail(`tensor ${name} has no dtype`);
  // Tensors of other types (index buffers and the like) are none of a Llama model's; they are passed over until one is asked for.
  if (!(dtype in BYTES_OF)) return undefined;
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw fail(`tensor ${name} has shape ${JSON.stringify(shape)}; expected up to ${MAX_DIMENSIONS} whole numbers`);
  }
  const elements = (shape as number[]).reduce((product, n) => product * n, 1);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw fail(`tensor ${name} has data_offsets ${JSON.stringify(offsets)}; expected two whole numbers`);
  }
  const [begin, end] = offsets as [number, number];
  if (end > dataBytes || begin > end) throw fail(`tensor ${name} claims bytes ${begin} to ${end} of ${dataBytes}: truncated`);
  if (end - begin !== elements * BYTES_OF[dtype as TensorDtype]) {
    throw fail(`tensor ${name} of shape ${JSON.stringify(shape)} and ${dtype} needs ${elements * BYTES_OF[dtype as TensorDtype]} bytes but claims ${end - begin}`);
  }
  return { name, dtype: dtype as TensorDtype, shape: shape as number[], elements, offset: begin };
}

/** Elements converted at a time, so that a large tensor needs no second copy in memory. */
const PIECE_ELEMENTS = 1 << 20;

/** Reads a tensor as binary32 into `out`. fp16 and bf16 expand exactly. Throws RangeError where the size is another. */
export function readTensor(entry: TensorEntry, out: Float32Array): void {
  if (out.length !== entry.elements) throw new RangeError(`${entry.source.name}: tensor ${entry.name} has ${entry.elements} elements; expected ${out.length}`);
  const bytes = BYTES_OF[entry.dtype];
  for (let first = 0; first < entry.elements; first += PIECE_ELEMENTS) {
    const count = Math.min(PIECE_ELEMENTS, entry.elements - first);
    const raw = entry.source.read(entry.offset + first * bytes, count * bytes);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const part = out.subarray(first, first + count);
    if (entry.dtype === 'F32') for (let i = 0; i < count; i++) part[i] = view.getFloat32(4 * i, true);
    else if (entry.dtype === 'F16') decodeHalves(Uint16Array.from({ length: count }, (_, i) => view.getUint16(2 * i, true)), part);
    else decodeBrainFloats(view, part);
  }
}

/** bf16 is the upper half of a binary32. */
function decodeBrainFloats(view: DataView, out: Float32Array): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < out.length; i++) words[i] = view.getUint16(2 * i, true) << 16;
}

/** Whether a JSON value is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
