import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHalves, encodeHalves, fromHalf, HALF_MAX, HALF_MIN_NORMAL, HALF_MIN_SUBNORMAL, halfAtMost, roundToHalf, toHalf } from '../../../kv/codecs/half.ts';

const isNaNBits = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

/** Half from its definition, in powers of two built by multiplication. */
function define(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  let scale = 1;
  for (let i = 0; i < Math.abs((exponent || 1) - 25); i++) scale = (exponent || 1) < 25 ? scale / 2 : scale * 2;
  return sign * ((exponent === 0 ? 0 : 1024) + fraction) * scale;
}

describe('half', () => {
  it('decodes all 65536 patterns as the standard defines them', () => {
    for (let bits = 0; bits < 65536; bits++) if (!Object.is(fromHalf(bits), define(bits))) expect([bits, fromHalf(bits)]).toEqual([bits, define(bits)]);
  });

  it('gives every half back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const again = toHalf(fromHalf(bits));
      if (isNaNBits(bits)) expect(isNaNBits(again)).toBe(true);
      else if (again !== bits) expect(again).toBe(bits);
    }
  });

  it('rounds to nearest, ties to even, at and beside each midpoint of neighbours', () => {
    const float = new Float32Array(1);
    const word = new Uint32Array(float.buffer);
    for (let low = 0; low < 0x7bff; low++) {
      float[0] = (fromHalf(low) + fromHalf(low + 1)) / 2; // Exact in binary32.
      if (toHalf(float[0]) !== low + (low & 1)) expect([low, toHalf(float[0])]).toEqual([low, low + (low & 1)]);
      word[0]--;
      if (toHalf(float[0]) !== low) expect([low, 'below', toHalf(float[0])]).toEqual([low, 'below', low]);
      word[0] += 2;
      if (toHalf(float[0]) !== low + 1) expect([low, 'above', toHalf(float[0])]).toEqual([low, 'above', low + 1]);
    }
  });

  it('has the limits of the format', () => {
    expect(fromHalf(0x7bff)).toBe(HALF_MAX);
    expect(fromHalf(0x0400)).toBe(HALF_MIN_NORMAL);
    expect(fromHalf(1)).toBe(HALF_MIN_SUBNORMAL);
    expect(toHalf(65519.996)).toBe(0x7bff);
    expect(toHalf(65520)).toBe(0x7c00);
    expect(toHalf(-1e300)).toBe(0xfc00);
    expect(toHalf(-0)).toBe(0x8000);
    expect(isNaNBits(toHalf(NaN))).toBe(true);
    expect(toHalf(HALF_MIN_SUBNORMAL / 2)).toBe(0);
    expect(toHalf(HALF_MIN_SUBNORMAL * 0.75)).toBe(1);
  });

  it('refuses what is not 16 bits', () => {
    for (const bits of [-1, 65536, 1.5, NaN]) expect(() => fromHalf(bits)).toThrow(RangeError);
    expect(() => encodeHalves(new Float32Array(3), new Uint16Array(2))).toThrow(/out has 2/);
    expect(() => decodeHalves(new Uint16Array(3), new Float32Array(2))).toThrow(/out has 2/);
  });

  it('converts arrays, views included, as it converts numbers', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 50 }), (values) => {
        const view = new Float32Array(values.length + 1).subarray(1);
        view.set(values);
        const halves = encodeHalves(view);
        expect(Array.from(halves)).toEqual(Array.from(values, toHalf));
        const back = decodeHalves(halves);
        expect(Array.from(back)).toEqual(Array.from(halves, fromHalf));
        expect(Array.from(roundToHalf(view))).toEqual(Array.from(back));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('rounds down and up on either side of every number in range', () => {
    fc.assert(
      fc.property(fc.double({ min: -HALF_MAX, max: HALF_MAX, noNaN: true }), (value) => {
        const low = fromHalf(halfAtMost(value));
        const high = -fromHalf(halfAtMost(-value));
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        // No half lies strictly between, unless the value is one itself.
        const step = Math.max(HALF_MIN_SUBNORMAL, Math.max(Math.abs(low), Math.abs(high)) / 1024);
        expect(high - low).toBeLessThanOrEqual(low === high ? 0 : step);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
