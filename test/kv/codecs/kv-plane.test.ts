import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../../kv/codecs/codec-error.ts';
import { COMPRESSION_LEVELS, ELEMENT_BITS, encodedBytes } from '../../../kv/codecs/compression.ts';
import { entropyDecode, entropyEncode } from '../../../kv/codecs/entropy-coder.ts';
import { decodeHalves, encodeHalves } from '../../../kv/codecs/half.ts';
import { decodePlane, encodePlane, planeBytes, planeElements } from '../../../kv/codecs/kv-plane.ts';
import type { PlaneFormat } from '../../../kv/codecs/kv-plane.ts';
import { kvElements } from '../../../kv/layout/kv-shape.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';

const formats: fc.Arbitrary<PlaneFormat> = fc.record({
  kind: fc.constantFrom('key' as const, 'value' as const),
  heads: fc.integer({ min: 0, max: 3 }),
  tokens: fc.integer({ min: 0, max: 70 }),
  headDim: fc.integer({ min: 0, max: 70 }),
  level: fc.constantFrom(...COMPRESSION_LEVELS),
  entropy: fc.boolean(),
});

/** fp16 values, normal, with outliers in some channels, as keys have them. */
function values(format: PlaneFormat, seed: number): Uint16Array {
  const stream = new RandomStream(`plane ${seed}`);
  return encodeHalves(Float32Array.from({ length: planeElements(format) }, (_, i) => stream.normal(0, i % format.headDim === 3 ? 8 : 1)));
}

describe('encodePlane', () => {
  it('gives every value back within half a step of its group, from halves and from binary32 alike', () => {
    fc.assert(
      fc.property(formats, fc.nat(), (format, seed) => {
        const halves = values(format, seed);
        const exact = decodeHalves(halves);
        const bytes = encodePlane(halves, format);
        expect(encodePlane(exact, format)).toEqual(bytes);
        const back = decodePlane(bytes, format);
        if (format.level === 'none') {
          expect(back).toEqual(exact);
          return;
        }
        const levels = 2 ** ELEMENT_BITS[format.level] - 1;
        const { tokens, headDim } = format;
        for (let i = 0; i < exact.length; i++) {
          // The group by its definition: 32 tokens of one channel, or 32 channels of one token.
          const head = Math.floor(i / (tokens * headDim));
          const token = Math.floor(i / headDim) % tokens;
          const channel = i % headDim;
          let low = Infinity;
          let high = -Infinity;
          const first = (format.kind === 'key' ? token : channel) & ~31;
          for (let g = first; g < Math.min(first + 32, format.kind === 'key' ? tokens : headDim); g++) {
            const member = exact[format.kind === 'key' ? (head * tokens + g) * headDim + channel : (head * tokens + token) * headDim + g];
            low = Math.min(low, member);
            high = Math.max(high, member);
          }
          // Half a step; the scale is rounded up to fp16 (2^-10 of itself, or the least subnormal), and the result to binary32.
          const bound = (((high - low) / levels) * (1 + 2 ** -10) + 2 ** -24) / 2 + Math.abs(exact[i]) * 2 ** -23;
          if (!(Math.abs(back[i] - exact[i]) <= bound)) expect([i, back[i]]).toEqual([i, exact[i]]);
        }
      }),
      { seed: 1, numRuns: 120 },
    );
  });

  it('has the size that the simulation counts with, and int8 takes 9, int4 5 bits an element where extents are multiples of 32', () => {
    const shapes = fc.record({ layers: fc.constant(1), kvHeads: fc.integer({ min: 1, max: 4 }), headDim: fc.integer({ min: 1, max: 100 }), tokens: fc.integer({ min: 0, max: 100 }), elementBytes: fc.constant(2) });
    fc.assert(
      fc.property(shapes, fc.constantFrom(...COMPRESSION_LEVELS), (shape, level) => {
        const plane = { heads: shape.kvHeads, tokens: shape.tokens, headDim: shape.headDim, level, entropy: false };
        expect(planeBytes({ ...plane, kind: 'key' }) + planeBytes({ ...plane, kind: 'value' })).toBe(encodedBytes(shape, level));
        expect(encodePlane(new Uint16Array(planeElements({ ...plane, kind: 'key' })), { ...plane, kind: 'key' }).length).toBe(planeBytes({ ...plane, kind: 'key' }));
      }),
      { seed: 1, numRuns: 150 },
    );
    const aligned = { layers: 2, kvHeads: 3, headDim: 96, tokens: 160, elementBytes: 2 };
    const bits = (level: (typeof COMPRESSION_LEVELS)[number]): number => (8 * encodedBytes(aligned, level)) / kvElements(aligned);
    expect([bits('none'), bits('moderate'), bits('aggressive'), bits('int3'), bits('int2')]).toEqual([16, 9, 5, 4, 3]);
  });

  it('gives the same bytes for halves and binary32 at the ends of the range, among subnormals and zeros of both signs', () => {
    const ends = Uint16Array.of(0x8000, 0, 0x8000, 0, 0x7bff, 0xfbff, 1, 0x8001, 0x03ff, 0x0400, 0x83ff, 0x8400, 0x3c00, 0xbc00, 0, 0x8000);
    for (const kind of ['key', 'value'] as const) {
      for (const [tokens, headDim] of [[1, 16], [16, 1], [2, 8], [4, 4], [8, 2]]) {
        const format: PlaneFormat = { kind, heads: 1, tokens, headDim, level: 'aggressive', entropy: false };
        expect(encodePlane(ends, format)).toEqual(encodePlane(decodeHalves(ends), format));
      }
    }
  });

  it('refuses what it cannot encode, and bytes that are no such plane', () => {
    const format = { kind: 'key', heads: 1, tokens: 2, headDim: 2, level: 'moderate', entropy: false } as const;
    expect(() => encodePlane(new Float32Array(3), format)).toThrow(/3 elements; expected 1 heads × 2 tokens × 2 channels/);
    expect(() => encodePlane(Float32Array.of(0, 0, 0, NaN), format)).toThrow(/values\[3\] is NaN/);
    expect(() => encodePlane(Uint16Array.of(0, 0x7c00, 0, 0), format)).toThrow(/values\[1\] is Infinity/);
    expect(() => encodePlane(Uint16Array.of(0, 0, 0xfe00, 0), { ...format, kind: 'value' })).toThrow(/values\[2\] is NaN/);
    expect(() => encodePlane(new Float32Array(0), { ...format, heads: -1 })).toThrow(/heads is -1/);
    const bytes = encodePlane(Float32Array.of(1, 2, 3, 4), format);
    expect(() => decodePlane(bytes.subarray(1), format)).toThrow(CodecError);
    const hostile = bytes.slice();
    hostile[1] = 0x7c;
    expect(() => decodePlane(hostile, format)).toThrow(/scale of bits/);
    expect(() => decodePlane(bytes, format, new Float32Array(3))).toThrow(/out has 3/);
  });
});

