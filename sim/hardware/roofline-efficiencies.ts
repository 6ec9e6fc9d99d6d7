/**
 * What share of a GPU's peaks its kernels reach, per GPU and per measurement source.
 *
 * Sources differ in kernels and framework, so their shares differ too: Vidur summed single operators of a 2024 engine
 * with FlashAttention, Splitwise timed a 2023 engine end to end, launch overhead included. A set has few parameters
 * (three fitted at most), far fewer than the rows it explains; `npm run calibrate` fits them again and prints every
 * row's error, and docs/models/hardware.md shows the result.
 */

import { lookUp } from './catalogue-lookup.ts';

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

const VIDUR = 'sums of per-operator profiles of Llama-2-7B (Vidur, MLSys 2024), fitted to 512–4096 prompt tokens';
const SPLITWISE = 'Llama-2-70B with tensor parallelism 8 (Splitwise, ISCA 2024), fitted to batch-1 prompts of 512–8192 tokens and to token times';
const BOTH = 'one set for both sources, fitted to all their rows: its error is the price of ignoring that engines differ';

const SETS: readonly EfficiencySet[] = [
  { name: 'vidur-a100', gemm: 0.6, attention: 0.6, memory: MEMORY_SHARE, layerOverheadNs: 0, source: VIDUR },
  { name: 'vidur-h100', gemm: 0.6, attention: 0.6, memory: MEMORY_SHARE, layerOverheadNs: 0, source: VIDUR },
  { name: 'splitwise-a100', gemm: 0.6, attention: 0.06, memory: MEMORY_SHARE, layerOverheadNs: 400_000, source: SPLITWISE },
  { name: 'splitwise-h100', gemm: 0.6, attention: 0.06, memory: MEMORY_SHARE, layerOverheadNs: 300_000, source: SPLITWISE },
  { name: 'both-a100', gemm: 0.6, attention: 0.06, memory: MEMORY_SHARE, layerOverheadNs: 100_000, source: BOTH },
  { name: 'both-h100', gemm: 0.6, attention: 0.06, memory: MEMORY_SHARE, layerOverheadNs: 100_000, source: BOTH },
];

/** Every named set. */
export const EFFICIENCY_SETS: Readonly<Record<string, EfficiencySet>> = Object.fromEntries(SETS.map((set) => [set.name, set]));

/** The set called `name`. @throws RangeError naming the nearest set. */
export function efficiencySetByName(name: string): EfficiencySet {
  return lookUp('efficiency set', EFFICIENCY_SETS, name);
}
