/**
 * Messages as frames of a byte stream: "P2KV", version (1 byte), type (1 byte), 2 zero bytes, length of the body (4 bytes, little-endian), CRC-32C of
 * the 12 bytes before it and of the body (4 bytes), then the body in msgpack.
 *
 * The header is not msgpack so that a receiver knows length and checksum of a body before it takes memory for it or looks into it.
 */
import { CodecError } from '../codec-error.ts';
import { crc32c } from '../crc32c.ts';
import { WIRE_LIMITS } from './limits.ts';
import type { WireLimits } from './limits.ts';
import { decodeBody, encodeBody, WIRE_TYPES } from './messages.ts';
import type { WireMessage } from './messages.ts';

export const WIRE_VERSION = 1;
export const FRAME_HEADER_BYTES = 16;
const MAGIC = [0x50, 0x32, 0x4b, 0x56] as const;
const CHECKED_HEADER_BYTES = 12;

/** One message as a frame. Throws RangeError where its body exceeds the limits. */
export function encodeFrame(message: WireMessage, limits: WireLimits = WIRE_LIMITS): Uint8Array {
  const body = encodeBody(message);
  if (body.length > limits.bodyBytes) throw new RangeError(`${message.type} message has a body of ${body.length} bytes; expected at most ${limits.bodyBytes}`);
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length);
  frame.set(MAGIC);
  frame[4] = WIRE_VERSION;
  frame[5] = WIRE_TYPES.indexOf(message.type) + 1;
  const view = new DataView(frame.buffer);
  view.setUint32(8, body.length, true);
  frame.set(body, FRAME_HEADER_BYTES);
  view.setUint32(12, frameChecksum(frame), true);
  return frame;
}

/** The checksum that a whole frame should carry. */
export function frameChecksum(frame: Uint8Array): number {
  return crc32c(frame.subarray(FRAME_HEADER_BYTES), crc32c(frame.subarray(0, CHECKED_HEADER_BYTES)));
}

/** Reads exactly one frame. Throws CodecError on anything else. */
export function decodeFrame(frame: Uint8Array, limits: WireLimits = WIRE_LIMITS): WireMessage {
  const bodyBytes = readHeader(frame, limits);
  if (frame.length < FRAME_HEADER_BYTES + bodyBytes) throw new CodecError('truncated', `frame has ${frame.length} of ${FRAME_HEADER_BYTES + bodyBytes} bytes`);
  if (frame.length > FRAME_HEADER_BYTES + bodyBytes) throw new CodecError('malformed', `${frame.length - FRAME_HEADER_BYTES - bodyBytes} bytes after the frame`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(12, true) !== frameChecksum(frame)) throw new CodecError('checksum', 'the checksum does not fit the frame');
  return decodeBody(WIRE_TYPES[frame[5] - 1], frame.subarray(FRAME_HEADER_BYTES), limits);
}

/** Checks a frame's header and returns the length of the body it announces. */
function readHeader(frame: Uint8Array, limits: WireLimits): number {
  if (frame.length < FRAME_HEADER_BYTES) throw new CodecError('truncated', `frame has ${frame.length} bytes; its header takes ${FRAME_HEADER_BYTES}`);
  if (MAGIC.some((byte, i) => frame[i] !== byte)) throw new CodecError('magic', 'the bytes do not begin as a frame does');
  if (frame[4] !== WIRE_VERSION) throw new CodecError('version', `frame has version ${frame[4]}; expected ${WIRE_VERSION}`);
  if (frame[5] < 1 || frame[5] > WIRE_TYPES.length) throw new CodecError('type', `frame has type ${frame[5]}; expected 1 to ${WIRE_TYPES.length}`);
  if (frame[6] !== 0 || frame[7] !== 0) throw new CodecError('malformed', 'the reserved bytes of the frame are not 0');
  const bodyBytes = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(8, true);
  if (bodyBytes > limits.bodyBytes) throw new CodecError('too-large', `frame announces a body of ${bodyBytes} bytes; at most ${limits.bodyBytes} are accepted`);
  return bodyBytes;
}

/**
 * Cuts a byte stream into messages, however the stream is cut into pieces. Holds one frame at most, and grows its buffer only as bytes come in, so that
 * announcing much and sending little costs the receiver little.
 *
 * After an error the stream cannot be trusted to be in step: the reader throws the same error for whatever follows.
 */
export class FrameReader {
  readonly #limits: WireLimits;
  #buffer = new Uint8Array(4096);
  #held = 0;
  #failed: CodecError | undefined;

  constructor(limits: WireLimits = WIRE_LIMITS) {
    this.#limits = limits;
  }

  /** Bytes set aside for the frame that is coming in. */
  get bufferBytes(): number {
    return this.#buffer.length;
  }

  /** Messages that these bytes complete, in order. Throws CodecError at the first frame that is no good; those before it have been given out. */
  *push(bytes: Uint8Array): Generator<WireMessage> {
    if (this.#failed !== undefined) throw this.#failed;
    try {
      for (let at = 0; at < bytes.length; ) {
        const wanted = this.#held < FRAME_HEADER_BYTES ? FRAME_HEADER_BYTES : this.#frameBytes();
        const taken = Math.min(wanted - this.#held, bytes.length - at);
        this.#take(bytes.subarray(at, at + taken));
        at += taken;
        if (this.#held < FRAME_HEADER_BYTES || this.#held < this.#frameBytes()) continue;
        // A copy: the message's views must outlive the buffer.
        const frame = this.#buffer.slice(0, this.#held);
        this.#held = 0;
        yield decodeFrame(frame, this.#limits);
      }
    } catch (error) {
      if (error instanceof CodecError) this.#failed = error;
      throw error;
    }
  }

  /** Call at the end of the stream: throws CodecError if it broke off within a frame. */
  end(): void {
    if (this.#failed !== undefined) throw this.#failed;
    if (this.#held > 0) throw new CodecError('truncated', `the stream ends ${this.#held} bytes into a frame`);
  }

  #frameBytes(): number {
    return FRAME_HEADER_BYTES + readHeader(this.#buffer.subarray(0, this.#held), this.#limits);
  }

  #take(bytes: Uint8Array): void {
    const needed = this.#held + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(FRAME_HEADER_BYTES + this.#limits.bodyBytes, Math.max(needed, 2 * this.#buffer.length)));
      grown.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#held);
    this.#held = needed;
  }
}
