import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeQueries, encodeQueries } from '../../../experiments/writer/query-file.ts';

describe('the file of a trial’s queries', () => {
  it('gives back every table exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ a: fc.double(), b: fc.integer(), c: fc.string() }), { maxLength: 20 }), (rows) => {
        const table = { a: Float64Array.from(rows, ({ a }) => a), b: Int32Array.from(rows, ({ b }) => b), c: rows.map(({ c }) => c) };
        expect(decodeQueries(encodeQueries(table))).toEqual(table);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('is recognised as damaged when any byte is missing or changed', () => {
    const bytes = encodeQueries({ a: Float64Array.of(1, 2, 3), s: ['x', 'y', 'z'] });
    for (let length = 0; length < bytes.length; length++) expect(decodeQueries(bytes.subarray(0, length))).toBeUndefined();
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i] ^= 1;
      expect(decodeQueries(damaged)).toBeUndefined();
    }
  });
});
