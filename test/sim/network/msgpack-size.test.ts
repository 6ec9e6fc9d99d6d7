import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msgpackSize } from '../../../sim/network/msgpack-size.ts';

function expectExact(value: unknown): void {
  const expected = encode(value).byteLength;
  const size = msgpackSize(value);
  if (size !== expected) throw new Error(`msgpackSize is ${size}, encode gives ${expected}`);
}

/** Values around every width at which the format changes. */
const widths = [0, 1, 0x1f, 0x20, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER];

describe('msgpackSize', () => {
  it('knows the widths of integers', () => {
    for (const width of widths) {
      for (const value of [width - 1, width, width + 1]) {
        expectExact(value);
        expectExact(-value);
      }
    }
  });

  it('knows the widths of strings, byte arrays, arrays and maps', () => {
    for (const length of [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536, 70_000]) {
      expectExact('a'.repeat(length));
      expectExact('é'.repeat(length));
      expectExact(new Uint8Array(length));
      expectExact(Array.from({ length }, () => 0));
      if (length !== 70_000) expectExact(Object.fromEntries(Array.from({ length }, (_, i) => [`k${i}`, i])));
    }
  });

  it('knows what is not an integer, and what is nothing', () => {
    for (const value of [0.5, -0, -0.1, NaN, Infinity, -Infinity, Number.MIN_VALUE, 2 ** 53, -(2 ** 53), 1e300, null, undefined, true, false]) expectExact(value);
  });

  it('knows text outside ASCII, lone surrogates included', () => {
    for (const text of ['ß', '日本語', '😀', '\ud800', '\udc00', 'a\ud800', '\ud800\ud800\udc00', '\udc00\ud800', '😀'.repeat(40), '\ud83d'.repeat(60)]) expectExact(text);
  });

  it('treats views as bytes, holes as nil, and instances as maps of their own fields', () => {
    class Base {
      inherited = 1;
      get computed(): number {
        return this.inherited + 1;
      }
    }
    class Message extends Base {
      key = 'x';
      missing = undefined;
    }
    const sparse: unknown[] = [];
    sparse[3] = 1;
    const prototypeless: Record<string, unknown> = Object.assign(Object.create(null) as Record<string, unknown>, { a: 1 });
    const values = [new Message(), sparse, prototypeless, Object.create({ shared: 1 }), new Float64Array(3), new DataView(new ArrayBuffer(9)), new Uint8Array(8).subarray(2, 5), new Map([[1, 2]]), {}, []];
    for (const value of values) expectExact(value);
  });

  it('equals the length of the encoding for any nested value', () => {
    const leaf = fc.oneof(
      fc.constantFrom(...widths, ...widths.map((width) => -width)),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.string({ maxLength: 300, size: 'max' }),
      fc.uint8Array(),
      fc.constantFrom(null, undefined, true, false),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, { weight: 3, arbitrary: leaf }, tie('list'), tie('map')),
      list: fc.array(tie('value'), { maxLength: 20 }),
      map: fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 20 }),
    }));
    fc.assert(fc.property(value, (given) => { expectExact(given); }), { seed: 1, numRuns: 500 });
  });

  it('refuses what the encoder refuses, and dates', () => {
    for (const value of [() => 0, Symbol('s'), 10n, { deep: [() => 0] }]) {
      expect(() => encode(value)).toThrow();
      expect(() => msgpackSize(value)).toThrow(TypeError);
    }
    expect(() => msgpackSize({ at: new Date(0) })).toThrow('date');
  });

  it('draws the line at the same depth as the encoder', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { v: value };
      return value;
    };
    expectExact(nested(99));
    expect(() => encode(nested(100))).toThrow();
    expect(() => msgpackSize(nested(100))).toThrow('100 levels');
  });
});
