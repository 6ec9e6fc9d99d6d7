/**
 * A matrix-product kernel in WebAssembly SIMD, assembled here so that it needs no toolchain and no file.
 *
 * `product(a, b, c, rowPanels, columnPanels, inner)` works on packed panels in its own memory:
 * a: rowPanels × inner × 4, four rows interleaved; b: columnPanels × inner × 8, eight columns interleaved;
 * c: row-major, rowPanels·4 rows of columnPanels·8 columns. A 4 × 8 block of c stays in eight vector registers over the inner loop.
 * Every product and sum is a binary32 operation in a fixed order, so the bits are the same on every machine (WebAssembly's SIMD is
 * deterministic but for NaN payloads).
 */
import {
  ADD, advance, block, branchIf, constant, countDown, EQUALS_ZERO, get, I32, instantiate, loadSplat, loadVector, loop, moduleBytes, MULTIPLY, set, SHIFT_LEFT,
  storeVector, V128, VECTOR_ADD, VECTOR_MULTIPLY, ZERO_VECTOR,
} from './wasm-assembly.ts';
import type { LinearMemory } from './wasm-assembly.ts';

export const PANEL_ROWS = 4;
export const PANEL_COLUMNS = 8;

/** What the instantiated kernel offers. */
export interface SimdKernel {
  readonly memory: LinearMemory;
  readonly product: (a: number, b: number, c: number, rowPanels: number, columnPanels: number, inner: number) => void;
}

function simdKernelBytes(): Uint8Array<ArrayBuffer> {
  // Parameters 0 to 5, then locals.
  const [a, b, c, rowPanels, columnPanels, inner] = [0, 1, 2, 3, 4, 5];
  const [row, left, right, count, out, pitch, start] = [6, 7, 8, 9, 10, 11, 12];
  const low = 13;
  const high = 14;
  const splat = 15;
  const sums = Array.from({ length: 8 }, (_, i) => 16 + i);
  const step = [
    ...get(right), ...loadVector(0), ...set(low),
    ...get(right), ...loadVector(16), ...set(high),
    ...[0, 1, 2, 3].flatMap((r) => [
      ...get(left), ...loadSplat(4 * r), ...set(splat),
      ...get(sums[2 * r]), ...get(splat), ...get(low), ...VECTOR_MULTIPLY, ...VECTOR_ADD, ...set(sums[2 * r]),
      ...get(sums[2 * r + 1]), ...get(splat), ...get(high), ...VECTOR_MULTIPLY, ...VECTOR_ADD, ...set(sums[2 * r + 1]),
    ]),
    ...advance(left, 16),
    ...advance(right, 32),
    ...countDown(count),
  ];
  const storeRows = [0, 1, 2, 3].flatMap((r) => [
    ...get(out), ...get(sums[2 * r]), ...storeVector(0),
    ...get(out), ...get(sums[2 * r + 1]), ...storeVector(16),
    ...get(out), ...get(pitch), ...ADD, ...set(out),
  ]);
  const rowBody = [
    ...get(b), ...set(right),
    ...get(inner), ...set(count),
    ...sums.flatMap((sum) => [...ZERO_VECTOR, ...set(sum)]),
    ...loop(step), // `left` runs on from panel to panel of a.
    ...storeRows, // `out` runs on from panel to panel of c.
    ...countDown(row),
  ];
  const columnBody = [
    ...get(a), ...set(left),
    ...get(start), ...set(out),
    ...get(rowPanels), ...set(row),
    ...loop(rowBody),
    ...get(b), ...get(inner), ...constant(5), ...SHIFT_LEFT, ...ADD, ...set(b),
    ...advance(start, 32),
    ...countDown(columnPanels),
  ];
  const body = block([
    ...get(rowPanels), ...EQUALS_ZERO, ...branchIf(0),
    ...get(columnPanels), ...EQUALS_ZERO, ...branchIf(0),
    ...get(inner), ...EQUALS_ZERO, ...branchIf(0),
    ...get(columnPanels), ...constant(32), ...MULTIPLY, ...set(pitch),
    ...get(c), ...set(start),
    ...loop(columnBody),
  ]);
  return moduleBytes([{ name: 'product', parameters: 6, locals: [[7, I32], [11, V128]], body }]);
}

/** Compiles and instantiates the kernel, or undefined where WebAssembly or its SIMD is missing. */
export function instantiateSimdKernel(): SimdKernel | undefined {
  const exports = instantiate(simdKernelBytes());
  return exports === undefined ? undefined : { memory: exports['memory'] as LinearMemory, product: exports['product'] as SimdKernel['product'] };
}
