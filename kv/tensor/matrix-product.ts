/** Matrix products over typed arrays with arbitrary strides, which is what forward pass, input gradient and weight gradient all are. */

/** Arrays a product works on: binary32 for speed, binary64 where a test needs the rounding out of the way. */
export type Reals = Float32Array | Float64Array;

/** A matrix inside an array: element (row, column) lies at `offset + row·rowStride + column·columnStride`. */
export interface MatrixView {
  readonly data: Reals;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** A way to compute c = a·b, or c += a·b; a is rows × inner, b is inner × columns. The result does not depend on anything but the values. */
export interface MatrixProduct {
  readonly name: string;
  multiply(a: MatrixView, b: MatrixView, c: MatrixView, rows: number, inner: number, columns: number, accumulate?: boolean): void;
}

/** A row-major matrix of `columns` columns that starts at `offset`. */
export function rowMajor(data: Reals, columns: number, offset = 0): MatrixView {
  return { data, offset, rowStride: columns, columnStride: 1 };
}

/** The transpose of a row-major matrix of `columns` columns. */
export function transposed(data: Reals, columns: number, offset = 0): MatrixView {
  return { data, offset, rowStride: 1, columnStride: columns };
}

/** Throws RangeError where a matrix of this size would reach outside its array. */
export function checkView(name: string, view: MatrixView, rows: number, columns: number): void {
  const last = view.offset + (rows - 1) * view.rowStride + (columns - 1) * view.columnStride;
  if (rows > 0 && columns > 0 && (view.offset < 0 || last >= view.data.length)) {
    throw new RangeError(`matrix ${name} of ${rows} × ${columns} ends at element ${last} of an array of ${view.data.length}`);
  }
}

/**
 * Plain loops, blocked 4 × 4 so that each load serves four products; sums are carried in binary64. For small products (decoding one token),
 * for binary64 arrays, and where WebAssembly is missing.
 */
export const scalarProduct: MatrixProduct = {
  name: 'scalar',
  multiply(a, b, c, rows, inner, columns, accumulate = false) {
    checkView('a', a, rows, inner);
    checkView('b', b, inner, columns);
    checkView('c', c, rows, columns);
    for (let row = 0; row < rows; row += 4) {
      const high = Math.min(4, rows - row);
      for (let column = 0; column < columns; column += 4) {
        const wide = Math.min(4, columns - column);
        if (high === 4 && wide === 4) tile(a, b, c, row, column, inner, accumulate);
        else edge(a, b, c, row, column, high, wide, inner, accumulate);
      }
    }
  },
};

function tile(a: MatrixView, b: MatrixView, c: MatrixView, row: number, column: number, inner: number, accumulate: boolean): void {
  const x = a.data;
  const y = b.data;
  const i1 = a.rowStride;
  const i2 = 2 * i1;
  const i3 = 3 * i1;
  const j1 = b.columnStride;
  const j2 = 2 * j1;
  const j3 = 3 * j1;
  let p = a.offset + row * i1;
  let q = b.offset + column * j1;
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let k = 0; k < inner; k++) {
    const x0 = x[p], x1 = x[p + i1], x2 = x[p + i2], x3 = x[p + i3];
    const y0 = y[q], y1 = y[q + j1], y2 = y[q + j2], y3 = y[q + j3];
    c00 += x0 * y0; c01 += x0 * y1; c02 += x0 * y2; c03 += x0 * y3;
    c10 += x1 * y0; c11 += x1 * y1; c12 += x1 * y2; c13 += x1 * y3;
    c20 += x2 * y0; c21 += x2 * y1; c22 += x2 * y2; c23 += x2 * y3;
    c30 += x3 * y0; c31 += x3 * y1; c32 += x3 * y2; c33 += x3 * y3;
    p += a.columnStride;
    q += b.rowStride;
  }
  const out = c.data;
  const s = c.columnStride;
  let r = c.offset + row * c.rowStride + column * s;
  if (accumulate) {
    out[r] += c00; out[r + s] += c01; out[r + 2 * s] += c02; out[r + 3 * s] += c03; r += c.rowStride;
    out[r] += c10; out[r + s] += c11; out[r + 2 * s] += c12; out[r + 3 * s] += c13; r += c.rowStride;
    out[r] += c20; out[r + s] += c21; out[r + 2 * s] += c22; out[r + 3 * s] += c23; r += c.rowStride;
    out[r] += c30; out[r + s] += c31; out[r + 2 * s] += c32; out[r + 3 * s] += c33;
  } else {
    out[r] = c00; out[r + s] = c01; out[r + 2 * s] = c02; out[r + 3 * s] = c03; r += c.rowStride;
    out[r] = c10; out[r + s] = c11; out[r + 2 * s] = c12; out[r + 3 * s] = c13; r += c.rowStride;
    out[r] = c20; out[r + s] = c21; out[r + 2 * s] = c22; out[r + 3 * s] = c23; r += c.rowStride;
    out[r] = c30; out[r + s] = c31; out[r + 2 * s] = c32; out[r + 3 * s] = c33;
  }
}

function edge(a: MatrixView, b: MatrixView, c: MatrixView, row: number, column: number, high: number, wide: number, inner: number, accumulate: boolean): void {
  const x = a.data;
  const y = b.data;
  for (let i = row; i < row + high; i++) {
    for (let j = column; j < column + wide; j++) {
      let p = a.offset + i * a.rowStride;
      let q = b.offset + j * b.columnStride;
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        sum += x[p] * y[q];
        p += a.columnStride;
        q += b.rowStride;
      }
      const r = c.offset + i * c.rowStride + j * c.columnStride;
      c.data[r] = accumulate ? c.data[r] + sum : sum;
    }
  }
}
