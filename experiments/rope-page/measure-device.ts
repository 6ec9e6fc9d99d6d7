/** Error and speed of the rotation kernels on one graphics device. The same code runs in a browser and on Node. */
import { roundToHalf } from '../../kv/codecs/half.ts';
import { openTextureRope } from '../../kv/rope/gpu-backend.ts';
import type { GraphicsMode } from '../../kv/rope/gpu-device.ts';
import type { GpuLibrary } from '../../kv/rope/gpu-library.ts';
import { COPY_QUADS } from '../../kv/rope/kernel-sources.ts';
import { planShifts } from '../../kv/rope/key-layout.ts';
import type { KeyLayout } from '../../kv/rope/key-layout.ts';
import { quadTurns } from '../../kv/rope/quad-turns.ts';
import { plainRope } from '../../kv/rope/rope-spec.ts';
import type { TextureRope } from '../../kv/rope/texture-rope.ts';
import { keyErrors } from './key-errors.ts';
import type { KeyError } from './key-errors.ts';

/** Speed of one batch. Bytes count the keys once, though they are read and written. */
export interface DeviceSpeed {
  readonly megabytes: number;
  readonly headDim: number;
  readonly rotateBytesPerSecond: number;
  /** The same bytes through a kernel that only copies. */
  readonly copyBytesPerSecond: number;
  /** One dispatch of one texel, issued and waited for. */
  readonly dispatchMs: number;
  readonly uploadMs: number;
  readonly downloadMs: number;
}

/** What a device did, or why it could not. */
export interface DeviceReport {
  readonly mode: GraphicsMode;
  readonly error?: string;
  readonly kernelClass: string;
  readonly renderer: string;
  readonly maxTextureSize: number;
  readonly errors: readonly KeyError[];
  readonly speeds: readonly DeviceSpeed[];
}

/** What to measure. `now` gives milliseconds. */
export interface MeasureOptions {
  readonly megabytes: readonly number[];
  readonly headDims: readonly number[];
  /** Shortest time to measure one number for. */
  readonly seconds: number;
  readonly now: () => number;
}

/** Shifts that errors are taken at. */
export const ERROR_SHIFTS = [1, 1000, 16384, 131072] as const;
/** Chunks in a batch that is timed: each moves by another distance. */
const CHUNKS = 8;

/** Measures a device; a mode that cannot run gives a report with the reason. */
export function measureDevice(library: GpuLibrary, mode: GraphicsMode, options: MeasureOptions): DeviceReport {
  let rope: TextureRope;
  try {
    rope = openTextureRope(library, mode);
  } catch (error) {
    return { mode, error: (error as Error).message, kernelClass: '', renderer: '', maxTextureSize: 0, errors: [], speeds: [] };
  }
  const errors = ERROR_SHIFTS.map((shift) => keyErrors(rope, shift, roundToHalf));
  const speeds = options.headDims.flatMap((headDim) => options.megabytes.map((megabytes) => measureSpeed(rope, headDim, megabytes, options)));
  const report = { mode, kernelClass: rope.kernelClass, renderer: rope.device.renderer, maxTextureSize: rope.device.maxTextureSize, errors, speeds };
  rope.destroy();
  return report;
}

function measureSpeed(rope: TextureRope, headDim: number, megabytes: number, { seconds, now }: MeasureOptions): DeviceSpeed {
  const inner = 8;
  const tokens = Math.max(CHUNKS, Math.round((megabytes * 1e6) / (4 * 4 * inner * headDim)));
  const layout: KeyLayout = { outer: 4, tokens, inner, headDim };
  const keys = Float32Array.from({ length: 4 * tokens * inner * headDim }, (_, i) => ((i * 2654435761) % 1000) / 500 - 1);
  const per = Math.floor(tokens / CHUNKS);
  const shifts = Array.from({ length: CHUNKS }, (_, c) => ({ start: c * per, tokens: per, shift: 512 * c + 1 }));
  const turns = quadTurns(plainRope(headDim, 'neox'), planShifts(shifts, tokens));
  const { device } = rope;
  const timed = (run: () => void, least = seconds): number => {
    run(); // Compiles, and fills caches.
    let count = 0;
    const start = now();
    do {
      run();
      count++;
    } while (now() - start < least * 1000);
    return (now() - start) / count;
  };
  const uploaded = rope.upload(keys, layout);
  const uploadMs = timed(() => {
    const again = rope.upload(keys, layout);
    device.finish(again.tiles[0].texture);
    again.release();
  });
  const downloadMs = timed(() => rope.download(uploaded));
  // Several dispatches before one wait, so that the wait weighs little.
  const batch = 8;
  const rotateMs =
    timed(() => {
      const results = Array.from({ length: batch }, () => rope.rotateOnDevice(uploaded, turns));
      for (const result of results) {
        device.finish(result.tiles[0].texture);
        result.release();
      }
    }) / batch;
  const copyMs =
    timed(() => {
      for (const { tile, texture } of uploaded.tiles) {
        const settings = { output: [tile.width, tile.height], returnType: 'Array(4)' };
        const copies = Array.from({ length: batch }, () => device.runToTexture(`copy ${tile.width} ${tile.height}`, COPY_QUADS, settings, [texture.handle]));
        for (const copy of copies) {
          device.finish(copy);
          copy.release();
        }
      }
    }) / batch;
  const one = device.upload(new Float32Array(4), 1, 1);
  const dispatchMs = timed(() => {
    const copy = device.runToTexture('copy 1 1', COPY_QUADS, { output: [1, 1], returnType: 'Array(4)' }, [one.handle]);
    device.finish(copy);
    copy.release();
  });
  one.release();
  uploaded.release();
  const bytes = keys.byteLength;
  return { megabytes: Math.round(bytes / 1e5) / 10, headDim, rotateBytesPerSecond: bytes / (rotateMs / 1000), copyBytesPerSecond: bytes / (copyMs / 1000), dispatchMs, uploadMs, downloadMs };
}
