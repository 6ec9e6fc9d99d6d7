import type { Nanoseconds } from '../kernel/time.ts';
import type { CostModel, ValidRange } from './cost-model.ts';
import type { RangeFlags } from './range-flags.ts';
import type { StepShape } from './step-shape.ts';

/** A cost model whose answers can be stretched while a run goes on: a GPU that is throttled, or shared with others. */
export class SlowedCostModel implements CostModel {
  /** Every duration is multiplied by this. Whoever has planned with the old answers must be told (`InferenceEngine.replan`). */
  factor = 1;
  readonly name: string;
  readonly source: string;
  readonly validRange: ValidRange;
  readonly outOfRange: RangeFlags;
  readonly #base: CostModel;

  constructor(base: CostModel) {
    this.#base = base;
    this.name = base.name;
    this.source = base.source;
    this.validRange = base.validRange;
    this.outOfRange = base.outOfRange;
  }

  stepNs(step: StepShape): Nanoseconds {
    return Math.round(this.#base.stepNs(step) * this.factor);
  }

  prefillNs(newTokens: number, cachedTokens: number): Nanoseconds {
    return Math.round(this.#base.prefillNs(newTokens, cachedTokens) * this.factor);
  }

  decodeStepNs(sequences: number, totalContextTokens: number): Nanoseconds {
    return Math.round(this.#base.decodeStepNs(sequences, totalContextTokens) * this.factor);
  }

  ropeAdjustNs(sizeBytes: number): Nanoseconds {
    return Math.round(this.#base.ropeAdjustNs(sizeBytes) * this.factor);
  }
}