describe('the entropy coder', () => {
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 3000, size: 'max' }),
    fc.array(fc.oneof(fc.constant(7), fc.constant(7), fc.integer({ min: 0, max: 9 })), { maxLength: 3000, size: 'max' }).map((list) => Uint8Array.from(list)),
  );

  it('is lossless, never more than five bytes longer, and deterministic', () => {
    fc.assert(
      fc.property(text, (bytes) => {
        const encoded = entropyEncode(bytes);
        expect(encoded.length).toBeLessThanOrEqual(bytes.length + 5);
        expect(entropyEncode(bytes)).toEqual(encoded);
        expect(entropyDecode(encoded, bytes.length)).toEqual(bytes);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('comes within a percent of the entropy and its table', () => {
    const stream = new RandomStream('entropy');
    const bytes = Uint8Array.from({ length: 100_000 }, () => Math.min(15, Math.floor(stream.exponential(3))));
    const counts = new Map<number, number>();
    for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
    let bits = 0;
    for (const count of counts.values()) bits -= count * Math.log2(count / bytes.length);
    expect(entropyEncode(bytes).length).toBeLessThan((bits / 8) * 1.01 + 32 + 2 * 16 + 9);
  });

  it('has a golden code', () => {
    // Coded, 43 bytes: symbols 1, 2, 3 at 62, 1 and 1 of 64, the state, one byte of code.
    const map = [14, ...new Array<number>(31).fill(0)];
    const golden = [2, 43, 0, 0, 0, ...map, 0, 62, 0, 1, 0, 1, 191, 146, 69, 57, 0];
    expect(Array.from(entropyEncode(Uint8Array.of(...new Array<number>(60).fill(1), 2, 3, 1, 1)))).toEqual(golden);
    expect(Array.from(entropyEncode(Uint8Array.of(5, 5, 5)))).toEqual([1, 1, 0, 0, 0, 5]);
    expect(Array.from(entropyEncode(new Uint8Array(0)))).toEqual([0, 0, 0, 0, 0]);
  });

  it('answers damage with a typed error or other bytes of the same length', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat({ max: 255 }), fc.nat(), (bytes, place, value, cut) => {
        const encoded = entropyEncode(bytes);
        encoded[place % encoded.length] = value;
        for (const damaged of [encoded, encoded.subarray(0, cut % (encoded.length + 1))]) {
          try {
            expect(entropyDecode(damaged, bytes.length).length).toBe(bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
          }
        }
      }),
      { seed: 1, numRuns: 150 },
    );
  });
});
