/** Matrix products through the WebAssembly SIMD kernel: pack, multiply, unpack. */
import { checkView, scalarProduct } from './matrix-product.ts';
import type { MatrixProduct, MatrixView } from './matrix-product.ts';
import { instantiateSimdKernel, PANEL_COLUMNS, PANEL_ROWS } from './simd-kernel.ts';
import type { SimdKernel } from './simd-kernel.ts';

/** Below this many rows packing b costs more than the kernel saves: decoding one token stays with the plain loops. */
const MIN_ROWS = 4;
const PAGE_BYTES = 65536;
/** Columns of b packed at a time, so that a large weight matrix needs a bounded work space. */
const MAX_COLUMNS = 4096;

/**
 * A product on this kernel with a work space of its own, or the plain loops where SIMD is missing. Sums are binary32, in one order for one
 * shape: the same bits on every machine with SIMD. Binary64 arrays and few rows go to the plain loops.
 */
export function createMatrixProduct(): MatrixProduct {
  const kernel = instantiateSimdKernel();
  return kernel === undefined ? scalarProduct : new SimdProduct(kernel);
}

class SimdProduct implements MatrixProduct {
  readonly name = 'simd';
  readonly #kernel: SimdKernel;
  #work: Float32Array;

  constructor(kernel: SimdKernel) {
    this.#kernel = kernel;
    this.#work = new Float32Array(kernel.memory.buffer);
  }

  multiply(a: MatrixView, b: MatrixView, c: MatrixView, rows: number, inner: number, columns: number, accumulate = false): void {
    const narrow = a.data instanceof Float32Array && b.data instanceof Float32Array && c.data instanceof Float32Array;
    if (!narrow || rows < MIN_ROWS || columns === 0 || inner === 0) {
      scalarProduct.multiply(a, b, c, rows, inner, columns, accumulate);
      return;
    }
    checkView('a', a, rows, inner);
    checkView('b', b, inner, columns);
    checkView('c', c, rows, columns);
    const rowPanels = Math.ceil(rows / PANEL_ROWS);
    const widest = Math.min(columns, MAX_COLUMNS);
    const aSize = rowPanels * PANEL_ROWS * inner;
    const pitch = Math.ceil(widest / PANEL_COLUMNS) * PANEL_COLUMNS;
    this.#reserve(aSize + pitch * inner + rowPanels * PANEL_ROWS * pitch);
    const work = this.#work;
    // The panels of a are the same for every strip of columns.
    pack(work, 0, a.data, a.offset, a.rowStride, a.columnStride, rows, inner, PANEL_ROWS);
    for (let first = 0; first < columns; first += MAX_COLUMNS) {
      const wide = Math.min(MAX_COLUMNS, columns - first);
      const columnPanels = Math.ceil(wide / PANEL_COLUMNS);
      const width = columnPanels * PANEL_COLUMNS;
      const bAt = aSize;
      const cAt = aSize + width * inner;
      pack(work, bAt, b.data, b.offset + first * b.columnStride, b.columnStride, b.rowStride, wide, inner, PANEL_COLUMNS);
      this.#kernel.product(0, bAt * 4, cAt * 4, rowPanels, columnPanels, inner);
      unpack(work, cAt, width, c, first, rows, wide, accumulate);
    }
  }

  #reserve(elements: number): void {
    if (elements <= this.#work.length) return;
    const pages = Math.ceil((elements * 4) / PAGE_BYTES) - this.#kernel.memory.buffer.byteLength / PAGE_BYTES;
    this.#kernel.memory.grow(pages);
    this.#work = new Float32Array(this.#kernel.memory.buffer);
  }
}

/** Interleaves `lines` lines of `inner` elements into panels of `height` lines; the last panel is filled with zeros. */
function pack(work: Float32Array, at: number, data: Float32Array, offset: number, lineStride: number, stride: number, lines: number, inner: number, height: number): void {
  let out = at;
  for (let line = 0; line < lines; line += height) {
    const present = Math.min(height, lines - line);
    const start = offset + line * lineStride;
    if (present < height) {
      work.fill(0, out, out + height * inner);
      for (let i = 0; i < present; i++) packLine(work, out + i, data, start + i * lineStride, stride, inner, height);
    } else if (lineStride === 1) {
      // Neighbours in memory become neighbours in the panel.
      for (let k = 0, p = start, q = out; k < inner; k++, p += stride) for (let i = 0; i < height; i++) work[q++] = data[p + i];
    } else {
      for (let i = 0; i < height; i += 4) packFour(work, out + i, data, start + i * lineStride, lineStride, stride, inner, height);
    }
    out += height * inner;
  }
}

function packLine(work: Float32Array, at: number, data: Float32Array, start: number, stride: number, inner: number, height: number): void {
  for (let k = 0, p = start, q = at; k < inner; k++, p += stride, q += height) work[q] = data[p];
}

function packFour(work: Float32Array, at: number, data: Float32Array, start: number, lineStride: number, stride: number, inner: number, height: number): void {
  const second = lineStride;
  const third = 2 * lineStride;
  const fourth = 3 * lineStride;
  for (let k = 0, p = start, q = at; k < inner; k++, p += stride, q += height) {
    work[q] = data[p];
    work[q + 1] = data[p + second];
    work[q + 2] = data[p + third];
    work[q + 3] = data[p + fourth];
  }
}

/** From this width on a block copy beats a loop. */
const WIDE_ROW = 32;

function unpack(work: Float32Array, at: number, width: number, c: MatrixView, first: number, rows: number, wide: number, accumulate: boolean): void {
  const out = c.data as Float32Array;
  const stride = c.columnStride;
  for (let row = 0; row < rows; row++) {
    const from = at + row * width;
    const to = c.offset + row * c.rowStride + first * stride;
    if (accumulate) for (let j = 0; j < wide; j++) out[to + j * stride] += work[from + j];
    else if (stride !== 1) for (let j = 0; j < wide; j++) out[to + j * stride] = work[from + j];
    else if (wide >= WIDE_ROW) out.set(work.subarray(from, from + wide), to);
    else for (let j = 0; j < wide; j++) out[to + j] = work[from + j];
  }
}
