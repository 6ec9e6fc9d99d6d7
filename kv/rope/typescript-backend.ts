/** Rotation in plain loops: the oracle's arithmetic at the speed of the JavaScript engine. */
import { ropeFrequencies } from './frequencies.ts';
import { checkKeys, planShifts } from './key-layout.ts';
import type { KeyLayout, PositionShift } from './key-layout.ts';
import type { RopeBackend } from './rope-backend.ts';
import { checkRopeSpec } from './rope-spec.ts';
import type { RopeSpec } from './rope-spec.ts';
import { rotateHeads } from './rotate-heads.ts';
import { rotationTable } from './rotation-table.ts';

/** Keys rotated into a new array. */
export const typescriptRope: RopeBackend = {
  mode: 'typescript',
  kernelClass: 'TypeScript',
  rotate(keys, layout, spec, shifts) {
    const out = Float32Array.from(keys);
    rotateInPlace(out, layout, spec, shifts);
    return out;
  },
  destroy() {
    // Holds nothing.
  },
};

/** Rotates keys where they lie: products and sums in binary64, each element rounded to binary32 once. */
export function rotateInPlace(keys: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): void {
  checkKeys(keys, layout);
  checkHeadDim(layout, spec);
  const plan = planShifts(shifts, layout.tokens);
  const table = rotationTable(ropeFrequencies(spec), plan.shifts);
  const width = layout.inner * layout.headDim;
  for (let outer = 0; outer < layout.outer; outer++) {
    for (let token = 0; token < layout.tokens; token++) {
      const shift = plan.shiftOfToken[token];
      if (shift === 0) continue;
      const at = (outer * layout.tokens + token) * width;
      rotateHeads(keys, at, layout.inner, layout.headDim, spec.pairing, table.pairs, table.cos, table.sin, shift * table.pairs);
    }
  }
}

/** Throws RangeError where the heads of a batch are not those of the embedding. */
export function checkHeadDim(layout: KeyLayout, spec: RopeSpec): void {
  checkRopeSpec(spec);
  if (layout.headDim !== spec.headDim) throw new RangeError(`layout.headDim is ${layout.headDim}; expected the embedding's ${spec.headDim}`);
}
