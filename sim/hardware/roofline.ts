/**
 * Roofline cost model: each operator takes the longer of its arithmetic and its memory traffic, at stated shares of the
 * GPU's peaks (Williams et al., CACM 2009); tensor parallelism divides both and adds two all-reduces per layer
 * (Shoeybi et al., arXiv 1909.08053); launches add a fixed time per layer.
 *
 * Formulas, with T tokens in the step, b bytes per element, p GPUs, per layer:
 *   matrix product in → out     2·T·in·out / p FLOPs;  b·(in·out + T·(in + out)) / p bytes
 *   prefill attention           4·heads·headDim·pairs / p FLOPs, pairs = n·c + n(n + 1)/2 over the pieces
 *   decode attention            4·heads·headDim·Σcontext / p FLOPs;  2·kvHeads·headDim·b·Σcontext / p bytes
 *   norms, residuals, RoPE, activation   their reads and writes, no FLOPs worth counting
 *   all-reduce                  after the attention output and after the MLP, b·T·hidden bytes each
 * and once per step the embedding and, for one token of each sequence, the output projection.
 */
import type { Nanoseconds } from '../kernel/time.ts';
import { allReduceSeconds } from './all-reduce.ts';
import { StepCostModel, wholeNs, type ValidRange } from './cost-model.ts';
import type { GpuSpec } from './gpu-catalogue.ts';
import type { ModelSpec } from './model-catalogue.ts';
import { RangeFlags } from './range-flags.ts';
import { ropeAdjustNs } from './rope-adjust.ts';
import type { EfficiencySet } from './roofline-efficiencies.ts';
import { attendedPairs, checkStep, type StepShape } from './step-shape.ts';

export interface RooflineOptions {
  readonly gpu: GpuSpec;
  readonly model: ModelSpec;
  /** GPUs that share every layer. Default 1. */
  readonly tensorParallel?: number;
  readonly efficiencies: EfficiencySet;
}

/** Seconds of one step, by cause. The causes add up to the step. */
export interface StepBreakdown {
  readonly matrixProducts: number;
  readonly attention: number;
  readonly elementwise: number;
  readonly allReduce: number;
  readonly overhead: number;
}

export class RooflineCostModel extends StepCostModel {
  readonly name: string;
  readonly source: string;
  readonly validRange: ValidRange;
  readonly outOfRange = new RangeFlags();
  readonly #gpu: GpuSpec;
  readonly #model: ModelSpec;
  readonly #gpus: number;
  readonly #efficiencies: EfficiencySet;
  readonly #flopsPerSecond: number;
  readonly #bytesPerSecond: number;

  /** @throws RangeError where tensorParallel does not divide the heads, or an efficiency is not positive. */
  constructor(options: RooflineOptions) {
    super();
    const { gpu, model, tensorParallel = 1, efficiencies } = options;
    if (!Number.isSafeInteger(tensorParallel) || tensorParallel < 1 || model.heads % tensorParallel !== 0) {
      throw new RangeError(`tensorParallel must be a positive divisor of the ${model.heads} heads of ${model.name}, not ${tensorParallel}`);
    }
    for (const key of ['gemm', 'attention', 'memory'] as const) {
      const share = efficiencies[key];
      if (!(share > 0 && share <= 1.5)) throw new RangeError(`efficiency ${key} must be above 0 and at most 1.5, not ${share}`);
    }
    if (!(efficiencies.layerOverheadNs >= 0)) throw new RangeError(`layerOverheadNs must be at least 0, not ${efficiencies.layerOverheadNs}`);
    this.#gpu = gpu;
    this.#model = model;
    this.#gpus = tensorParallel;
    this.#efficiencies = efficiencies;
    this.#flopsPerSecond = gpu.peakFp16FlopsPerSecond * tensorParallel;
    this.#bytesPerSecond = gpu.memoryBytesPerSecond * tensorParallel * efficiencies.memory;
    this.name = `roofline ${model.name} on ${tensorParallel}×${gpu.name} (${efficiencies.name})`;
    this.source = `${gpu.source}; ${model.source}; efficiencies: ${efficiencies.source}`;
    this.validRange = { contextTokens: [0, model.maxContextTokens] };
  }

  stepNs(step: StepShape): Nanoseconds {
    const parts = this.breakdown(step);
    this.#checkRange(step);
    return wholeNs(parts.matrixProducts + parts.attention + parts.elementwise + parts.allReduce + parts.overhead);
  }

