/** Cost models for tests, with costs that can be worked out by hand. */
import { StepCostModel, type ValidRange } from '../../../sim/hardware/cost-model.ts';
import { RangeFlags } from '../../../sim/hardware/range-flags.ts';
import type { StepShape } from '../../../sim/hardware/step-shape.ts';

/** Step time = fixed + per new token + per decoding sequence + per context token, in nanoseconds. Remembers every step. */
export class LinearCost extends StepCostModel {
  readonly name = 'linear';
  readonly source = 'made up for tests';
  readonly validRange: ValidRange = {};
  readonly outOfRange = new RangeFlags();
  /** Steps priced while flags were recorded, that is, steps that ran. */
  readonly shapes: StepShape[] = [];
  readonly #rates: { fixed: number; token: number; decode: number; context: number };

  constructor(rates: { fixed?: number; token?: number; decode?: number; context?: number }) {
    super();
    this.#rates = { fixed: 0, token: 0, decode: 0, context: 0, ...rates };
  }

  stepNs(step: StepShape): number {
    if (this.outOfRange.recording) this.shapes.push({ ...step, prefill: step.prefill.map((piece) => ({ ...piece })) });
    const { fixed, token, decode, context } = this.#rates;
    let ns = fixed + decode * step.decodeSequences + context * step.decodeContextTokens;
    for (const piece of step.prefill) ns += token * piece.newTokens;
    return ns;
  }

  ropeAdjustNs(): number {
    return 0;
  }
}
