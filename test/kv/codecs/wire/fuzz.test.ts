/** Hostile input: random bytes, and valid messages damaged in many ways with the checksum made right again. */
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../../../kv/codecs/codec-error.ts';
import { decodePlane, planeElements } from '../../../../kv/codecs/kv-plane.ts';
import { decodeFrame, encodeFrame, FRAME_HEADER_BYTES, frameChecksum, FrameReader } from '../../../../kv/codecs/wire/frame.ts';
import { SegmentReceiver } from '../../../../kv/codecs/wire/segment-stream.ts';
import { RandomStream } from '../../../../sim/kernel/random-stream.ts';
import { sampleMessage } from './sample-messages.ts';

const CASES = 110_000;
const LIMITS = { bodyBytes: 65_536, tensorElements: 16_384, listEntries: 64, textBytes: 512 };
/** Bytes that mean much in msgpack: formats with lengths, extensions, extremes. */
const TELLING = [0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcf, 0xd3, 0xd4, 0xd8, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff];

/** One change to a body. */
function mutate(body: Uint8Array, stream: RandomStream, other: Uint8Array): Uint8Array {
  const at = stream.integer(body.length + 1);
  const bytes = body.slice();
  switch (stream.integer(7)) {
    case 0:
      if (at < bytes.length) bytes[at] ^= 1 << stream.integer(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = stream.pick(TELLING);
      return bytes;
    case 2: // Cut off.
      return bytes.subarray(0, at);
    case 3: // Take some out.
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1 + stream.integer(8)));
    case 4: // Put some in.
      return Uint8Array.of(...bytes.subarray(0, at), ...Array.from({ length: 1 + stream.integer(8) }, () => stream.pick(TELLING)), ...bytes.subarray(at));
    case 5: { // A huge number over four bytes: lengths, extents.
      const huge = stream.pick([0xffffffff, 0x7fffffff, 0x80000000, 0x10000, 0]);
      for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = huge >>> (8 * i);
      return bytes;
    }
    default: // Go on with another message.
      return Uint8Array.of(...bytes.subarray(0, at), ...other.subarray(stream.integer(other.length + 1)));
  }
}

function framed(frame: Uint8Array, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(FRAME_HEADER_BYTES + body.length);
  whole.set(frame.subarray(0, FRAME_HEADER_BYTES));
  whole.set(body, FRAME_HEADER_BYTES);
  const view = new DataView(whole.buffer);
  view.setUint32(8, body.length, true);
  view.setUint32(12, frameChecksum(whole), true);
  return whole;
}

/** Reads a frame as a receiver would, tensors and all. Returns what it came to. */
function receive(frame: Uint8Array): string {
  try {
    const message = decodeFrame(frame, LIMITS);
    if (message.type === 'chunk') {
      const elements = planeElements(message.plane.format);
      if (elements > LIMITS.tensorElements) throw new Error(`${elements} elements got through`);
      const values = decodePlane(message.plane.bytes, message.plane.format);
      if (values.length !== elements) throw new Error(`${values.length} elements of ${elements}`);
    } else if (message.type === 'segment') {
      const receiver = new SegmentReceiver(message, () => undefined);
      if (receiver.nextChunk !== 0) throw new Error('a new receiver has chunks');
    }
    // What is accepted can be said again, in no more than the bytes of the limit.
    encodeFrame(message);
    return 'accepted';
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
}

describe(`${CASES} hostile frames`, () => {
  it('end in a typed error or a message within the limits; most pass the checksum; memory stays where it was', () => {
    const stream = new RandomStream('wire fuzz 1');
    const seeds = Array.from({ length: 400 }, () => encodeFrame(sampleMessage(stream))).filter((frame) => frame.length < 3000);
    const outcomes = new Map<string, number>();
    let repaired = 0;
    const before = process.memoryUsage();
    let peakBytes = 0;
    for (let i = 0; i < CASES; i++) {
      const frame = stream.pick(seeds);
      let bytes: Uint8Array;
      const kind = stream.integer(10);
      if (kind < 8) {
        let body = frame.subarray(FRAME_HEADER_BYTES);
        for (let changes = 1 + stream.integer(3); changes > 0; changes--) body = mutate(body, stream, stream.pick(seeds).subarray(FRAME_HEADER_BYTES));
        bytes = framed(frame, body);
        repaired++;
      } else if (kind === 8) bytes = mutate(frame, stream, frame);
      else bytes = framed(frame, Uint8Array.from({ length: stream.integer(60) }, () => stream.pick(TELLING)));
      const outcome = receive(bytes);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (i % 1000 === 0) {
        const now = process.memoryUsage();
        peakBytes = Math.max(peakBytes, now.external + now.arrayBuffers - before.external - before.arrayBuffers);
      }
    }
    expect(repaired).toBeGreaterThan(CASES / 2);
    // Each way to fail has been tried, many times.
    for (const code of ['truncated', 'malformed', 'schema', 'tensor', 'too-large', 'type', 'checksum', 'magic', 'version', 'accepted']) {
      expect([code, (outcomes.get(code) ?? 0) > 10]).toEqual([code, true]);
    }
    // Frames are at most 64 KiB and tensors 64 KiB: garbage of a thousand cases at the worst, not what the lengths claim.
    expect(peakBytes).toBeLessThan(256 * 1024 * 1024);
  });

  it('leave a stream reader with an error or with nothing, and never more than a frame set aside', () => {
    const stream = new RandomStream('wire fuzz 2');
    for (let i = 0; i < 2000; i++) {
      const reader = new FrameReader(LIMITS);
      let bytes = Uint8Array.from(Array.from({ length: 3 }, () => Array.from(encodeFrame(sampleMessage(stream)))).flat());
      bytes = new Uint8Array(mutate(bytes, stream, bytes));
      try {
        for (let at = 0; at < bytes.length; at += 97) for (const message of reader.push(bytes.subarray(at, at + 97))) expect(message.type).toBeTypeOf('string');
        reader.end();
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
      }
      if (reader.bufferBytes > LIMITS.bodyBytes + FRAME_HEADER_BYTES) expect(reader.bufferBytes).toBe('within a frame');
    }
  });
});
