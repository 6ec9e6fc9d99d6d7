import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantiseGroups, QUANTISATION_BITS, quantisedBytes, quantiseGroups } from '../../../kv/codecs/group-quantisation.ts';
import type { GroupShape } from '../../../kv/codecs/group-quantisation.ts';
import { fromHalf } from '../../../kv/codecs/half.ts';

const shapes = fc.record({
  tokens: fc.integer({ min: 0, max: 70 }),
  channels: fc.integer({ min: 0, max: 40 }),
  bits: fc.constantFrom(...QUANTISATION_BITS),
  axis: fc.constantFrom('per-channel' as const, 'per-token' as const),
  groupSize: fc.constantFrom(1, 3, 8, 32, 100),
});

/** A matrix with one value in each place from a seeded congruential generator, outliers in one channel of eight. */
function matrix(shape: GroupShape, seed: number, size: number): Float32Array {
  let state = (seed >>> 0) + 1;
  return Float32Array.from({ length: shape.tokens * shape.channels }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 4294967296 - 0.5) * size * (i % 8 === 3 ? 20 : 1);
  });
}

/** The group an element belongs to, from the definition of the order. */
function groupOf(shape: GroupShape, token: number, channel: number): number {
  if (shape.axis === 'per-channel') return Math.floor(token / shape.groupSize) * shape.channels + channel;
  return token * Math.ceil(shape.channels / shape.groupSize) + Math.floor(channel / shape.groupSize);
}

describe('group quantisation', () => {
  it('errs by at most half a scale, and the scale is no wider than the spread of its group asks for', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), fc.constantFrom(1e-6, 1e-3, 1, 100), (shape, seed, size) => {
        const values = matrix(shape, seed, size);
        const packed = quantiseGroups(values, shape);
        const back = dequantiseGroups(packed);
        const least = new Map<number, number>();
        const most = new Map<number, number>();
        values.forEach((value, i) => {
          const group = groupOf(shape, Math.floor(i / shape.channels), i % shape.channels);
          const scale = fromHalf(packed.scales[group]);
          // One rounding of the result to binary32.
          const rounding = Math.abs(value) * 2 ** -23;
          const bound = (scale / 2) * (1 + 1e-12) + rounding;
          if (!(Math.abs(value - back[i]) <= bound)) expect([i, value, back[i]]).toEqual([i, 'within', bound]);
          least.set(group, Math.min(value, least.get(group) ?? Infinity));
          most.set(group, Math.max(value, most.get(group) ?? -Infinity));
        });
        for (const [group, low] of least) {
          const spread = most.get(group)! - low + Math.abs(low) / 1024 + 2 ** -24;
          expect(fromHalf(packed.scales[group])).toBeLessThanOrEqual((spread / (2 ** shape.bits - 1)) * (1 + 2 ** -10) + 2 ** -24);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('has the size it announces: whole bytes a group and four bytes of scale and minimum', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const packed = quantiseGroups(matrix(shape, 7, 1), shape);
        expect(packed.codes.byteLength + packed.scales.byteLength + packed.minima.byteLength).toBe(quantisedBytes(shape));
      }),
      { seed: 1, numRuns: 200 },
    );
    // Llama-2-7B, one layer's K of 512 tokens at 4 bits: half a byte an element and 4 bytes for every 32.
    expect(quantisedBytes({ tokens: 512, channels: 4096, bits: 4, axis: 'per-channel', groupSize: 32 })).toBe(512 * 4096 * (0.5 + 4 / 32));
  });

  it('moves nothing by more than half a step when applied twice', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const once = dequantiseGroups(quantiseGroups(matrix(shape, seed, 4), shape));
        const packed = quantiseGroups(once, shape);
        const twice = dequantiseGroups(packed);
        once.forEach((value, i) => {
          // Codes are the same grid when the extremes were hit; the grid may move by fp16 rounding of the scale otherwise.
          const bound = fromHalf(packed.scales[groupOf(shape, Math.floor(i / shape.channels), i % shape.channels)]) / 2 + 1e-5;
          if (!(Math.abs(value - twice[i]) <= bound)) expect([i, value, twice[i]]).toEqual([i, 'within', bound]);
        });
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('packs codes from the lowest bit, groups by token block then channel', () => {
    // Two tokens × two channels, per channel, 3 bits: channel 0 holds 0 and 7, channel 1 holds 7 and 0, on a scale of 1.
    const packed = quantiseGroups(Float32Array.of(0, 7, 7, 0), { tokens: 2, channels: 2, bits: 3, axis: 'per-channel', groupSize: 32 });
    expect(Array.from(packed.codes)).toEqual([0b111000, 0b000111]);
    expect(Array.from(packed.scales, fromHalf)).toEqual([1, 1]);
    expect(Array.from(packed.minima, fromHalf)).toEqual([0, 0]);
  });

  it('keeps constants exactly, if fp16 holds them', () => {
    for (const value of [0, 1, -2.5, 65504, -65504]) {
      const shape = { tokens: 5, channels: 3, bits: 2, axis: 'per-token', groupSize: 32 } as const;
      expect(Array.from(dequantiseGroups(quantiseGroups(new Float32Array(15).fill(value), shape)))).toEqual(new Array(15).fill(value));
    }
  });

  it('separates channels with outliers from the others when groups run along tokens', () => {
    const shape = { tokens: 64, channels: 32, bits: 4, groupSize: 32 } as const;
    const values = matrix({ ...shape, axis: 'per-channel' }, 3, 1);
    const error = (axis: 'per-channel' | 'per-token'): number => {
      const back = dequantiseGroups(quantiseGroups(values, { ...shape, axis }));
      return Math.sqrt(values.reduce((sum, value, i) => (i % 8 === 3 ? sum : sum + (value - back[i]) * (value - back[i])), 0));
    };
    expect(error('per-channel')).toBeLessThan(error('per-token') / 5);
  });

  it('refuses what it cannot represent', () => {
    const shape = { tokens: 1, channels: 2, bits: 4, axis: 'per-token', groupSize: 32 } as const;
    expect(() => quantiseGroups(Float32Array.of(1, NaN), shape)).toThrow(/values\[1\] is NaN/);
    expect(() => quantiseGroups(Float32Array.of(1, Infinity), shape)).toThrow(RangeError);
    expect(() => quantiseGroups(Float32Array.of(1, 70000), shape)).toThrow(/65504/);
    expect(() => quantiseGroups(Float32Array.of(1), shape)).toThrow(/1 elements; expected 1 tokens × 2 channels/);
    expect(() => quantiseGroups(Float32Array.of(1, 2), { ...shape, bits: 5 as 4 })).toThrow(/bits is 5/);
    expect(() => quantiseGroups(Float32Array.of(1, 2), { ...shape, groupSize: 0 })).toThrow(/groupSize/);
    const packed = quantiseGroups(Float32Array.of(1, 2), shape);
    expect(() => dequantiseGroups({ ...packed, codes: new Uint8Array(0) })).toThrow(/codes has 0/);
    expect(() => dequantiseGroups(packed, new Float32Array(1))).toThrow(/out has 1/);
  });
});
