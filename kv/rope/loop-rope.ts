/** Rotation in gpu.js's CPU and WebAssembly kernels. */
import { ropeFrequencies } from './frequencies.ts';
import type { GpuDevice } from './gpu-device.ts';
import { ELEMENTS } from './kernel-sources.ts';
import { checkKeys, planShifts } from './key-layout.ts';
import type { KeyLayout, PositionShift } from './key-layout.ts';
import type { RopeBackend } from './rope-backend.ts';
import type { RopeSpec } from './rope-spec.ts';
import { rotationTable } from './rotation-table.ts';
import type { RotationTable } from './rotation-table.ts';
import { checkHeadDim } from './typescript-backend.ts';

/** Rotation in gpu.js's own loops or WebAssembly, one element at a time. */
export class LoopRope implements RopeBackend {
  readonly mode;
  readonly kernelClass;
  readonly device: GpuDevice;

  constructor(device: GpuDevice) {
    this.device = device;
    this.mode = device.mode;
    this.kernelClass = device.kernelClass;
  }

  rotate(keys: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): Float32Array {
    checkKeys(keys, layout);
    checkHeadDim(layout, spec);
    const plan = planShifts(shifts, layout.tokens);
    if (keys.length === 0) return new Float32Array(0);
    const { input } = this.device.library;
    const width = layout.inner * layout.headDim;
    const { pairs, cos, sin, rows } = withPassThrough(rotationTable(ropeFrequencies(spec), plan.shifts));
    const { partner, sign, column } = elementRoles(layout, spec);
    const settings = { output: [width, layout.tokens, layout.outer] };
    const key = ['elements', width, layout.tokens, layout.outer, pairs, rows].join(' ');
    const planes = this.device.run(key, ELEMENTS, settings, [
      input(keys, [width, layout.tokens, layout.outer]),
      input(cos, [pairs, rows]),
      input(sin, [pairs, rows]),
      Float32Array.from(plan.shiftOfToken),
      partner,
      sign,
      column,
    ]) as Float32Array[][];
    const out = new Float32Array(keys.length);
    let at = 0;
    for (const plane of planes) {
      for (const line of plane) {
        out.set(line, at);
        at += width;
      }
    }
    return out;
  }

  destroy(): void {
    this.device.destroy();
  }
}

/** A table in binary32 with one more column, cos 1 and sin 0, for the elements that do not turn. */
function withPassThrough(table: RotationTable): { pairs: number; rows: number; cos: Float32Array; sin: Float32Array } {
  const pairs = table.pairs + 1;
  const cos = new Float32Array(table.rows * pairs).fill(1);
  const sin = new Float32Array(table.rows * pairs);
  for (let row = 0; row < table.rows; row++) {
    cos.set(table.cos.subarray(row * table.pairs, (row + 1) * table.pairs), row * pairs);
    sin.set(table.sin.subarray(row * table.pairs, (row + 1) * table.pairs), row * pairs);
  }
  return { pairs, rows: table.rows, cos, sin };
}

/** For each element of a token: where its partner lies, the sign of its sine, and its column of the table. */
function elementRoles(layout: KeyLayout, spec: RopeSpec): { partner: Float32Array; sign: Float32Array; column: Float32Array } {
  const width = layout.inner * layout.headDim;
  const half = spec.rotaryDim / 2;
  const partner = new Float32Array(width);
  const sign = new Float32Array(width);
  const column = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    const d = x % layout.headDim;
    if (d >= spec.rotaryDim) {
      partner[x] = x;
      column[x] = half;
      continue;
    }
    const first = spec.pairing === 'neox' ? d < half : d % 2 === 0;
    partner[x] = x + (first ? 1 : -1) * (spec.pairing === 'neox' ? half : 1);
    sign[x] = first ? -1 : 1;
    column[x] = spec.pairing === 'neox' ? d % half : Math.floor(d / 2);
  }
  return { partner, sign, column };
}
