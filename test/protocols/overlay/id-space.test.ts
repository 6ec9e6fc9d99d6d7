import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import type { Id } from '../../../protocols/overlay/id-space.ts';

/** Identifiers as big integers: slow, and obviously right. */
function big(space: IdSpace, id: Id): bigint {
  return BigInt(`0x${space.toHex(id)}`);
}

const abs = (x: bigint): bigint => (x < 0n ? -x : x);
const sign = (x: bigint): number => (x < 0n ? -1 : x > 0n ? 1 : 0);
const log2 = (x: bigint): number => x.toString(2).length - 1;

/** Three identifiers of a random length, close together now and then, so that leading words agree. */
const idsOfAnyLength = fc
  .record({ bits: fc.integer({ min: 16, max: 160 }), bytes: fc.array(fc.uint8Array({ minLength: 20, maxLength: 20 }), { minLength: 3, maxLength: 3 }), shared: fc.integer({ min: 0, max: 20 }) })
  .map(({ bits, bytes, shared }) => {
    const space = new IdSpace(bits);
    const [a, b, c] = bytes.map((own) => {
      const mixed = Uint8Array.from(own);
      mixed.set(bytes[0].subarray(0, shared));
      return space.fromBytes(mixed);
    });
    return { space, a, b, c, modulus: 1n << BigInt(bits) };
  });

const RUNS = { seed: 1, numRuns: 500 };

describe('identifier arithmetic agrees with big integers', () => {
  it('order and equality', () => {
    fc.assert(
      fc.property(idsOfAnyLength, ({ space, a, b }) => {
        expect(space.compare(a, 0, b, 0)).toBe(sign(big(space, a) - big(space, b)));
        expect(space.equal(a, 0, b, 0)).toBe(big(space, a) === big(space, b));
        expect(space.equal(a, 0, Uint32Array.from(a), 0)).toBe(true);
      }),
      RUNS,
    );
  });

  it('clockwise distance, its logarithm, and the shorter way around', () => {
    fc.assert(
      fc.property(idsOfAnyLength, ({ space, a, b, modulus }) => {
        const clockwise = (big(space, b) - big(space, a) + modulus) % modulus;
        const out = new Uint32Array(space.words);
        space.subtract(b, 0, a, 0, out);
        expect(big(space, out)).toBe(clockwise);
        expect(space.logDistance(a, 0, b, 0)).toBe(clockwise === 0n ? -1 : log2(clockwise));
        space.ringDistance(a, 0, b, 0, out);
        expect(big(space, out)).toBe(clockwise < modulus - clockwise ? clockwise : modulus - clockwise);
      }),
      RUNS,
    );
  });

  it('arcs of the ring', () => {
    fc.assert(
      fc.property(idsOfAnyLength, ({ space, a, b, c, modulus }) => {
        const from = (x: Id): bigint => (big(space, x) - big(space, b) + modulus) % modulus;
        const whole = big(space, b) === big(space, c);
        expect(space.inOpenArc(a, 0, b, 0, c, 0)).toBe(from(a) > 0n && (whole || from(a) < from(c)));
        expect(space.inArc(a, 0, b, 0, c, 0)).toBe(whole || (from(a) > 0n && from(a) <= from(c)));
        expect(space.compareClockwise(a, 0, c, 0, b, 0)).toBe(sign(from(a) - from(c)));
      }),
      RUNS,
    );
  });

  it('XOR and numerical closeness', () => {
    fc.assert(
      fc.property(idsOfAnyLength, ({ space, a, b, c, modulus }) => {
        const [x, y, target] = [a, b, c].map((id) => big(space, id));
        expect(space.compareXor(a, 0, b, 0, c, 0)).toBe(sign((x ^ target) - (y ^ target)));
        expect(space.logXor(a, 0, b, 0)).toBe(x === y ? -1 : log2(x ^ y));
        const ring = (id: bigint): bigint => (abs(id - target) < modulus - abs(id - target) ? abs(id - target) : modulus - abs(id - target));
        // Of two equally far, the lower identifier is the closer one.
        expect(space.compareRing(a, 0, b, 0, c, 0)).toBe(sign(ring(x) - ring(y)) || sign(x - y));
      }),
      RUNS,
    );
  });

  it('adding powers of two', () => {
    fc.assert(
      fc.property(idsOfAnyLength, fc.nat(159), ({ space, a, modulus }, exponent) => {
        const e = exponent % space.bits;
        const out = new Uint32Array(space.words);
        space.addPowerOfTwo(a, 0, e, out);
        expect(big(space, out)).toBe((big(space, a) + (1n << BigInt(e))) % modulus);
      }),
      RUNS,
    );
  });

  it('digits from the most significant, the last one narrower where they do not divide', () => {
    fc.assert(
      fc.property(idsOfAnyLength, fc.integer({ min: 1, max: 8 }), ({ space, a, b }, digitBits) => {
        const binary = (id: Id): string => big(space, id).toString(2).padStart(space.bits, '0');
        const digits = (id: Id): number[] => {
          const all: number[] = [];
          for (let at = 0; at < space.bits; at += digitBits) all.push(Number.parseInt(binary(id).slice(at, at + digitBits), 2));
          return all;
        };
        expect(space.digits(digitBits)).toBe(digits(a).length);
        expect(digits(a).map((_, i) => space.digit(a, 0, i, digitBits))).toEqual(digits(a));
        const differ = digits(a).findIndex((digit, i) => digit !== digits(b)[i]);
        expect(space.sharedDigits(a, 0, b, 0, digitBits)).toBe(differ < 0 ? space.digits(digitBits) : differ);
      }),
      RUNS,
    );
  });

  it('single bits', () => {
    fc.assert(
      fc.property(idsOfAnyLength, ({ space, a }) => {
        for (const bit of [0, 7, 15, space.bits - 1]) expect(space.bit(a, 0, bit)).toBe(Number((big(space, a) >> BigInt(bit)) & 1n));
      }),
      RUNS,
    );
  });

  it('the same inside a table as alone', () => {
    fc.assert(
      fc.property(idsOfAnyLength, ({ space, a, b, c }) => {
        const w = space.words;
        const table = new Uint32Array(3 * w);
        [a, b, c].forEach((id, i) => {
          table.set(id, i * w);
        });
        expect(space.at(table, 1)).toEqual(b);
        expect(space.compareXor(table, 0, table, w, table, 2 * w)).toBe(space.compareXor(a, 0, b, 0, c, 0));
        expect(space.compareRing(table, 0, table, w, table, 2 * w)).toBe(space.compareRing(a, 0, b, 0, c, 0));
        expect(space.logDistance(table, 0, table, w)).toBe(space.logDistance(a, 0, b, 0));
      }),
      RUNS,
    );
  });
});

describe('identifier spaces', () => {
  it.each([0, 15, 161, 16.5, NaN])('refuses %s bits', (bits) => {
    expect(() => new IdSpace(bits)).toThrow(RangeError);
  });

  it('reads bytes as a number modulo 2^bits', () => {
    const space = new IdSpace(40);
    expect(space.toHex(space.fromBytes(Uint8Array.from({ length: 20 }, (_, i) => i)))).toBe('0f10111213');
    expect(space.toHex(space.fromNumber(0x1234567890ab))).toBe('34567890ab');
    expect(() => space.fromNumber(-1)).toThrow(RangeError);
  });
});
