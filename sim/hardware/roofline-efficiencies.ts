/**
 * What share of a GPU's peaks its kernels reach, per GPU and per measurement source.
 *
 * Sources differ in kernels and framework, so their shares differ too: Vidur summed single operators of a 2024 engine
 * with FlashAttention, Splitwise timed a 2023 engine end to end, launch overhead included. A set has few parameters
 * (three fitted at most), far fewer than the rows it explains; `npm run calibrate` fits them again and prints every
 * row's error, and docs/models/hardware.md shows the result.
 */

import { lookUp } from './catalogue-lookup.ts';
import type { GpuArchitecture, GpuSpec } from './gpu-catalogue.ts';

export interface EfficiencySet {
  readonly name: string;
  /** Share of peak FLOP/s in matrix products, 0 to 1 (a little above 1 where cards boost past the datasheet clock). */
  readonly gemm: number;
  /** Share of peak FLOP/s in prefill attention, on causal FLOPs. */
  readonly attention: number;
  /** Share of peak memory bandwidth, everywhere. */
  readonly memory: number;
  /** Launches and framework work that do not overlap with the GPU, per transformer layer. */
  readonly layerOverheadNs: number;
  readonly source: string;
}

/** Reached share of peak bandwidth where a source does not say: streaming kernels reach 0.8–0.9 (BabelStream). */
const MEMORY_SHARE = 0.8;

const VIDUR_A100 =
  'Vidur (Agrawal et al., MLSys 2024), Llama-2-7B: gemm fitted to prompts of 512–4096 tokens, memory to its per-operator profile; attention from aiconfigurator kernels (context_attention, A100)';
const VIDUR_H100 = 'Vidur, Llama-2-7B: gemm fitted to prompts of 512–4096 tokens; attention of FlashAttention-2 on H100, 335–370 TFLOP/s (Shah et al., arXiv 2407.08608, figure 5)';
const SPLITWISE = 'Splitwise (Patel et al., ISCA 2024), Llama-2-70B with tensor parallelism 8: fitted to batch-1 prompts of 512–8192 tokens and to token times of batches 1–64';
const BOTH = 'one set for the Vidur and the Splitwise prompts: its error is the price of ignoring that engines differ';
const RTX_4090 = 'fitted to prompts of 128–2048 tokens and decodes of 1–64 sequences of the LLMServingSim grids of Llama-3.1-8B (vLLM 0.19)';

const SETS: readonly EfficiencySet[] = [
  { name: 'vidur-a100', gemm: 0.676, attention: 0.47, memory: 0.581, layerOverheadNs: 0, source: VIDUR_A100 },
  { name: 'vidur-h100', gemm: 0.672, attention: 0.35, memory: MEMORY_SHARE, layerOverheadNs: 0, source: VIDUR_H100 },
  { name: 'splitwise-a100', gemm: 0.758, attention: 0.0495, memory: MEMORY_SHARE, layerOverheadNs: 466_000, source: SPLITWISE },
  { name: 'splitwise-h100', gemm: 0.696, attention: 0.0213, memory: MEMORY_SHARE, layerOverheadNs: 327_000, source: SPLITWISE },
  { name: 'both-a100', gemm: 1, attention: 0.0847, memory: MEMORY_SHARE, layerOverheadNs: 484_000, source: BOTH },
  { name: 'both-h100', gemm: 1, attention: 0.0771, memory: MEMORY_SHARE, layerOverheadNs: 248_000, source: BOTH },
  { name: 'llmservingsim-rtx4090', gemm: 1, attention: 0.734, memory: 0.841, layerOverheadNs: 0, source: RTX_4090 },
];

/** Every named set. */
export const EFFICIENCY_SETS: Readonly<Record<string, EfficiencySet>> = Object.fromEntries(SETS.map((set) => [set.name, set]));

/** The set called `name`. @throws RangeError naming the nearest set. */
export function efficiencySetByName(name: string): EfficiencySet {
  return lookUp('efficiency set', EFFICIENCY_SETS, name);
}

/**
 * Model-FLOP utilisation of prefill that others plan with (BLIS, inference-sim's roofline defaults): H100 0.45, A100 0.38,
 * L40S 0.32. Other GPUs take the value of their generation; Volta, for which none is stated, that of the weakest.
 */
const PREFILL_MFU: Readonly<Record<GpuArchitecture, number>> = { Hopper: 0.45, Ampere: 0.38, Ada: 0.32, Volta: 0.32 };

/** The set for a GPU without measurements: published utilisation in matrix products and attention alike. */
export function mfuEfficiencySet(gpu: GpuSpec): EfficiencySet {
  const mfu = PREFILL_MFU[gpu.architecture];
  return {
    name: `mfu-${gpu.architecture.toLowerCase()}`,
    gemm: mfu,
    attention: mfu,
    memory: MEMORY_SHARE,
    layerOverheadNs: 0,
    source: `no measurement of ${gpu.name}: prefill model-FLOP utilisation ${mfu} as planned with for ${gpu.architecture} GPUs (BLIS roofline defaults)`,
  };
}

/** GPUs with a measured set of a current engine. */
const MEASURED: Readonly<Record<string, string>> = { 'A100-80GB': 'vidur-a100', H100: 'vidur-h100', 'RTX-4090': 'llmservingsim-rtx4090' };

/** The set used where a config names none: measured where there is one, else published utilisation. */
export function defaultEfficiencySet(gpu: GpuSpec): EfficiencySet {
  return Object.hasOwn(MEASURED, gpu.name) ? efficiencySetByName(MEASURED[gpu.name]) : mfuEfficiencySet(gpu);
}
