/**
 * Polynomial cost model, as DistServe fits it (Zhong et al., OSDI 2024): milliseconds from sums over the batch.
 *
 *   prefill   a + b·Σn + c·Σn²           n = tokens of each prompt
 *   decode    a + b·Σcontext + c·sequences, with other coefficients from a batch-size threshold on
 *
 * Cached tokens: the quadratic term counts query–key pairs, and causal attention of n new tokens over k cached ones has
 * (k + n)² − k² of the (k + n)² that a prompt of k + n tokens has. So a piece costs b·n + c·((k + n)² − k²), and a prompt
 * computed in any pieces costs the same in total but for the constants. Mixed step: the terms add and the constant,
 * which is the cost of reading weights and launching kernels once, is the larger of the two.
 */
import type { Nanoseconds } from '../kernel/time.ts';
import { StepCostModel, wholeNs, type ValidRange } from './cost-model.ts';
import type { GpuSpec } from './gpu-catalogue.ts';
import { RangeFlags } from './range-flags.ts';
import { ropeAdjustNs } from './rope-adjust.ts';
import { checkStep, type StepShape } from './step-shape.ts';

/** [constant ms, ms per prompt token, ms per squared prompt token]. */
export type PrefillCoefficients = readonly [a: number, b: number, c: number];
/** [constant ms, ms per context token, ms per sequence]. */
export type DecodeCoefficients = readonly [a: number, b: number, c: number];

export interface PolynomialCoefficients {
  readonly name: string;
  readonly source: string;
  readonly prefill: PrefillCoefficients;
  readonly decodeSmall: DecodeCoefficients;
  /** Coefficients for batches of at least `decodeLargeFrom` sequences. */
  readonly decodeLarge?: DecodeCoefficients;
  readonly decodeLargeFrom?: number;
  readonly validRange: ValidRange;
}

export interface PolynomialOptions {
  readonly coefficients: PolynomialCoefficients;
  /** The GPU, for work that the polynomial does not cover (re-rotating cached keys). */
  readonly gpu: GpuSpec;
  readonly tensorParallel?: number;
}

export class PolynomialCostModel extends StepCostModel {
  readonly name: string;
  readonly source: string;
  readonly validRange: ValidRange;
  readonly outOfRange = new RangeFlags();
  readonly #coefficients: PolynomialCoefficients;
  readonly #gpu: GpuSpec;
  readonly #gpus: number;

  /** @throws RangeError where a coefficient is not finite, or a marginal cost is negative. */
  constructor(options: PolynomialOptions) {
    super();
    const { coefficients, gpu, tensorParallel = 1 } = options;
    for (const key of ['prefill', 'decodeSmall', 'decodeLarge'] as const) {
      for (const value of coefficients[key] ?? []) {
        if (!(Number.isFinite(value) && value >= 0)) throw new RangeError(`${key} coefficients must be finite and at least 0, not ${value}`);
      }
    }
    this.name = `polynomial ${coefficients.name}`;
    this.source = coefficients.source;
    this.validRange = coefficients.validRange;
    this.#coefficients = coefficients;
    this.#gpu = gpu;
    this.#gpus = tensorParallel;
  }

  stepNs(step: StepShape): Nanoseconds {
    checkStep(step);
    let milliseconds = 0;
    let constant = 0;
    if (step.prefill.length > 0) {
      const [a, b, c] = this.#coefficients.prefill;
      constant = a;
      for (const { newTokens, contextTokens } of step.prefill) {
        milliseconds += b * newTokens + c * newTokens * (newTokens + 2 * contextTokens);
      }
    }
    if (step.decodeSequences > 0) {
      const [a, b, c] = this.#decode(step.decodeSequences);
      constant = Math.max(constant, a);
      milliseconds += b * step.decodeContextTokens + c * step.decodeSequences;
    }
    this.#checkRange(step);
    return wholeNs((constant + milliseconds) / 1e3);
  }

  ropeAdjustNs(sizeBytes: number): Nanoseconds {
    return ropeAdjustNs(this.#gpu, this.#gpus, sizeBytes);
  }

  #decode(sequences: number): DecodeCoefficients {
    const { decodeSmall, decodeLarge, decodeLargeFrom } = this.#coefficients;
    return decodeLarge !== undefined && decodeLargeFrom !== undefined && sequences >= decodeLargeFrom ? decodeLarge : decodeSmall;
  }

  #checkRange(step: StepShape): void {
    const { prefillTokens, contextTokens, decodeSequences } = this.validRange;
    if (prefillTokens !== undefined && step.prefill.length > 0) {
      let tokens = 0;
      for (const piece of step.prefill) tokens += piece.newTokens;
      if (tokens > prefillTokens[1]) this.outOfRange.raise(`more than ${prefillTokens[1]} prefill tokens in a step`);
      else if (tokens < prefillTokens[0]) this.outOfRange.raise(`fewer than ${prefillTokens[0]} prefill tokens in a step`);
    }
    if (contextTokens !== undefined && this.#longestContext(step) > contextTokens[1]) this.outOfRange.raise(`context above ${contextTokens[1]} tokens`);
    if (decodeSequences !== undefined && step.decodeSequences > decodeSequences[1]) this.outOfRange.raise(`more than ${decodeSequences[1]} decoding sequences`);
  }

  #longestContext(step: StepShape): number {
    let longest = step.decodeSequences === 0 ? 0 : step.decodeContextTokens / step.decodeSequences;
    for (const piece of step.prefill) longest = Math.max(longest, piece.newTokens + piece.contextTokens);
    return longest;
  }
}
