/** Rotation in WebAssembly SIMD, assembled here: four pairs an instruction, binary32 throughout. */
import {
  ADD, advance, block, branchIf, countDown, EQUALS_ZERO, get, I32, instantiate, loadVector, loop, moduleBytes, set, shuffle, storeVector, V128, VECTOR_ADD, VECTOR_MULTIPLY, VECTOR_SUBTRACT,
} from '../tensor/wasm-assembly.ts';
import type { LinearMemory, WasmFunction } from '../tensor/wasm-assembly.ts';
import { ropeFrequencies } from './frequencies.ts';
import { checkKeys, planShifts } from './key-layout.ts';
import type { KeyLayout, PositionShift } from './key-layout.ts';
import { RopeModeError } from './rope-backend.ts';
import type { RopeBackend } from './rope-backend.ts';
import type { RopeSpec } from './rope-spec.ts';
import { rotationTable } from './rotation-table.ts';
import { checkHeadDim, rotateInPlace } from './typescript-backend.ts';

type Kernel = (keys: number, heads: number, headBytes: number, halfBytes: number, vectors: number, first: number, second: number) => void;

/** NeoX: (a, b) a half apart → (a·c − b·s, a·s + b·c); `first` holds cosines, `second` sines. */
function neoxKernel(): WasmFunction {
  const [keys, heads, headBytes, halfBytes, vectors, cosines, sines] = [0, 1, 2, 3, 4, 5, 6];
  const [p, q, c, s, count] = [7, 8, 9, 10, 11];
  const [va, vb, vc, vs] = [12, 13, 14, 15];
  const step = [
    ...get(p), ...loadVector(0), ...set(va),
    ...get(q), ...loadVector(0), ...set(vb),
    ...get(c), ...loadVector(0), ...set(vc),
    ...get(s), ...loadVector(0), ...set(vs),
    ...get(p), ...get(va), ...get(vc), ...VECTOR_MULTIPLY, ...get(vb), ...get(vs), ...VECTOR_MULTIPLY, ...VECTOR_SUBTRACT, ...storeVector(0),
    ...get(q), ...get(va), ...get(vs), ...VECTOR_MULTIPLY, ...get(vb), ...get(vc), ...VECTOR_MULTIPLY, ...VECTOR_ADD, ...storeVector(0),
    ...advance(p, 16), ...advance(q, 16), ...advance(c, 16), ...advance(s, 16),
    ...countDown(count),
  ];
  const head = [
    ...get(keys), ...set(p),
    ...get(keys), ...get(halfBytes), ...ADD, ...set(q),
    ...get(cosines), ...set(c), ...get(sines), ...set(s),
    ...get(vectors), ...set(count),
    ...loop(step),
    ...get(keys), ...get(headBytes), ...ADD, ...set(keys),
    ...countDown(heads),
  ];
  return { name: 'neox', parameters: 7, locals: [[5, I32], [4, V128]], body: block([...get(heads), ...EQUALS_ZERO, ...branchIf(0), ...loop(head)]) };
}

/** Interleaved: (a, b, a', b') → itself × (c, c, c', c') + (b, a, b', a') × (−s, s, −s', s'), the two tables laid out so. */
function interleavedKernel(): WasmFunction {
  const [keys, heads, headBytes, , vectors, cosines, sines] = [0, 1, 2, 3, 4, 5, 6];
  const [p, c, s, count] = [7, 8, 9, 10];
  const v = 11;
  const step = [
    ...get(p), ...loadVector(0), ...set(v),
    ...get(p),
    ...get(v), ...get(c), ...loadVector(0), ...VECTOR_MULTIPLY,
    ...get(v), ...get(v), ...shuffle([1, 0, 3, 2]), ...get(s), ...loadVector(0), ...VECTOR_MULTIPLY,
    ...VECTOR_ADD, ...storeVector(0),
    ...advance(p, 16), ...advance(c, 16), ...advance(s, 16),
    ...countDown(count),
  ];
  const head = [
    ...get(keys), ...set(p), ...get(cosines), ...set(c), ...get(sines), ...set(s),
    ...get(vectors), ...set(count),
    ...loop(step),
    ...get(keys), ...get(headBytes), ...ADD, ...set(keys),
    ...countDown(heads),
  ];
  return { name: 'interleaved', parameters: 7, locals: [[4, I32], [1, V128]], body: block([...get(heads), ...EQUALS_ZERO, ...branchIf(0), ...loop(head)]) };
}

