import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../../../kv/codecs/codec-error.ts';
import type { CodecErrorCode } from '../../../../kv/codecs/codec-error.ts';
import { crc32c } from '../../../../kv/codecs/crc32c.ts';
import { decodeHalves, encodeHalves } from '../../../../kv/codecs/half.ts';
import { ChunkPlan } from '../../../../kv/codecs/wire/chunk-plan.ts';
import { decodeFrame, encodeFrame, FRAME_HEADER_BYTES, frameChecksum, FrameReader } from '../../../../kv/codecs/wire/frame.ts';
import { WIRE_LIMITS } from '../../../../kv/codecs/wire/limits.ts';
import { decodeBody, WIRE_TYPES } from '../../../../kv/codecs/wire/messages.ts';
import type { SegmentHeader, WireMessage } from '../../../../kv/codecs/wire/messages.ts';
import { checkMsgpack } from '../../../../kv/codecs/wire/msgpack-check.ts';
import { SegmentReceiver, segmentFrames } from '../../../../kv/codecs/wire/segment-stream.ts';
import { DenseTensor, tensorExtensions } from '../../../../kv/codecs/wire/tensor-extension.ts';
import { RandomStream } from '../../../../sim/kernel/random-stream.ts';
import { sampleHeader, sampleMessage } from './sample-messages.ts';

function codeOf(run: () => unknown): CodecErrorCode | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
  return undefined;
}

/** Sets a frame's checksum to what it should be. */
function repaired(frame: Uint8Array): Uint8Array {
  new DataView(frame.buffer, frame.byteOffset).setUint32(12, frameChecksum(frame), true);
  return frame;
}

const MESSAGE: WireMessage = { type: 'error', transaction: 7, failure: 'absent', message: 'no such segment' };

describe('CRC-32C', () => {
  it('has the published check values', () => {
    // RFC 3720, section B.4, and the check value of the catalogue of CRC algorithms.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('goes on where it stopped, whatever the cut', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i * 37);
    for (let cut = 0; cut <= 100; cut++) expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
  });
});

describe('frames', () => {
  it('give every message back', () => {
    const stream = new RandomStream('wire round trip');
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) {
      const message = sampleMessage(stream);
      seen.add(message.type);
      expect(decodeFrame(encodeFrame(message))).toEqual(message);
    }
    expect([...seen].sort()).toEqual([...WIRE_TYPES].sort());
  });

  it('have golden bytes', () => {
    const frame = encodeFrame({ type: 'error', transaction: 7, failure: 'absent', message: '' });
    expect(Array.from(frame.subarray(0, 12))).toEqual([0x50, 0x32, 0x4b, 0x56, 1, 8, 0, 0, 38, 0, 0, 0]);
    expect(frame.subarray(16)).toEqual(encode({ transaction: 7, failure: 'absent', message: '' }));
  });

  it('are found damaged at every bit', () => {
    const frame = encodeFrame(MESSAGE);
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const damaged = frame.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(codeOf(() => decodeFrame(damaged))).toBeDefined();
    }
  });

  it('are refused by reason', () => {
    const changed = (at: number, value: number): Uint8Array => {
      const frame = encodeFrame(MESSAGE);
      frame[at] = value;
      return repaired(frame);
    };
    const frame = encodeFrame(MESSAGE);
    expect(codeOf(() => decodeFrame(frame.subarray(0, 10)))).toBe('truncated');
    expect(codeOf(() => decodeFrame(frame.subarray(0, frame.length - 1)))).toBe('truncated');
    expect(codeOf(() => decodeFrame(Uint8Array.of(...frame, 0)))).toBe('malformed');
    expect(codeOf(() => decodeFrame(changed(0, 0)))).toBe('magic');
    expect(codeOf(() => decodeFrame(changed(4, 2)))).toBe('version');
    expect([0, 9, 255].map((type) => codeOf(() => decodeFrame(changed(5, type))))).toEqual(['type', 'type', 'type']);
    expect(codeOf(() => decodeFrame(changed(6, 1)))).toBe('malformed');
    expect(codeOf(() => decodeFrame(changed(11, 0xff)))).toBe('too-large');
    expect(codeOf(() => decodeFrame(changed(FRAME_HEADER_BYTES, 0xc0)))).toBe('malformed');
    const wrong = encodeFrame(MESSAGE);
    wrong[wrong.length - 1] ^= 1;
    expect(codeOf(() => decodeFrame(wrong))).toBe('checksum');
    expect(codeOf(() => decodeBody('get', encode({ transaction: 1 })))).toBe('schema');
    expect(codeOf(() => decodeBody('error', encode({ transaction: 2 ** 40, failure: 'absent', message: '' })))).toBe('schema');
    expect(codeOf(() => decodeBody('error', encode({ transaction: 1, failure: 'absent', message: '', more: 1 })))).toBe('schema');
    expect(codeOf(() => decodeBody('error', encode({ transaction: 1, failure: 'absent', message: 'x'.repeat(2000) })))).toBe('too-large');
    expect(codeOf(() => decodeBody('holders', encode({ transaction: 1, nodes: new Array(5000).fill([]) })))).toBe('too-large');
    expect(() => encodeFrame({ type: 'announce', node: '', keys: [], leaseMs: 0 }, { ...WIRE_LIMITS, bodyBytes: 4 })).toThrow(/announce message has a body of/);
  });

  it('come out of a stream cut anywhere, and hold one frame at most', () => {
    const stream = new RandomStream('wire stream');
    const messages = Array.from({ length: 60 }, () => sampleMessage(stream));
    const bytes = Uint8Array.from(messages.flatMap((message) => Array.from(encodeFrame(message))));
    for (const pieceBytes of [1, 7, 1000, bytes.length]) {
      const reader = new FrameReader();
      const out: WireMessage[] = [];
      for (let at = 0; at < bytes.length; at += pieceBytes) out.push(...reader.push(bytes.subarray(at, at + pieceBytes)));
      reader.end();
      expect(out).toEqual(messages);
    }
  });

  it('that announce much and send little cost little, and a broken stream stays broken', () => {
    const reader = new FrameReader();
    const header = encodeFrame(MESSAGE).slice(0, FRAME_HEADER_BYTES);
    new DataView(header.buffer).setUint32(8, WIRE_LIMITS.bodyBytes, true);
    expect([...reader.push(header), ...reader.push(new Uint8Array(100))]).toEqual([]);
    expect(reader.bufferBytes).toBeLessThan(10_000);
    expect(codeOf(() => { reader.end(); })).toBe('truncated');
    const broken = new FrameReader();
    expect(codeOf(() => [...broken.push(new Uint8Array(20))])).toBe('magic');
    expect(codeOf(() => [...broken.push(encodeFrame(MESSAGE))])).toBe('magic');
  });
});

