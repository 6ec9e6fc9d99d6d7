import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowMajor, scalarProduct, transposed } from '../../../kv/tensor/matrix-product.ts';
import type { MatrixView, Reals } from '../../../kv/tensor/matrix-product.ts';
import { createMatrixProduct } from '../../../kv/tensor/simd-product.ts';

const simd = createMatrixProduct();

/** The definition, in binary64. */
function byDefinition(a: MatrixView, b: MatrixView, rows: number, inner: number, columns: number): number[] {
  const at = (view: MatrixView, r: number, c: number): number => view.data[view.offset + r * view.rowStride + c * view.columnStride];
  return Array.from({ length: rows * columns }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += at(a, Math.floor(i / columns), k) * at(b, k, i % columns);
    return sum;
  });
}

function fill<T extends Reals>(array: T, seed: number): T {
  let state = seed >>> 0;
  for (let i = 0; i < array.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    array[i] = state / 2147483648 - 1;
  }
  return array;
}

const sizes = fc.record({ rows: fc.integer({ min: 0, max: 21 }), inner: fc.integer({ min: 0, max: 40 }), columns: fc.integer({ min: 0, max: 30 }), turnA: fc.boolean(), turnB: fc.boolean(), accumulate: fc.boolean(), offset: fc.nat(5) });

describe('matrix products', () => {
  it('found the SIMD kernel, which every engine this project supports has', () => {
    expect(simd.name).toBe('simd');
  });

  it.each([
    ['plain loops', scalarProduct],
    ['the SIMD kernel', simd],
  ])('are those of the definition, for any size, stride and offset: %s', (_, product) => {
    fc.assert(
      fc.property(sizes, ({ rows, inner, columns, turnA, turnB, accumulate, offset }) => {
        const dataA = fill(new Float32Array(rows * inner + offset), 1);
        const dataB = fill(new Float32Array(inner * columns + offset), 2);
        const a = turnA ? transposed(dataA, rows, offset) : rowMajor(dataA, inner, offset);
        const b = turnB ? transposed(dataB, inner, offset) : rowMajor(dataB, columns, offset);
        const wide = columns + 3;
        const out = fill(new Float32Array(rows * wide + offset), 3);
        const before = Float32Array.from(out);
        product.multiply(a, b, rowMajor(out, wide, offset), rows, inner, columns, accumulate);
        const expected = byDefinition(a, b, rows, inner, columns);
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < wide; c++) {
            const at = offset + r * wide + c;
            const want = c >= columns ? before[at] : (accumulate ? before[at] : 0) + expected[r * columns + c];
            // Forty products of numbers below one, each rounded to binary32.
            if (!(Math.abs(out[at] - want) <= 1e-5)) expect([r, c, out[at]]).toEqual([r, c, want]);
          }
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('are the same for more columns than are packed at once, and for a result that is written by columns', () => {
    const a = fill(new Float32Array(5 * 3), 1);
    const b = fill(new Float32Array(3 * 5000), 2);
    const out = new Float32Array(5 * 5000);
    simd.multiply(rowMajor(a, 3), rowMajor(b, 5000), rowMajor(out, 5000), 5, 3, 5000);
    const plain = new Float32Array(5 * 5000);
    scalarProduct.multiply(rowMajor(a, 3), rowMajor(b, 5000), rowMajor(plain, 5000), 5, 3, 5000);
    expect(out.findIndex((value, i) => Math.abs(value - plain[i]) > 1e-6)).toBe(-1);
    const turned = new Float32Array(5 * 5000);
    simd.multiply(rowMajor(a, 3), rowMajor(b, 5000), transposed(turned, 5), 5, 3, 5000);
    expect(turned.findIndex((value, i) => value !== out[(i % 5) * 5000 + Math.floor(i / 5)])).toBe(-1);
  });

  it('keep binary64 where it is given', () => {
    const a = Float64Array.of(1, 1e-12);
    const out = new Float64Array(16);
    simd.multiply({ data: a, offset: 0, rowStride: 0, columnStride: 1 }, { data: Float64Array.of(1, 1), offset: 0, rowStride: 1, columnStride: 0 }, rowMajor(out, 4), 4, 2, 4);
    expect(out[0]).toBe(1 + 1e-12);
  });

  it('refuse to read or write outside their arrays', () => {
    const small = new Float32Array(11);
    const enough = new Float32Array(16);
    for (const product of [scalarProduct, simd]) {
      expect(() => { product.multiply(rowMajor(small, 3), rowMajor(enough, 4), rowMajor(enough, 4), 4, 3, 4); }).toThrow(/matrix a of 4 × 3 ends at element 11 of an array of 11/);
      expect(() => { product.multiply(rowMajor(enough, 3), rowMajor(small, 4), rowMajor(enough, 4), 4, 3, 4); }).toThrow(/matrix b/);
      expect(() => { product.multiply(rowMajor(enough, 3), rowMajor(enough, 4), rowMajor(small, 4), 4, 3, 4); }).toThrow(/matrix c/);
    }
  });
});
