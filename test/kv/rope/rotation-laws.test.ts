import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rotateHeads } from '../../../kv/rope/rotate-heads.ts';
import { ropeFrequencies } from '../../../kv/rope/frequencies.ts';
import type { RopePairing, RopeSpec } from '../../../kv/rope/rope-spec.ts';
import { rotationTable } from '../../../kv/rope/rotation-table.ts';
import { rotateInPlace, typescriptRope } from '../../../kv/rope/typescript-backend.ts';

const specs: fc.Arbitrary<RopeSpec> = fc
  .record({ half: fc.integer({ min: 1, max: 20 }), rest: fc.integer({ min: 0, max: 9 }), pairing: fc.constantFrom<RopePairing>('neox', 'interleaved'), theta: fc.constantFrom(100, 10000, 500000) })
  .map(({ half, rest, pairing, theta }) => ({ headDim: 2 * half + rest, rotaryDim: 2 * half, pairing, theta, scaling: { kind: 'none' } }));
const shifts = fc.integer({ min: -131072, max: 131072 });

/** A key in binary64, turned to a position. */
function turned(key: Float64Array, spec: RopeSpec, position: number): Float64Array {
  const out = Float64Array.from(key);
  const table = rotationTable(ropeFrequencies(spec), [position]);
  rotateHeads(out, 0, 1, spec.headDim, spec.pairing, table.pairs, table.cos, table.sin, 0);
  return out;
}

const key = (spec: RopeSpec, seed: number): Float64Array => Float64Array.from({ length: spec.headDim }, (_, i) => Math.sin(seed * 13 + i * 7.3) * 2);
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
/** Angles reach 262144 rad, where one rounding of the product moves them by 3e-11. */
const CLOSE = 1e-9;

