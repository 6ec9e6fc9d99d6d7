/**
 * Just enough of WebAssembly's binary format to write a kernel by hand: integer arithmetic, loops, and 128-bit vectors of binary32.
 * Each function gives the bytes of one instruction (WebAssembly Core Specification 2.0, §5); a kernel is their concatenation.
 */

export const I32 = 0x7f;
export const V128 = 0x7b;
const VOID = 0x40;

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

export const get = (local: number): number[] => [0x20, ...leb(local)];
export const set = (local: number): number[] => [0x21, ...leb(local)];
export const tee = (local: number): number[] => [0x22, ...leb(local)];
/** A constant from 0 to 63: signed LEB128 of one byte. */
export const constant = (value: number): number[] => [0x41, value];
export const ADD = [0x6a];
export const SUBTRACT = [0x6b];
export const MULTIPLY = [0x6c];
export const SHIFT_LEFT = [0x74];
export const EQUALS_ZERO = [0x45];
export const loop = (body: readonly number[]): number[] => [0x03, VOID, ...body, 0x0b];
export const block = (body: readonly number[]): number[] => [0x02, VOID, ...body, 0x0b];
export const branchIf = (depth: number): number[] => [0x0d, depth];
export const loadVector = (offset: number): number[] => [0xfd, 0x00, 4, ...leb(offset)];
export const loadSplat = (offset: number): number[] => [0xfd, 0x09, 2, ...leb(offset)];
export const storeVector = (offset: number): number[] => [0xfd, 0x0b, 4, ...leb(offset)];
export const ZERO_VECTOR = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
export const VECTOR_ADD = [0xfd, 0xe4, 0x01];
export const VECTOR_SUBTRACT = [0xfd, 0xe5, 0x01];
export const VECTOR_MULTIPLY = [0xfd, 0xe6, 0x01];
/** Lanes of two vectors picked by number: 0 to 3 from the first, 4 to 7 from the second. */
export const shuffle = (lanes: readonly [number, number, number, number]): number[] => [0xfd, 0x0d, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte))];
/** local += bytes, for 0 to 63. */
export const advance = (local: number, bytes: number): number[] => [...get(local), ...constant(bytes), ...ADD, ...set(local)];
/** local −= 1, then back to the start of the innermost loop unless it is 0. */
export const countDown = (local: number): number[] => [...get(local), ...constant(1), ...SUBTRACT, ...tee(local), ...branchIf(0)];

/** A function of 32-bit parameters without result. `locals` are groups of [how many, type] after the parameters. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  readonly locals: readonly (readonly [number, number])[];
  readonly body: readonly number[];
}

/** A module of these functions and one growable memory, exported as `memory`. */
export function moduleBytes(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const list = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
  const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];
  const text = (name: string): number[] => [...leb(name.length), ...Array.from(name, (c) => c.charCodeAt(0))];
  const codes = functions.map(({ locals, body }) => {
    const code = [...list(locals.map(([count, type]) => [...leb(count), type])), ...body, 0x0b];
    return [...leb(code.length), ...code];
  });
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    ...section(1, list(functions.map(({ parameters }) => [0x60, ...list(new Array<number[]>(parameters).fill([I32])), 0x00]))),
    ...section(3, list(functions.map((_, i) => leb(i)))),
    ...section(5, list([[0x00, 1]])),
    ...section(7, list([[...text('memory'), 0x02, 0], ...functions.map(({ name }, i) => [...text(name), 0x00, ...leb(i)])])),
    ...section(10, list(codes)),
  ]);
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

/** Compiles and instantiates a module, or gives undefined where WebAssembly or its SIMD is missing. */
export function instantiate(bytes: Uint8Array<ArrayBuffer>): Record<string, unknown> | undefined {
  const wasm = (globalThis as { WebAssembly?: WebAssemblyInterface }).WebAssembly;
  if (wasm?.validate(bytes) !== true) return undefined;
  return new wasm.Instance(new wasm.Module(bytes)).exports;
}
