import { CodecError } from '../codec-error.ts';
import { decodePlane, encodePlane } from '../kv-plane.ts';
import type { PlaneFormat } from '../kv-plane.ts';
import { ChunkPlan } from './chunk-plan.ts';
import type { ChunkBox } from './chunk-plan.ts';
import { encodeFrame } from './frame.ts';
import { WIRE_LIMITS } from './limits.ts';
import type { WireLimits } from './limits.ts';
import type { SegmentHeader, WireMessages } from './messages.ts';
import { PlaneTensor } from './tensor-extension.ts';

/** Elements of a chunk by default: 128 Ki, 256 KiB in fp16. */
export const CHUNK_ELEMENTS = 131_072;

/**
 * A segment as frames: its header, then its chunks from `fromChunk` on, each read and encoded when the frame is asked for. Memory: one chunk.
 *
 * @param read gives the elements of a box, row-major [heads, tokens, headDim], as binary32 or fp16 bits
 * @throws RangeError where the header's chunks cannot be cut, or `read` gives another number of elements
 */
export function* segmentFrames(
  transaction: number,
  header: SegmentHeader,
  read: (box: ChunkBox) => Float32Array | Uint16Array,
  fromChunk = 0,
  limits: WireLimits = WIRE_LIMITS,
): Generator<Uint8Array> {
  const plan = new ChunkPlan(header.shape, header.chunkElements);
  yield encodeFrame({ type: 'segment', transaction, header }, limits);
  for (let index = fromChunk; index < plan.count; index++) {
    const box = plan.chunk(index);
    const format = formatOf(header, box);
    yield encodeFrame({ type: 'chunk', transaction, index, plane: new PlaneTensor(format, encodePlane(read(box), format)) }, limits);
  }
}

/**
 * Takes the chunks of one segment, in order, and expands each. A chunk that is not exactly the one expected is refused: nothing is placed by what
 * a stranger says about it. Memory: one chunk.
 */
export class SegmentReceiver {
  readonly #header: SegmentHeader;
  readonly #transaction: number;
  readonly #plan: ChunkPlan;
  readonly #accept: (box: ChunkBox, values: Float32Array) => void;
  #next: number;
  #values = new Float32Array(0);

  /**
   * @param accept told of each chunk; the values are overwritten by the next one
   * @param fromChunk the chunk that was asked for first
   * @throws CodecError where the segment cannot be cut as its header says
   */
  constructor({ transaction, header }: WireMessages['segment'], accept: (box: ChunkBox, values: Float32Array) => void, fromChunk = 0) {
    this.#transaction = transaction;
    this.#header = header;
    this.#accept = accept;
    this.#next = fromChunk;
    try {
      this.#plan = new ChunkPlan(header.shape, header.chunkElements);
    } catch (error) {
      throw new CodecError('schema', (error as Error).message);
    }
  }

  /** Whether the last chunk has come. */
  get complete(): boolean {
    return this.#next >= this.#plan.count;
  }

  /** The first chunk that is missing: where to go on after a break. */
  get nextChunk(): number {
    return this.#next;
  }

  /** Throws CodecError unless this is the next chunk, whole and sound. */
  push({ transaction, index, plane }: WireMessages['chunk']): void {
    if (transaction !== this.#transaction) throw new CodecError('order', `chunk of transaction ${transaction}; expected ${this.#transaction}`);
    if (this.complete || index !== this.#next) throw new CodecError('order', this.complete ? `chunk ${index} after the last` : `chunk ${index}; expected ${this.#next}`);
    const box = this.#plan.chunk(index);
    const expected = formatOf(this.#header, box);
    for (const name of Object.keys(expected) as (keyof PlaneFormat)[]) {
      if (plane.format[name] !== expected[name]) throw new CodecError('order', `chunk ${index} has ${name} ${String(plane.format[name])}; expected ${String(expected[name])}`);
    }
    const elements = expected.heads * expected.tokens * expected.headDim;
    if (this.#values.length < elements) this.#values = new Float32Array(elements);
    const values = decodePlane(plane.bytes, expected, this.#values);
    this.#next++;
    this.#accept(box, values.subarray(0, elements));
  }
}

function formatOf({ shape, level, entropy }: SegmentHeader, box: ChunkBox): PlaneFormat {
  return { kind: box.kind, heads: box.heads.to - box.heads.from, tokens: box.tokens.to - box.tokens.from, headDim: shape.headDim, level, entropy };
}
