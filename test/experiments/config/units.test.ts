import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dimension } from '../../../experiments/config/units.ts';
import { EXAMPLES, formatQuantity, parseQuantity, UnitError } from '../../../experiments/config/units.ts';

const PROPERTY = { seed: 1, numRuns: 300 };
const DIMENSIONS = Object.keys(EXAMPLES) as Dimension[];

function refusal(dimension: Dimension, text: unknown): UnitError {
  try {
    parseQuantity(dimension, text);
  } catch (error) {
    if (error instanceof UnitError) return error;
    throw error;
  }
  throw new Error(`${String(text)} was accepted`);
}

describe('units', () => {
  it.each([
    ['size', '80GiB', 85_899_345_920],
    ['size', '512KiB', 524_288],
    ['size', '500GB', 5e11],
    ['size', '3.3GB', 3_300_000_000],
    ['size', '1.5KiB', 1536],
    ['size', '0B', 0],
    ['bitRate', '40Gbps', 4e10],
    ['bitRate', '5GB/s', 4e10],
    ['bitRate', '515.91MiB/s', 4_327_766_753],
    ['byteRate', '3.5GB/s', 3.5e9],
    ['duration', '50us', 50_000],
    ['duration', '50µs', 50_000],
    ['duration', '10 ms', 10_000_000],
    ['duration', '1h', 3.6e12],
    ['duration', '1e3s', 1e12],
    ['frequency', '2/s', 2],
    ['frequency', '120/min', 2],
    ['frequency', '0.5 /s', 0.5],
  ] as const)('%s %s is %d base units', (dimension, text, value) => {
    expect(parseQuantity(dimension, text)).toBe(value);
  });

  it('keeps decimal and binary prefixes apart', () => {
    expect(parseQuantity('size', '1GB')).toBe(1e9);
    expect(parseQuantity('size', '1GiB')).toBe(1_073_741_824);
  });

  it('writes the shortest text with a number of at least 1, in round units', () => {
    expect(formatQuantity('size', 68_719_476_736)).toBe('64GiB');
    expect(formatQuantity('size', 5e11)).toBe('500GB');
    expect(formatQuantity('byteRate', 3.5e9)).toBe('3.5GB/s');
    expect(formatQuantity('duration', 90e9)).toBe('90s');
    expect(formatQuantity('duration', 0)).toBe('0s');
    expect(formatQuantity('size', 1537)).toBe('1537B');
  });

  it('reads back exactly what it writes, for every base value', () => {
    for (const dimension of DIMENSIONS.filter((each) => each !== 'frequency')) {
      fc.assert(
        fc.property(fc.maxSafeNat(), (value) => {
          expect(parseQuantity(dimension, formatQuantity(dimension, value))).toBe(value);
        }),
        PROPERTY,
      );
    }
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (value) => {
        expect(parseQuantity('frequency', formatQuantity('frequency', value))).toBe(value);
      }),
      PROPERTY,
    );
  });

  it('reads whole numbers of any unit exactly: n units are n times one unit', () => {
    const units = ['B', 'kB', 'MB', 'GB', 'KiB', 'MiB', 'GiB'];
    fc.assert(
      fc.property(fc.constantFrom(...units), fc.integer({ min: 0, max: 1_000_000 }), (name, n) => {
        expect(parseQuantity('size', `${n}${name}`)).toBe(n * parseQuantity('size', `1${name}`));
      }),
      PROPERTY,
    );
  });

  it('agrees with itself when the decimal point moves and the prefix with it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), (n) => {
        expect(parseQuantity('duration', `${n / 1000}s`)).toBe(parseQuantity('duration', `${n}ms`));
        expect(parseQuantity('bitRate', `${n / 1000}Gbps`)).toBe(parseQuantity('bitRate', `${n}Mbps`));
      }),
      PROPERTY,
    );
  });

  it('refuses a plain number and shows an example', () => {
    for (const dimension of DIMENSIONS) {
      expect(refusal(dimension, 40).message).toContain(EXAMPLES[dimension]);
      expect(refusal(dimension, '40').message).toContain('no unit');
      expect(refusal(dimension, 0).message).toContain('no unit');
    }
  });

  it.each([
    ['size', '-1B', 'negative'],
    ['size', 'NaN', 'a size'],
    ['size', Number.NaN, 'a size'],
    ['size', '1e20B', 'too large'],
    ['size', '1e99B', 'too large'],
    ['size', '1e999999999B', 'a size'],
    ['size', `${'9'.repeat(100)}B`, 'a size'],
    ['size', '0.4B', 'below the smallest unit'],
    ['size', '10ms', 'unit of duration'],
    ['byteRate', '28Gbps', 'unit of bit rate'],
    ['duration', '105d', 'too large'],
    ['duration', 'Infinityms', 'a duration'],
    ['duration', '', 'a duration'],
    ['duration', null, 'a duration'],
    ['duration', ['1s'], 'a duration'],
    ['frequency', '1e99/s', 'too large'],
    ['frequency', '-2/s', 'negative'],
  ] as const)('refuses %s %j: %s', (dimension, text, reason) => {
    expect(refusal(dimension, text).message).toContain(reason);
  });

  it.each([
    ['bitRate', '40gbps', '40Gbps'],
    ['bitRate', '40Gpbs', '40Gbps'],
    ['bitRate', '40GBps', '40Gbps or 40GB/s'],
    ['size', '10gib', '10GiB'],
    ['duration', '10m', '10ms or 10min'],
    ['duration', '2sec', '2s'],
    ['frequency', '2rps', '2/s'],
  ] as const)('suggests for %s %s: %s', (dimension, text, suggestion) => {
    expect(refusal(dimension, text).nearest).toBe(suggestion);
  });

  it('never crashes and never gives a value that is no safe whole number, whatever it reads', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^-?\d{0,30}\.?\d{0,30}e?-?\d{0,4} ?[a-zA-Zµ/]{0,6}$/)), (text) => {
        for (const dimension of DIMENSIONS.filter((each) => each !== 'frequency')) {
          try {
            expect(parseQuantity(dimension, text)).toSatisfy((value: number) => Number.isSafeInteger(value) && value >= 0);
          } catch (error) {
            expect(error).toBeInstanceOf(UnitError);
          }
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
