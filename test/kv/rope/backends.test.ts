/** One suite for every way of rotating keys that this machine can run; `webgl2` and `webgl` run in browser.test.ts. */
import gpujs from 'gpu.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roundToHalf } from '../../../kv/codecs/half.ts';
import { ropeFrequencies } from '../../../kv/rope/frequencies.ts';
import { openLoopRope, openTextureRope } from '../../../kv/rope/gpu-backend.ts';
import { GpuDevice } from '../../../kv/rope/gpu-device.ts';
import type { GpuMode } from '../../../kv/rope/gpu-device.ts';
import type { GpuLibrary } from '../../../kv/rope/gpu-library.ts';
import type { KeyLayout, PositionShift } from '../../../kv/rope/key-layout.ts';
import { keyElements, planShifts } from '../../../kv/rope/key-layout.ts';
import { quadTurns } from '../../../kv/rope/quad-turns.ts';
import { RopeModeError } from '../../../kv/rope/rope-backend.ts';
import type { RopeBackend } from '../../../kv/rope/rope-backend.ts';
import { plainRope } from '../../../kv/rope/rope-spec.ts';
import type { RopeScaling, RopeSpec } from '../../../kv/rope/rope-spec.ts';
import { openSimdRope } from '../../../kv/rope/simd-rope.ts';
import { typescriptRope } from '../../../kv/rope/typescript-backend.ts';

const library = gpujs as unknown as GpuLibrary;
const CLASSES = { headlessgl: 'HeadlessGLKernel', webasm: 'WebAssemblyKernel', cpu: 'CPUKernel', simd: 'WebAssemblySimd', typescript: 'TypeScript' } as const;

