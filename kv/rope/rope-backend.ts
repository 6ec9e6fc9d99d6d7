/** What every way of rotating keys has in common. */
import type { KeyLayout, PositionShift } from './key-layout.ts';
import type { RopeSpec } from './rope-spec.ts';

/** gpu.js modes, this project's own WebAssembly SIMD, and plain TypeScript loops. */
export const ROPE_MODES = ['webgl2', 'webgl', 'headlessgl', 'webasm', 'cpu', 'simd', 'typescript'] as const;
export type RopeMode = (typeof ROPE_MODES)[number];

/** Moves cached keys to new positions. */
export interface RopeBackend {
  readonly mode: RopeMode;
  /** The class of kernel that really ran last, or that will run: gpu.js names, `WebAssemblySimd` or `TypeScript`. */
  readonly kernelClass: string;
  /**
   * Returns the keys rotated by shift·frequency for each stretch of tokens; tokens in no stretch come back unchanged, and `keys` itself is
   * left alone. Throws RangeError where the parts do not fit together.
   */
  rotate(keys: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): Float32Array;
  /** Frees kernels and textures; the backend is of no use afterwards. */
  destroy(): void;
}

/** A mode was asked for that this machine cannot run, or the library ran something else instead. */
export class RopeModeError extends Error {
  override readonly name = 'RopeModeError';
}
