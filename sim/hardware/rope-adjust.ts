/**
 * Moving cached keys to a new position: each pair of key elements is rotated by a constant angle (values are untouched).
 *
 * The kernel is bound by memory: it reads the keys and writes them back, so it moves as many bytes as keys and values
 * hold together. Cosines and sines are one small row per chunk. One launch per layer is fused into one grid.
 */
import type { Nanoseconds } from '../kernel/time.ts';
import { wholeNs } from './cost-model.ts';
import type { GpuSpec } from './gpu-catalogue.ts';

/** Reached share of peak bandwidth in a streaming read–write kernel: BabelStream copy on A100 and H100 reaches 0.85–0.93. */
const STREAMING_SHARE = 0.85;
/** One kernel launch through the CUDA runtime, 4–10 µs from call to first instruction on current drivers. */
const LAUNCH_SECONDS = 5e-6;

/** @param sizeBytes KV bytes re-positioned, keys and values together, over all `gpus` that share the model. */
export function ropeAdjustNs(gpu: GpuSpec, gpus: number, sizeBytes: number): Nanoseconds {
  if (!(sizeBytes >= 0)) throw new RangeError(`sizeBytes must be at least 0, not ${sizeBytes}`);
  if (sizeBytes === 0) return 0;
  return wholeNs(LAUNCH_SECONDS + sizeBytes / (gpus * gpu.memoryBytesPerSecond * STREAMING_SHARE));
}
