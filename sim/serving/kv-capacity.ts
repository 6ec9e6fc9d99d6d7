/**
 * How many tokens of KV fit on a GPU beside the weights, as a serving engine works it out at start (vLLM,
 * `gpu_memory_utilization`): the share it may use of what the driver reports, less the weights, less the peak of the
 * activations, less what CUDA itself keeps.
 */
import type { GpuSpec } from '../hardware/gpu-catalogue.ts';
import { kvBytesPerToken, weightBytes, type ModelSpec } from '../hardware/model-catalogue.ts';

/** Share of the chips' memory that the driver reports: 24 564 of 24 576 MiB less about 0.5 GiB on an RTX 4090, 79.2 of 80 GiB on an A100. */
const REPORTED_SHARE = 0.98;
/** CUDA context, libraries and captured graphs, per GPU: 0.3–0.6 GiB in engine logs ("non-torch memory" plus graphs). */
const RUNTIME_BYTES = 0.4 * 1024 * 1024 * 1024;
/** Sampling keeps logits as FP32 (4 B), their probabilities (4 B), sorted copies (4 B) and sorted indices (8 B). */
const SAMPLER_BYTES_PER_LOGIT = 20;

export interface KvCapacityOptions {
  readonly gpu: GpuSpec;
  readonly model: ModelSpec;
  readonly tensorParallel?: number;
  /** Share of the reported memory that the engine may use. Default 0.9, vLLM's. */
  readonly memoryUtilisation?: number;
  /** Tokens and sequences of the largest step: they set the peak of the activations. */
  readonly tokenBudget: number;
  readonly maxSequences: number;
}

/** Bytes of KV over all GPUs that share the model; 0 where the weights alone do not fit. */
export function kvCapacityBytes(options: KvCapacityOptions): number {
  const { gpu, model, tensorParallel = 1, memoryUtilisation = 0.9, tokenBudget, maxSequences } = options;
  if (!(memoryUtilisation > 0 && memoryUtilisation <= 1)) throw new RangeError(`memoryUtilisation must be above 0 and at most 1, not ${memoryUtilisation}`);
  const usable = gpu.memoryBytes * REPORTED_SHARE * memoryUtilisation;
  const mlpWidth = ((model.gatedMlp ? 3 : 2) * model.intermediate) / tensorParallel;
  const activations = tokenBudget * (mlpWidth + 4 * model.hidden) * model.dtypeBytes;
  const sampling = (maxSequences * model.vocab * SAMPLER_BYTES_PER_LOGIT) / tensorParallel;
  const perGpu = usable - weightBytes(model) / tensorParallel - activations - sampling - RUNTIME_BYTES;
  return Math.max(0, Math.floor(perGpu * tensorParallel));
}

/** Whole blocks of `blockTokens` tokens in that memory. */
export function kvCapacityBlocks(options: KvCapacityOptions, blockTokens: number): number {
  return Math.floor(kvCapacityBytes(options) / (kvBytesPerToken(options.model) * blockTokens));
}