/** Standard normal deviates by Box and Muller over a congruential generator. */
function normals(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
  return Float32Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

/**
 * Unrotated keys prefilled at given positions, in binary64 and in other words than the code under test: complex multiplication, angles
 * reduced by whole turns first.
 */
function prefilled(raw: Float32Array, layout: KeyLayout, spec: RopeSpec, positionOf: (token: number) => number): Float64Array {
  const frequencies = ropeFrequencies(spec);
  const out = Float64Array.from(raw);
  const half = spec.rotaryDim / 2;
  for (let row = 0; row < layout.outer * layout.tokens * layout.inner; row++) {
    const position = positionOf(Math.floor(row / layout.inner) % layout.tokens);
    for (let i = 0; i < half; i++) {
      const turns = (position * frequencies[i]) / (2 * Math.PI);
      const angle = (turns - Math.floor(turns)) * 2 * Math.PI;
      const [re, im] = spec.pairing === 'neox' ? [row * layout.headDim + i, row * layout.headDim + i + half] : [row * layout.headDim + 2 * i, row * layout.headDim + 2 * i + 1];
      out[re] = raw[re] * Math.cos(angle) - raw[im] * Math.sin(angle);
      out[im] = raw[re] * Math.sin(angle) + raw[im] * Math.cos(angle);
    }
  }
  return out;
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
};

interface Case {
  readonly name: string;
  readonly layout: KeyLayout;
  readonly spec: RopeSpec;
}
const NONE: RopeScaling = { kind: 'none' };
const CASES: Case[] = [
  { name: 'Llama-2 head, layer-token-head order', layout: { outer: 2, tokens: 48, inner: 2, headDim: 128 }, spec: { headDim: 128, rotaryDim: 128, theta: 10000, pairing: 'neox', scaling: NONE } },
  { name: 'Llama-2 head, layer-head-token order', layout: { outer: 4, tokens: 48, inner: 1, headDim: 128 }, spec: { headDim: 128, rotaryDim: 128, theta: 10000, pairing: 'interleaved', scaling: NONE } },
  {
    name: 'Llama-3.1 scaling',
    layout: { outer: 2, tokens: 48, inner: 2, headDim: 128 },
    spec: { headDim: 128, rotaryDim: 128, theta: 500000, pairing: 'neox', scaling: { kind: 'llama3', factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxTokens: 8192 } },
  },
  { name: 'YaRN', layout: { outer: 2, tokens: 48, inner: 2, headDim: 64 }, spec: { headDim: 64, rotaryDim: 64, theta: 1000000, pairing: 'neox', scaling: { kind: 'yarn', factor: 4, originalMaxTokens: 32768 } } },
  { name: 'linear scaling, heads of 96', layout: { outer: 2, tokens: 48, inner: 3, headDim: 96 }, spec: { headDim: 96, rotaryDim: 96, theta: 10000, pairing: 'interleaved', scaling: { kind: 'linear', factor: 4 } } },
  { name: 'partial rotary', layout: { outer: 2, tokens: 48, inner: 2, headDim: 80 }, spec: { headDim: 80, rotaryDim: 32, theta: 10000, pairing: 'neox', scaling: NONE } },
  { name: 'a head of 7 that no vector fits', layout: { outer: 3, tokens: 48, inner: 5, headDim: 7 }, spec: { headDim: 7, rotaryDim: 6, theta: 10000, pairing: 'neox', scaling: NONE } },
];
/** Where three chunks were cached, and where they belong: up to 128 k away, one backwards, one in place. */
const SHIFTS: PositionShift[] = [
  { start: 0, tokens: 10, shift: 131072 },
  { start: 10, tokens: 13, shift: -7 },
  { start: 30, tokens: 18, shift: 99991 },
];
const cachedAt = (token: number): number => (token < 10 ? token : token < 23 ? token + 40 : token < 30 ? 5 : token - 30);
const shiftAt = (token: number): number => SHIFTS.find(({ start, tokens }) => token >= start && token < start + tokens)?.shift ?? 0;

function open(mode: keyof typeof CLASSES): RopeBackend {
  if (mode === 'typescript') return typescriptRope;
  if (mode === 'simd') return openSimdRope();
  return mode === 'headlessgl' ? openTextureRope(library, mode) : openLoopRope(library, mode);
}

const modes: (keyof typeof CLASSES)[] = ['typescript', 'simd', 'cpu', 'webasm', 'headlessgl'];

for (const mode of modes) {
  const missing = mode === 'headlessgl' && !library.HeadlessGLKernel.isSupported;
  const reason = missing ? ' (skipped: package gl is not built or there is no display; npm rebuild gl --ignore-scripts=false, then xvfb-run -a)' : '';
  describe.skipIf(missing)(`rope in mode ${mode}${reason}`, () => {
    let backend: RopeBackend;
    beforeAll(() => {
      backend = open(mode);
    });
    afterAll(() => {
      backend.destroy();
    });

    it('runs the kernel class that was asked for', () => {
      expect(backend.mode).toBe(mode);
      expect(backend.kernelClass).toBe(CLASSES[mode]);
    });

    it.each(CASES)('shifts a cached key to where prefilling at the true position would put it: $name', ({ layout, spec }) => {
      const raw = normals(keyElements(layout), 11);
      const cached = Float32Array.from(prefilled(raw, layout, spec, cachedAt));
      const untouched = Float32Array.from(cached);
      const moved = backend.rotate(cached, layout, spec, SHIFTS);
      const expected = prefilled(raw, layout, spec, (token) => cachedAt(token) + shiftAt(token));
      expect(worst(moved, expected)).toBeLessThanOrEqual(1e-6);
      // Unmoved elements are the very same bits.
      const stays = (i: number): boolean => shiftAt(Math.floor(i / (layout.inner * layout.headDim)) % layout.tokens) === 0;
      expect(cached.findIndex((value, i) => stays(i) && moved[i] !== value)).toBe(-1);
      // The input is left alone.
      expect(worst(cached, untouched)).toBe(0);
    });

    it('stays within 4e-3 when keys are stored in fp16 before and after', () => {
      const { layout, spec } = CASES[0];
      const raw = normals(keyElements(layout), 12);
      const cached = roundToHalf(Float32Array.from(prefilled(raw, layout, spec, cachedAt)));
      const moved = roundToHalf(backend.rotate(cached, layout, spec, SHIFTS));
      expect(worst(moved, prefilled(raw, layout, spec, (token) => cachedAt(token) + shiftAt(token)))).toBeLessThanOrEqual(4e-3);
    });

    it('composes and inverts', () => {
      const { layout, spec } = CASES[0];
      const keys = normals(keyElements(layout), 13);
      const all = (shift: number): PositionShift[] => [{ start: 0, tokens: layout.tokens, shift }];
      const there = backend.rotate(keys, layout, spec, all(70001));
      expect(worst(backend.rotate(there, layout, spec, all(-70001)), keys)).toBeLessThanOrEqual(2e-6);
      expect(worst(backend.rotate(there, layout, spec, all(-70000)), backend.rotate(keys, layout, spec, all(1)))).toBeLessThanOrEqual(2e-6);
    });

    it('takes an empty batch', () => {
      const { spec } = CASES[0];
      expect(backend.rotate(new Float32Array(0), { outer: 0, tokens: 0, inner: 1, headDim: 128 }, spec, [])).toHaveLength(0);
    });

    it.skipIf(mode !== 'headlessgl')('keeps results of kernels that it has long forgotten', () => {
      const rope = openTextureRope(library, 'headlessgl');
      const layout = (tokens: number): KeyLayout => ({ outer: 1, tokens, inner: 1, headDim: 8 });
      const keys = normals(8, 15);
      const first = rope.rotateOnDevice(rope.upload(keys, layout(1)), quadTurns(plainRope(8, 'neox'), planShifts([], 1)));
      // More shapes than compiled kernels are kept for.
      for (let tokens = 2; tokens < 40; tokens++) rope.rotate(normals(8 * tokens, 16), layout(tokens), plainRope(8, 'neox'), []);
      expect(worst(rope.download(first), keys)).toBe(0);
      first.release();
      rope.destroy();
    });

    it.skipIf(mode !== 'headlessgl')('gives the same bits in many small tiles as in one', () => {
      const tiled = openTextureRope(library, 'headlessgl', { maxTextureSize: 64 });
      const { layout, spec } = CASES[1];
      const keys = normals(keyElements(layout), 14);
      expect(worst(tiled.rotate(keys, layout, spec, SHIFTS), backend.rotate(keys, layout, spec, SHIFTS))).toBe(0);
      tiled.destroy();
    });
  });
}

describe('a mode that cannot run', () => {
  it('is an error, not another mode', () => {
    // Node has no browser canvas.
    expect(() => openTextureRope(library, 'webgl2')).toThrow(RopeModeError);
    expect(() => openTextureRope(library, 'webgl2')).toThrow(/mode webgl2 cannot run here/);
  });

  it('is an error when the library quietly runs something else', () => {
    // A library whose webasm kernels degrade to the CPU, as gpu.js does for what its WebAssembly backend cannot express.
    class Degraded {
      readonly context = null;
      createKernel(): unknown {
        const run = (): Float32Array => Float32Array.of(0.5, 1.5);
        return Object.assign(run, { kernel: { constructor: library.CPUKernel, fallbackReason: 'textures are not supported' }, destroy: () => undefined });
      }
    }
    const quiet = { ...library, WebAssemblyKernel: library.WebAssemblyKernel, CPUKernel: library.CPUKernel, GPU: Degraded } as unknown as GpuLibrary;
    expect(() => new GpuDevice(quiet, 'webasm' satisfies GpuMode)).toThrow(/gpu.js ran CPUKernel: textures are not supported/);
  });
});