describe('rotation', () => {
  // Vectors turned with 40 digits (mpmath), apart from this code: k = 1/8 … 8/8, θ 10000.
  const GOLDEN: [RopePairing, number, number[]][] = [
    ['neox', 1, [-0.4583815772714179, 0.17387597883438533, 0.3662313959888536, 0.4989997501666875, 0.4428728142685744, 0.7712114781202264, 0.8787061878648946, 1.0004994999167083]],
    ['interleaved', 1, [-0.14282995796845666, 0.240259449568022, 0.3232098536558456, 0.5349396138815734, 0.6174688752597908, 0.7562123961463532, 0.8739995626667031, 1.0008744998542083]],
    ['neox', 131071, [0.2572781149232497, -0.04243212596108833, 0.2456271884354511, 1.088270802482408, -0.5831448975868169, 0.7894298668573557, -0.9197376170959277, 0.2562550691484866]],
    ['interleaved', 131071, [0.04156248351520371, -0.27640108531633595, 0.1655333722435227, 0.6026804316332889, -0.028186030169138957, -0.9758742478943199, 1.3283879435993151, -0.03178791122396279]],
    ['neox', -2048, [-0.07694384114087065, -0.6281286676295369, 0.8510892545911317, 0.6586342158384595, 0.6327160858635479, -0.48005663926451714, -0.42649393983913975, -0.9034384150161302]],
    ['interleaved', -2048, [0.040452538655425634, 0.2765657103046784, -0.591110660538282, -0.2030103125410036, 0.7114084574901575, -0.6685977913600035, 0.4863978237093894, -1.2365444420200875]],
  ];
  it.each(GOLDEN)('turns %s pairs to position %i as an independent computation does', (pairing, position, expected) => {
    const spec: RopeSpec = { headDim: 8, rotaryDim: 8, theta: 10000, pairing, scaling: { kind: 'none' } };
    const out = turned(Float64Array.from({ length: 8 }, (_, i) => (i + 1) / 8), spec, position);
    out.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 10);
    });
  });

  it('passes the elements beyond the rotary part through', () => {
    const spec: RopeSpec = { headDim: 8, rotaryDim: 4, theta: 500000, pairing: 'neox', scaling: { kind: 'none' } };
    const out = turned(Float64Array.from({ length: 8 }, (_, i) => (i + 1) / 8), spec, 12345);
    const expected = [0.3865938370188963, 0.5366333518048851, -0.08243303451291244, -0.1566034665346025, 0.625, 0.75, 0.875, 1];
    out.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 11);
    });
  });

  it('composes: by a then by b is by a + b', () => {
    fc.assert(
      fc.property(specs, shifts, shifts, fc.nat(100), (spec, a, b, seed) => {
        const twice = turned(turned(key(spec, seed), spec, a), spec, b);
        const once = turned(key(spec, seed), spec, a + b);
        twice.forEach((value, i) => {
          expect(Math.abs(value - once[i])).toBeLessThan(CLOSE);
        });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('is undone by its inverse and keeps length', () => {
    fc.assert(
      fc.property(specs, shifts, fc.nat(100), (spec, a, seed) => {
        const start = key(spec, seed);
        const there = turned(start, spec, a);
        expect(Math.abs(dot(there, there) - dot(start, start))).toBeLessThan(CLOSE);
        turned(there, spec, -a).forEach((value, i) => {
          expect(Math.abs(value - start[i])).toBeLessThan(CLOSE);
        });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('makes attention depend on distance alone', () => {
    fc.assert(
      fc.property(specs, fc.nat(60000), fc.nat(60000), shifts, fc.nat(100), (spec, p, q, shift, seed) => {
        const k = key(spec, seed);
        const query = key(spec, seed + 1);
        const here = dot(turned(query, spec, q), turned(k, spec, p));
        const there = dot(turned(query, spec, q + shift), turned(k, spec, p + shift));
        expect(Math.abs(here - there)).toBeLessThan(2e-8);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('turns stretches of a batch, each by its own shift, and leaves the rest alone', () => {
    const spec: RopeSpec = { headDim: 6, rotaryDim: 4, theta: 10000, pairing: 'interleaved', scaling: { kind: 'none' } };
    const layout = { outer: 2, tokens: 5, inner: 3, headDim: 6 };
    const keys = Float32Array.from({ length: 2 * 5 * 3 * 6 }, (_, i) => Math.sin(i));
    const out = typescriptRope.rotate(keys, layout, spec, [{ start: 3, tokens: 2, shift: -7 }, { start: 1, tokens: 1, shift: 100 }]);
    for (let outer = 0; outer < 2; outer++) {
      for (let token = 0; token < 5; token++) {
        for (let head = 0; head < 3; head++) {
          const at = ((outer * 5 + token) * 3 + head) * 6;
          const expected = turned(Float64Array.from(keys.subarray(at, at + 6)), spec, [0, 100, 0, -7, -7][token]);
          expect(Array.from(out.subarray(at, at + 6))).toEqual(Array.from(expected, Math.fround));
        }
      }
    }
  });

  it('takes empty batches and no shifts', () => {
    const spec: RopeSpec = { headDim: 4, rotaryDim: 4, theta: 10000, pairing: 'neox', scaling: { kind: 'none' } };
    expect(typescriptRope.rotate(new Float32Array(0), { outer: 0, tokens: 0, inner: 1, headDim: 4 }, spec, [])).toHaveLength(0);
    expect(typescriptRope.rotate(Float32Array.of(1, 2, 3, 4), { outer: 1, tokens: 1, inner: 1, headDim: 4 }, spec, [])).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  it('refuses batches and shifts that do not fit', () => {
    const spec: RopeSpec = { headDim: 4, rotaryDim: 4, theta: 10000, pairing: 'neox', scaling: { kind: 'none' } };
    const layout = { outer: 1, tokens: 2, inner: 1, headDim: 4 };
    const keys = new Float32Array(8);
    const rotate = (shift: { start: number; tokens: number; shift: number }[]) => (): void => {
      rotateInPlace(keys, layout, spec, shift);
    };
    expect(rotate([{ start: 1, tokens: 2, shift: 1 }])).toThrow(/outside the 2 tokens/);
    expect(rotate([{ start: 0, tokens: 2, shift: 1 }, { start: 1, tokens: 1, shift: 2 }])).toThrow(/overlaps/);
    expect(rotate([{ start: 0, tokens: 1, shift: 0.5 }])).toThrow(/expected an integer/);
    expect(rotate([{ start: 0, tokens: 1, shift: Infinity }])).toThrow(/expected an integer/);
    expect(() => typescriptRope.rotate(new Float32Array(7), layout, spec, [])).toThrow(/7 elements; expected 1 × 2 × 1 × 4 = 8/);
    expect(() => typescriptRope.rotate(keys, { ...layout, headDim: 8, tokens: 1 }, spec, [])).toThrow(/headDim is 8; expected the embedding's 4/);
  });
});
