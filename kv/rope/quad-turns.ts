/** Rotation tables as the four-at-a-time kernels read them, and heads made to fit. */
import { ropeFrequencies } from './frequencies.ts';
import type { ShiftPlan } from './key-layout.ts';
import { checkRopeSpec } from './rope-spec.ts';
import type { RopePairing, RopeSpec } from './rope-spec.ts';
import { rotationTable } from './rotation-table.ts';

/** A table texture: one line of `width` quads for each distinct shift, and each token's line. Head sizes are those after widening. */
export interface QuadTurns {
  readonly headDim: number;
  readonly rotaryDim: number;
  readonly pairing: RopePairing;
  readonly width: number;
  readonly lines: number;
  readonly values: Float32Array;
  readonly lineOfToken: Int32Array;
}

const wholeQuads = (elements: number): number => Math.ceil(elements / 4) * 4;

/** Sizes of the parts of a head that must each start on a quad: the two halves of NeoX pairs, or all interleaved pairs; then the rest. */
function headParts(spec: RopeSpec): number[] {
  const { headDim, rotaryDim } = spec;
  return spec.pairing === 'neox' ? [rotaryDim / 2, rotaryDim / 2, headDim - rotaryDim] : [rotaryDim, headDim - rotaryDim];
}

/** Builds the table of a plan's shifts: NeoX lines hold cos quad, sin quad, cos quad, …; interleaved ones cos, sin, cos, sin, … */
export function quadTurns(spec: RopeSpec, plan: ShiftPlan): QuadTurns {
  const { pairs, rows, cos, sin } = rotationTable(ropeFrequencies(spec), plan.shifts);
  const padded = headParts(spec).map(wholeQuads);
  const rotaryDim = spec.pairing === 'neox' ? 2 * padded[0] : padded[0];
  const values = new Float32Array(rows * rotaryDim);
  for (let row = 0; row < rows; row++) {
    const at = row * rotaryDim;
    for (let i = 0; i < rotaryDim / 2; i++) {
      const quad = Math.floor(i / 4) * 8 + (i % 4);
      const [cosAt, sinAt] = spec.pairing === 'neox' ? [quad, quad + 4] : [2 * i, 2 * i + 1];
      values[at + cosAt] = i < pairs ? cos[row * pairs + i] : 1;
      values[at + sinAt] = i < pairs ? sin[row * pairs + i] : 0;
    }
  }
  const headDim = padded.reduce((sum, size) => sum + size, 0);
  return { headDim, rotaryDim, pairing: spec.pairing, width: rotaryDim / 4, lines: rows, values, lineOfToken: plan.shiftOfToken };
}

/** Copies heads into a wider layout whose parts start on quads, and back; undefined where they do already. */
export function headSpread(spec: RopeSpec): { widen(keys: Float32Array, heads: number): Float32Array; narrow(keys: Float32Array, heads: number): Float32Array } | undefined {
  checkRopeSpec(spec);
  const parts = headParts(spec);
  const padded = parts.map(wholeQuads);
  if (parts.every((size, i) => size === padded[i])) return undefined;
  const wideHead = padded.reduce((sum, size) => sum + size, 0);
  const copy = (from: Float32Array, to: Float32Array, heads: number, fromHead: number, toHead: number, fromParts: readonly number[], toParts: readonly number[]): Float32Array => {
    for (let head = 0; head < heads; head++) {
      let source = head * fromHead;
      let target = head * toHead;
      parts.forEach((size, part) => {
        for (let i = 0; i < size; i++) to[target + i] = from[source + i];
        source += fromParts[part];
        target += toParts[part];
      });
    }
    return to;
  };
  return {
    widen: (keys, heads) => copy(keys, new Float32Array(heads * wideHead), heads, spec.headDim, wideHead, parts, padded),
    narrow: (keys, heads) => copy(keys, new Float32Array(heads * spec.headDim), heads, wideHead, spec.headDim, padded, parts),
  };
}
