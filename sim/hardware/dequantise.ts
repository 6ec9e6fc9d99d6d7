/**
 * Expanding quantised KV on the GPU: bound by memory, as rotation is. It reads the packed groups and writes FP16.
 */
import type { Nanoseconds } from '../kernel/time.ts';
import { wholeNs } from './cost-model.ts';
import type { GpuSpec } from './gpu-catalogue.ts';

/**
 * Share of peak bandwidth that a dequantisation kernel reaches. Weight-only and KV dequantisation kernels report 50–70 %: unpacking
 * costs integer work beside the traffic (KIVI, Liu et al., ICML 2024, and Marlin, Frantar et al., PPoPP 2025, discuss both). The lower end.
 */
const DEQUANTISE_SHARE = 0.5;
/** One kernel launch, as for rotation. */
const LAUNCH_SECONDS = 5e-6;

/** @param movedBytes bytes read and written together, over all `gpus` that share the model */
export function dequantiseNs(gpu: GpuSpec, gpus: number, movedBytes: number): Nanoseconds {
  if (!(movedBytes >= 0)) throw new RangeError(`movedBytes must be at least 0, not ${movedBytes}`);
  if (movedBytes === 0) return 0;
  return wholeNs(LAUNCH_SECONDS + movedBytes / (gpus * gpu.memoryBytesPerSecond * DEQUANTISE_SHARE));
}
