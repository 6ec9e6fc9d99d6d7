/**
 * A matrix-product kernel in WebAssembly SIMD, assembled here byte by byte so that it needs no toolchain and no file.
 *
 * `product(a, b, c, rowPanels, columnPanels, inner)` works on packed panels in its own memory:
 * a: rowPanels × inner × 4, four rows interleaved; b: columnPanels × inner × 8, eight columns interleaved;
 * c: row-major, rowPanels·4 rows of columnPanels·8 columns. A 4 × 8 block of c stays in eight vector registers over the inner loop.
 * Every product and sum is a binary32 operation in a fixed order, so the bits are the same on every machine (WebAssembly's SIMD is
 * deterministic but for NaN payloads).
 *
 * Encoding: WebAssembly Core Specification 2.0, §5 (binary format).
 */

export const PANEL_ROWS = 4;
export const PANEL_COLUMNS = 8;

/** What the instantiated kernel offers. */
export interface SimdKernel {
  readonly memory: LinearMemory;
  readonly product: (a: number, b: number, c: number, rowPanels: number, columnPanels: number, inner: number) => void;
}

/** The part of WebAssembly's JavaScript interface used here; no library that this project compiles against declares it. */
interface WebAssemblyInterface {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object) => { exports: Record<string, unknown> };
}

/** A WebAssembly memory: `grow` adds pages of 64 KiB and detaches the buffer. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const I32 = 0x7f;
const V128 = 0x7b;
const VOID = 0x40;

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];
const name = (text: string): number[] => [...leb(text.length), ...Array.from(text, (c) => c.charCodeAt(0))];

const get = (local: number): number[] => [0x20, ...leb(local)];
const set = (local: number): number[] => [0x21, ...leb(local)];
/** A constant from 0 to 63, or a multiple of it built by shifts: signed LEB128 of one byte is enough here. */
const constant = (value: number): number[] => [0x41, value];
const ADD = [0x6a];
const SUB = [0x6b];
const MULTIPLY = [0x6c];
const SHIFT_LEFT = [0x74];
const EQUALS_ZERO = [0x45];
const loop = (body: readonly number[]): number[] => [0x03, VOID, ...body, 0x0b];
const block = (body: readonly number[]): number[] => [0x02, VOID, ...body, 0x0b];
const branchIf = (depth: number): number[] => [0x0d, depth];
const loadVector = (offset: number): number[] => [0xfd, 0x00, 4, ...leb(offset)];
const loadSplat = (offset: number): number[] => [0xfd, 0x09, 2, ...leb(offset)];
const storeVector = (offset: number): number[] => [0xfd, 0x0b, 4, ...leb(offset)];
const ZERO_VECTOR = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
const VECTOR_ADD = [0xfd, 0xe4, 0x01];
const VECTOR_MULTIPLY = [0xfd, 0xe6, 0x01];

/** The module's bytes. */
export function simdKernelBytes(): Uint8Array<ArrayBuffer> {
  // Parameters 0..5, then locals.
  const [a, b, c, rowPanels, columnPanels, inner] = [0, 1, 2, 3, 4, 5];
  const [row, left, right, count, out, pitch, start] = [6, 7, 8, 9, 10, 11, 12];
  const low = 13;
  const high = 14;
  const splat = 15;
  const sums = Array.from({ length: 8 }, (_, i) => 16 + i);

  const advance = (local: number, bytes: number): number[] => [...get(local), ...constant(bytes), ...ADD, ...set(local)];
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
    ...get(count), ...constant(1), ...SUB, 0x22, ...leb(count), ...branchIf(0),
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
    ...get(row), ...constant(1), ...SUB, 0x22, ...leb(row), ...branchIf(0),
  ];
  const columnBody = [
    ...get(a), ...set(left),
    ...get(start), ...set(out),
    ...get(rowPanels), ...set(row),
    ...loop(rowBody),
    ...get(b), ...get(inner), ...constant(5), ...SHIFT_LEFT, ...ADD, ...set(b),
    ...advance(start, 32),
    ...get(columnPanels), ...constant(1), ...SUB, 0x22, ...leb(columnPanels), ...branchIf(0),
  ];
  const body = block([
    ...get(rowPanels), ...EQUALS_ZERO, ...branchIf(0),
    ...get(columnPanels), ...EQUALS_ZERO, ...branchIf(0),
    ...get(inner), ...EQUALS_ZERO, ...branchIf(0),
    ...get(columnPanels), ...constant(32), ...MULTIPLY, ...set(pitch),
    ...get(c), ...set(start),
    ...loop(columnBody),
  ]);
  const locals = [[7, I32], [11, V128]];
  const code = [...vector(locals.map(([n, type]) => [...leb(n), type])), ...body, 0x0b];
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    ...section(1, vector([[0x60, ...vector(new Array<number[]>(6).fill([I32])), 0x00]])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0x00, 1]])),
    ...section(7, vector([[...name('memory'), 0x02, 0], [...name('product'), 0x00, 0]])),
    ...section(10, vector([[...leb(code.length), ...code]])),
  ]);
}

/** Compiles and instantiates the kernel, or undefined where WebAssembly or its SIMD is missing. */
export function instantiateSimdKernel(): SimdKernel | undefined {
  const wasm = (globalThis as { WebAssembly?: WebAssemblyInterface }).WebAssembly;
  if (wasm === undefined) return undefined;
  const bytes = simdKernelBytes();
  if (!wasm.validate(bytes)) return undefined;
  const { exports } = new wasm.Instance(new wasm.Module(bytes));
  return { memory: exports['memory'] as LinearMemory, product: exports['product'] as SimdKernel['product'] };
}