  ropeAdjustNs(sizeBytes: number): Nanoseconds {
    return ropeAdjustNs(this.#gpu, this.#gpus, sizeBytes);
  }

  /** Where the time of a step goes. @throws RangeError on a negative or fractional count. */
  breakdown(step: StepShape): StepBreakdown {
    checkStep(step);
    const model = this.#model;
    const sequences = step.prefill.length + step.decodeSequences;
    if (sequences === 0) return { matrixProducts: 0, attention: 0, elementwise: 0, allReduce: 0, overhead: 0 };
    let tokens = step.decodeSequences;
    for (const piece of step.prefill) tokens += piece.newTokens;

    const { layers, hidden, headDim, intermediate, dtypeBytes, vocab } = model;
    const queryWidth = model.heads * headDim;
    const kvWidth = 2 * model.kvHeads * headDim;
    const upWidth = (model.gatedMlp ? 2 : 1) * intermediate;
    const layerProducts =
      this.#product(tokens, hidden, queryWidth + kvWidth) +
      this.#product(tokens, queryWidth, hidden) +
      this.#product(tokens, hidden, upWidth) +
      this.#product(tokens, intermediate, hidden);

    // Two norms, each fused with a residual addition (read two, write two); RoPE in place; activation.
    const elementwiseBytes = tokens * dtypeBytes * (8 * hidden * this.#gpus + 2 * (queryWidth + kvWidth / 2) + upWidth + intermediate);
    const embeddingBytes = 2 * tokens * hidden * dtypeBytes * this.#gpus;
    return {
      matrixProducts: layers * layerProducts + this.#product(sequences, hidden, vocab),
      attention: layers * this.#attention(step),
      elementwise: (layers * elementwiseBytes + embeddingBytes) / this.#bytesPerSecond,
      allReduce: layers * 2 * allReduceSeconds(tokens * hidden * dtypeBytes, this.#gpus, this.#gpu.peerLinkBytesPerSecond),
      overhead: (layers * this.#efficiencies.layerOverheadNs) / 1e9,
    };
  }

  #product(rows: number, from: number, to: number): number {
    const flops = 2 * rows * from * to;
    const bytes = (from * to + rows * (from + to)) * this.#model.dtypeBytes;
    return Math.max(flops / (this.#flopsPerSecond * this.#efficiencies.gemm), bytes / this.#bytesPerSecond);
  }

  #attention(step: StepShape): number {
    const { headDim, heads, kvHeads, dtypeBytes } = this.#model;
    const flopsPerPair = 4 * heads * headDim;
    const kvBytes = 2 * kvHeads * headDim * dtypeBytes;
    let pairs = 0;
    let tokensRead = 0;
    let newTokens = 0;
    for (const piece of step.prefill) {
      pairs += attendedPairs(piece.newTokens, piece.contextTokens);
      tokensRead += piece.contextTokens + piece.newTokens;
      newTokens += piece.newTokens;
    }
    const prefillBytes = tokensRead * kvBytes + 2 * newTokens * heads * headDim * dtypeBytes;
    const prefill = Math.max((pairs * flopsPerPair) / (this.#flopsPerSecond * this.#efficiencies.attention), prefillBytes / this.#bytesPerSecond);
    const decodeContext = step.decodeContextTokens + step.decodeSequences;
    const decodeBytes = decodeContext * kvBytes;
    // Decode attention has one query per sequence: its products run far from the tensor peak, and memory decides.
    const decode = Math.max((decodeContext * flopsPerPair) / (this.#flopsPerSecond * this.#efficiencies.gemm), decodeBytes / this.#bytesPerSecond);
    return prefill + (step.decodeSequences === 0 ? 0 : decode);
  }

  #checkRange(step: StepShape): void {
    const most = this.#model.maxContextTokens;
    for (const piece of step.prefill) {
      if (piece.newTokens + piece.contextTokens > most) {
        this.outOfRange.raise(`context above the ${most} tokens that ${this.#model.name} was trained for`);
        return;
      }
    }
    if (step.decodeSequences > 0 && step.decodeContextTokens / step.decodeSequences > most) {
      this.outOfRange.raise(`context above the ${most} tokens that ${this.#model.name} was trained for`);
    }
  }
}
