/** How far rotated keys lie from prefilling at the true position, computed in binary64. */
import { ropeFrequencies } from '../../kv/rope/frequencies.ts';
import type { KeyLayout } from '../../kv/rope/key-layout.ts';
import type { RopeBackend } from '../../kv/rope/rope-backend.ts';
import { plainRope } from '../../kv/rope/rope-spec.ts';
import type { RopeSpec } from '../../kv/rope/rope-spec.ts';

/** Largest absolute error over unit-variance keys. */
export interface KeyError {
  readonly shift: number;
  readonly float32: number;
  /** Keys stored as fp16 before and after. */
  readonly half: number;
}

const SPEC = plainRope(128, 'neox');
const LAYOUT: KeyLayout = { outer: 2, tokens: 64, inner: 4, headDim: 128 };

/** Measures a backend at one shift. */
export function keyErrors(backend: RopeBackend, shift: number, roundToHalf: (values: Float32Array) => Float32Array): KeyError {
  const raw = normals(LAYOUT.outer * LAYOUT.tokens * LAYOUT.inner * LAYOUT.headDim);
  const cached = prefilled(raw, SPEC, 0);
  const truth = prefilled(raw, SPEC, shift);
  const shifts = [{ start: 0, tokens: LAYOUT.tokens, shift }];
  const moved = backend.rotate(Float32Array.from(cached), LAYOUT, SPEC, shifts);
  const throughHalf = roundToHalf(backend.rotate(roundToHalf(Float32Array.from(cached)), LAYOUT, SPEC, shifts));
  return { shift, float32: largestError(moved, truth), half: largestError(throughHalf, truth) };
}

/** Standard normal deviates (Box and Muller) over a congruential generator. */
function normals(count: number): Float64Array {
  let state = 12345;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
  return Float64Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

/** Keys at positions token + offset, each pair as a complex number times a phase. */
function prefilled(raw: Float64Array, spec: RopeSpec, offset: number): Float64Array {
  const frequencies = ropeFrequencies(spec);
  const half = spec.rotaryDim / 2;
  const out = Float64Array.from(raw);
  for (let row = 0; row < raw.length / spec.headDim; row++) {
    const position = (Math.floor(row / LAYOUT.inner) % LAYOUT.tokens) + offset;
    for (let i = 0; i < half; i++) {
      const re = raw[row * spec.headDim + i];
      const im = raw[row * spec.headDim + i + half];
      const phase = position * frequencies[i];
      out[row * spec.headDim + i] = re * Math.cos(phase) - im * Math.sin(phase);
      out[row * spec.headDim + i + half] = re * Math.sin(phase) + im * Math.cos(phase);
    }
  }
  return out;
}

function largestError(values: Float32Array, truth: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] - truth[i]));
  return most;
}
