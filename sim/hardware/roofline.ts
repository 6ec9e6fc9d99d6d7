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
import { MatrixProduct } from './matrix-product.ts';
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
  readonly #gemmFlopsPerSecond: number;
  readonly #attentionFlopsPerSecond: number;
  readonly #bytesPerSecond: number;
  /** Of one layer. */
  readonly #products: readonly MatrixProduct[];
  readonly #logits: MatrixProduct;
  /** Seconds of what follows from the tokens of a step alone, for the number asked about last: steps that only decode ask about one number again and again. */
  readonly #byTokens = { tokens: -1, matrixProducts: NaN, elementwise: NaN, allReduce: NaN };

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
    const flopsPerSecond = gpu.peakFp16FlopsPerSecond * tensorParallel;
    this.#gemmFlopsPerSecond = flopsPerSecond * efficiencies.gemm;
    this.#attentionFlopsPerSecond = flopsPerSecond * efficiencies.attention;
    this.#bytesPerSecond = gpu.memoryBytesPerSecond * tensorParallel * efficiencies.memory;
    const { hidden, intermediate } = model;
    const { queryWidth, kvWidth, upWidth } = widths(model);
    const product = (from: number, to: number): MatrixProduct => new MatrixProduct(from, to, model.dtypeBytes, this.#gemmFlopsPerSecond, this.#bytesPerSecond);
    this.#products = [product(hidden, queryWidth + kvWidth), product(queryWidth, hidden), product(hidden, upWidth), product(intermediate, hidden)];
    this.#logits = product(hidden, model.vocab);
    this.name = `roofline ${model.name} on ${tensorParallel}×${gpu.name} (${efficiencies.name})`;
    this.source = `${gpu.source}; ${model.source}; efficiencies: ${efficiencies.source}`;
    this.validRange = { contextTokens: [0, model.maxContextTokens] };
  }

  stepNs(step: StepShape): Nanoseconds {
    checkStep(step);
    this.#checkRange(step);
    const sequences = step.prefill.length + step.decodeSequences;
    if (sequences === 0) return 0;
    const { matrixProducts, elementwise, allReduce } = this.#tokenSeconds(step);
    return wholeNs(matrixProducts + this.#logits.seconds(sequences) + this.#attentionSeconds(step) + elementwise + allReduce + this.#overheadSeconds());
  }

  ropeAdjustNs(sizeBytes: number): Nanoseconds {
    return ropeAdjustNs(this.#gpu, this.#gpus, sizeBytes);
  }

  /** Where the time of a step goes. @throws RangeError on a negative or fractional count. */
  breakdown(step: StepShape): StepBreakdown {
    checkStep(step);
    const sequences = step.prefill.length + step.decodeSequences;
    if (sequences === 0) return { matrixProducts: 0, attention: 0, elementwise: 0, allReduce: 0, overhead: 0 };
    const { matrixProducts, elementwise, allReduce } = this.#tokenSeconds(step);
    return { matrixProducts: matrixProducts + this.#logits.seconds(sequences), attention: this.#attentionSeconds(step), elementwise, allReduce, overhead: this.#overheadSeconds() };
  }

  /** Everything but attention and logits. Valid until the next call. */
  #tokenSeconds(step: StepShape): { readonly matrixProducts: number; readonly elementwise: number; readonly allReduce: number } {
    const byTokens = this.#byTokens;
    let tokens = step.decodeSequences;
    for (const piece of step.prefill) tokens += piece.newTokens;
    if (tokens === byTokens.tokens) return byTokens;
    byTokens.tokens = tokens;
    const { layers, hidden, intermediate, dtypeBytes } = this.#model;
    const { queryWidth, kvWidth, upWidth } = widths(this.#model);
    let layerProducts = 0;
    for (const product of this.#products) layerProducts += product.seconds(tokens);
    byTokens.matrixProducts = layers * layerProducts;
    // Two norms, each fused with a residual addition (read two, write two); RoPE in place; activation.
    const elementwiseBytes = tokens * dtypeBytes * (8 * hidden * this.#gpus + 2 * (queryWidth + kvWidth / 2) + upWidth + intermediate);
    const embeddingBytes = 2 * tokens * hidden * dtypeBytes * this.#gpus;
    byTokens.elementwise = (layers * elementwiseBytes + embeddingBytes) / this.#bytesPerSecond;
    byTokens.allReduce = layers * 2 * allReduceSeconds(tokens * hidden * dtypeBytes, this.#gpus, this.#gpu.peerLinkBytesPerSecond);
    return byTokens;
  }

  #overheadSeconds(): number {
    return (this.#model.layers * this.#efficiencies.layerOverheadNs) / 1e9;
  }

  /** Over all layers. */
  #attentionSeconds(step: StepShape): number {
    const { layers, headDim, heads, kvHeads, dtypeBytes } = this.#model;
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
    const prefill = Math.max((pairs * flopsPerPair) / this.#attentionFlopsPerSecond, prefillBytes / this.#bytesPerSecond);
    const decodeContext = step.decodeContextTokens + step.decodeSequences;
    const decodeBytes = decodeContext * kvBytes;
    // Decode attention has one query per sequence: its products run far from the tensor peak, and memory decides.
    const decode = Math.max((decodeContext * flopsPerPair) / this.#gemmFlopsPerSecond, decodeBytes / this.#bytesPerSecond);
    return layers * (prefill + (step.decodeSequences === 0 ? 0 : decode));
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

/** Elements of a token's row: of its queries, of its keys and values together, and of what goes up into the MLP. */
function widths({ heads, kvHeads, headDim, intermediate, gatedMlp }: ModelSpec): { readonly queryWidth: number; readonly kvWidth: number; readonly upWidth: number } {
  return { queryWidth: heads * headDim, kvWidth: 2 * kvHeads * headDim, upWidth: (gatedMlp ? 2 : 1) * intermediate };
}