describe('hostile msgpack', () => {
  const check = (...bytes: number[]): CodecErrorCode | undefined => codeOf(() => { checkMsgpack(Uint8Array.from(bytes), { extensions: new Set([1]), textBytes: 8 }); });
  it.each([
    ['a list of 2^32 − 1 entries', [0xdd, 0xff, 0xff, 0xff, 0xff], 'truncated'],
    ['a map of 2^32 − 1 entries', [0xdf, 0xff, 0xff, 0xff, 0xff], 'truncated'],
    ['a binary of 4 GiB', [0xc6, 0xff, 0xff, 0xff, 0xff], 'truncated'],
    ['a text of 4 GiB', [0xdb, 0xff, 0xff, 0xff, 0xff], 'truncated'],
    ['an extension of 4 GiB', [0xc9, 0xff, 0xff, 0xff, 0xff, 1], 'truncated'],
    ['lists that each claim all bytes left', [0x92, 0xdc, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'truncated'],
    ['deep nesting', [...new Array<number>(100).fill(0x91), 0], 'malformed'],
    ['a key that is no text', [0x81, 1, 2], 'malformed'],
    ['the byte that msgpack never uses', [0xc1], 'malformed'],
    ['an unknown extension', [0xd4, 5, 0], 'type'],
    ['a timestamp', [0xd6, 0xff, 0, 0, 0, 0], 'type'],
    ['two values', [1, 2], 'malformed'],
    ['nothing', [], 'truncated'],
    ['a long text', [0xa9, 65, 65, 65, 65, 65, 65, 65, 65, 65], 'too-large'],
    ['an overlong UTF-8 slash', [0xa2, 0xc0, 0xaf], 'malformed'],
    ['a UTF-8 surrogate', [0xa3, 0xed, 0xa0, 0x80], 'malformed'],
    ['a cut UTF-8 character', [0xa2, 0xe2, 0x82], 'malformed'],
    ['a cut number', [0xcb, 0, 0], 'truncated'],
  ] as const)('%s is refused', (_, bytes, code) => {
    expect(check(...bytes)).toBe(code);
  });

  it('agrees with TextDecoder on what is UTF-8', () => {
    const stream = new RandomStream('utf-8');
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for (let i = 0; i < 20_000; i++) {
      const length = stream.integer(6);
      const text = Array.from({ length }, () => stream.pick([0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff]));
      let valid = true;
      try {
        decoder.decode(Uint8Array.from(text));
      } catch {
        valid = false;
      }
      if (valid !== (check(0xa0 | length, ...text) === undefined)) expect([text, 'valid']).toEqual([text, valid]);
    }
  });

  it('cannot set a prototype', () => {
    const body = encode({ transaction: 1, failure: 'absent', messagX: '' });
    const at = new TextDecoder('latin1').decode(body).indexOf('messagX');
    expect(codeOf(() => decodeBody('error', body))).toBe('schema');
    const key = [...new TextEncoder().encode('__proto__')];
    const hostile = Uint8Array.of(...body.subarray(0, at - 1), 0xa9, ...key, ...body.subarray(at + 7));
    expect(codeOf(() => decodeBody('error', hostile))).toBe('malformed');
  });
});

describe('dense tensors', () => {
  it('come back in messages of any kind', () => {
    const codec = tensorExtensions(WIRE_LIMITS);
    for (const tensor of [
      new DenseTensor([2, 3], Float32Array.of(1, -2, 3.5, 4, 5, NaN)),
      new DenseTensor([4], Uint16Array.of(0, 1, 0x7c00, 0xffff)),
      new DenseTensor([], Float32Array.of(9)),
      new DenseTensor([0, 5], new Uint16Array(0)),
    ]) {
      const bytes = encode(tensor, { extensionCodec: codec });
      expect(codec.decode(bytes.subarray(bytes.length - (4 + 4 * tensor.extents.length + tensor.elements.byteLength)), 2, undefined)).toEqual(tensor);
    }
    expect(() => new DenseTensor([2], new Float32Array(3))).toThrow(/3 elements; expected 2/);
  });
});

describe('segments', () => {
  const stream = new RandomStream('segments');

  it('are tiled by their chunks, each within the limit, however they are cut', () => {
    for (let i = 0; i < 100; i++) {
      const { shape, chunkElements } = sampleHeader(stream);
      const plan = new ChunkPlan(shape, chunkElements);
      const covered = new Map<string, number>();
      for (let index = 0; index < plan.count; index++) {
        const { layer, kind, heads, tokens } = plan.chunk(index);
        expect((heads.to - heads.from) * (tokens.to - tokens.from) * shape.headDim).toBeLessThanOrEqual(chunkElements);
        expect(tokens.from % 32).toBe(0);
        for (let head = heads.from; head < heads.to; head++) {
          for (let token = tokens.from; token < tokens.to; token++) {
            const place = `${layer} ${kind} ${head} ${token}`;
            covered.set(place, (covered.get(place) ?? 0) + 1);
          }
        }
      }
      expect(covered.size).toBe(shape.layers * 2 * shape.kvHeads * shape.tokens);
      expect([...covered.values()].every((count) => count === 1)).toBe(true);
    }
  });

  /** Every element a function of its place, so that a misplaced one is seen. */
  const valueAt = (layer: number, kind: string, head: number, token: number, channel: number): number => ((layer * 7 + (kind === 'key' ? 3 : 0) + head * 5 + token + channel) % 64) / 4;

  function box(header: SegmentHeader, { layer, kind, heads, tokens }: ReturnType<ChunkPlan['chunk']>): Uint16Array {
    const values: number[] = [];
    for (let head = heads.from; head < heads.to; head++)
      for (let token = tokens.from; token < tokens.to; token++)
        for (let channel = 0; channel < header.shape.headDim; channel++) values.push(valueAt(layer, kind, head, token, channel));
    return encodeHalves(Float32Array.from(values));
  }

  it('stream through frames chunk by chunk, resume after a break, and arrive as they were', () => {
    for (let i = 0; i < 12; i++) {
      const header = { ...sampleHeader(stream), level: 'none' as const };
      const frames = [...segmentFrames(5, header, (part) => box(header, part))];
      const stopAt = stream.integer(frames.length);
      const reader = new FrameReader();
      let received = 0;
      let receiver: SegmentReceiver | undefined;
      const accept = (part: ReturnType<ChunkPlan['chunk']>, values: Float32Array): void => {
        expect(values).toEqual(decodeHalves(box(header, part)));
        received++;
      };
      const take = (bytes: Uint8Array): void => {
        for (const message of reader.push(bytes)) {
          if (message.type === 'segment') receiver = new SegmentReceiver(message, accept, receiver?.nextChunk ?? 0);
          else if (message.type === 'chunk') receiver!.push(message);
        }
      };
      for (const frame of frames.slice(0, stopAt)) take(frame);
      for (const frame of segmentFrames(5, header, (part) => box(header, part), receiver?.nextChunk ?? 0)) take(frame);
      expect(receiver!.complete).toBe(true);
      expect(received).toBe(new ChunkPlan(header.shape, header.chunkElements).count);
    }
  });

  it('refuse chunks out of order, of another transaction, of another shape, and segments that cannot be cut', () => {
    const header: SegmentHeader = { ...sampleHeader(stream), shape: { layers: 2, kvHeads: 2, headDim: 8, tokens: 40, elementBytes: 2 }, chunkElements: 320, level: 'moderate', entropy: false };
    const chunks = [...segmentFrames(5, header, (part) => box(header, part))].slice(1).map((frame) => decodeFrame(frame));
    const push = (i: number, change: Partial<{ transaction: number; index: number }> = {}): CodecErrorCode | undefined => {
      const receiver = new SegmentReceiver({ transaction: 5, header }, () => undefined);
      const message = chunks[i];
      return message.type === 'chunk' ? codeOf(() => { receiver.push({ ...message, ...change }); }) : undefined;
    };
    expect([push(0), push(1), push(0, { transaction: 6 }), push(2, { index: 0 })]).toEqual([undefined, 'order', 'order', 'order']);
    expect(codeOf(() => new SegmentReceiver({ transaction: 5, header: { ...header, chunkElements: 100 } }, () => undefined))).toBe('schema');
    // 256 or more elements in a group of tokens at the least: 8 channels × 32 tokens.
    expect(() => new ChunkPlan(header.shape, 255)).toThrow(/at least 256/);
  });
});