/** Bytes of keys brought into the kernel's memory at a time: they and their tables stay in a core's second-level cache. */
const STAGE_BYTES = 262144;
const PAGE_BYTES = 65536;

/** Opens the backend. Throws RopeModeError where WebAssembly or its SIMD is missing. */
export function openSimdRope(): SimdRope {
  const exports = instantiate(moduleBytes([neoxKernel(), interleavedKernel()]));
  if (exports === undefined) throw new RopeModeError('mode simd cannot run here: no WebAssembly SIMD');
  return new SimdRope(exports['memory'] as LinearMemory, exports['neox'] as Kernel, exports['interleaved'] as Kernel);
}

/** Rotation on one core. Heads whose pairs do not fill vectors of four go to the plain loops. */
export class SimdRope implements RopeBackend {
  readonly mode = 'simd';
  readonly kernelClass = 'WebAssemblySimd';
  readonly #memory: LinearMemory;
  readonly #neox: Kernel;
  readonly #interleaved: Kernel;

  constructor(memory: LinearMemory, neox: Kernel, interleaved: Kernel) {
    this.#memory = memory;
    this.#neox = neox;
    this.#interleaved = interleaved;
  }

  rotate(keys: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): Float32Array {
    const out = new Float32Array(keys.length);
    this.#rotate(keys, out, layout, spec, shifts);
    return out;
  }

  /** Rotates keys where they lie. */
  rotateInPlace(keys: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): void {
    this.#rotate(keys, keys, layout, spec, shifts);
  }

  #rotate(from: Float32Array, to: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): void {
    checkKeys(from, layout);
    checkHeadDim(layout, spec);
    const neox = spec.pairing === 'neox';
    // Pairs to a vector: four halves of NeoX pairs, or two whole interleaved ones.
    const pairsPerVector = neox ? 4 : 2;
    if ((spec.rotaryDim / 2) % pairsPerVector !== 0) {
      if (to !== from) to.set(from);
      rotateInPlace(to, layout, spec, shifts);
      return;
    }
    const plan = planShifts(shifts, layout.tokens);
    const width = layout.inner * layout.headDim;
    const stageTokens = Math.max(1, Math.floor(STAGE_BYTES / (4 * width)));
    const tables = this.#loadTables(spec, plan.shifts, stageTokens * width);
    const memory = new Float32Array(this.#memory.buffer);
    const kernel = neox ? this.#neox : this.#interleaved;
    for (let outer = 0; outer < layout.outer; outer++) {
      for (let token = 0; token < layout.tokens; ) {
        const shift = plan.shiftOfToken[token];
        let count = 1;
        while (count < stageTokens && token + count < layout.tokens && plan.shiftOfToken[token + count] === shift) count++;
        const at = (outer * layout.tokens + token) * width;
        const part = from.subarray(at, at + count * width);
        if (shift === 0) {
          if (to !== from) to.set(part, at);
        } else {
          memory.set(part);
          kernel(0, count * layout.inner, layout.headDim * 4, spec.rotaryDim * 2, spec.rotaryDim / 2 / pairsPerVector, tables.cos + shift * tables.rowBytes, tables.sin + shift * tables.rowBytes);
          to.set(memory.subarray(0, count * width), at);
        }
        token += count;
      }
    }
  }

  /** Puts the tables behind the stage; returns their addresses. */
  #loadTables(spec: RopeSpec, shifts: readonly number[], stageElements: number): { cos: number; sin: number; rowBytes: number } {
    const { pairs, rows, cos, sin } = rotationTable(ropeFrequencies(spec), shifts);
    const neox = spec.pairing === 'neox';
    const row = neox ? pairs : 2 * pairs;
    const start = Math.ceil(stageElements / 4) * 4;
    const need = (start + 2 * rows * row) * 4;
    const have = this.#memory.buffer.byteLength;
    if (need > have) this.#memory.grow(Math.ceil((need - have) / PAGE_BYTES));
    const memory = new Float32Array(this.#memory.buffer);
    const second = start + rows * row;
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < pairs; i++) {
        const c = cos[r * pairs + i];
        const s = sin[r * pairs + i];
        if (neox) {
          memory[start + r * row + i] = c;
          memory[second + r * row + i] = s;
        } else {
          memory[start + r * row + 2 * i] = memory[start + r * row + 2 * i + 1] = c;
          memory[second + r * row + 2 * i] = -s;
          memory[second + r * row + 2 * i + 1] = s;
        }
      }
    }
    return { cos: start * 4, sin: second * 4, rowBytes: row * 4 };
  }

  destroy(): void {
    // The memory goes with the object.
  }
}
