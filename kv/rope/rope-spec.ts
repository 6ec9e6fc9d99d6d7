/** What a model says about its rotary position embedding (Su et al. 2021, "RoFormer"), and the checks on it. */

/** Which two elements of a head turn together: `neox` pairs i with i + R/2 (Hugging Face Llama), `interleaved` 2i with 2i + 1 (GPT-J, llama2.c). */
export const ROPE_PAIRINGS = ['neox', 'interleaved'] as const;
export type RopePairing = (typeof ROPE_PAIRINGS)[number];

/** How frequencies are stretched for contexts longer than the model was first trained on. */
export type RopeScaling =
  | { readonly kind: 'none' }
  /** Position interpolation (Chen et al. 2023): every frequency divided by `factor`. */
  | { readonly kind: 'linear'; readonly factor: number }
  /** Llama 3.1: long wavelengths divided by `factor`, short ones kept, a linear blend between. */
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaxTokens: number;
    }
  /** YaRN (Peng et al. 2023): a blend by the number of turns within the original context, and a scale on attention. */
  | {
      readonly kind: 'yarn';
      readonly factor: number;
      readonly originalMaxTokens: number;
      readonly betaFast?: number;
      readonly betaSlow?: number;
      /** Scale of cos and sin at prefill; by default 0.1·ln(factor) + 1. */
      readonly attentionFactor?: number;
      /** Whether the ends of the blend are rounded outward to whole pairs (default true, as in the published code). */
      readonly truncate?: boolean;
    };

/** A rotary embedding: the first `rotaryDim` of `headDim` elements turn, the rest pass through. */
export interface RopeSpec {
  readonly headDim: number;
  readonly rotaryDim: number;
  readonly theta: number;
  readonly pairing: RopePairing;
  readonly scaling: RopeScaling;
  /**
   * Round the frequencies to binary32, as PyTorch implementations hold them. A shift must use the frequencies that the cached keys were
   * rotated with, or it misses by shift × the difference: 4e-3 rad at 128 k tokens.
   */
  readonly float32Frequencies?: boolean;
}

/** The plain embedding of a head: full rotary, no scaling. */
export function plainRope(headDim: number, pairing: RopePairing, theta = 10000): RopeSpec {
  return { headDim, rotaryDim: headDim, theta, pairing, scaling: { kind: 'none' } };
}

/** Throws RangeError naming the field, its value and what was expected. */
export function checkRopeSpec(spec: RopeSpec): void {
  const { headDim, rotaryDim, theta, pairing, scaling } = spec;
  if (!Number.isSafeInteger(headDim) || headDim < 1) throw new RangeError(`rope.headDim is ${headDim}; expected a positive integer`);
  if (!Number.isSafeInteger(rotaryDim) || rotaryDim < 2 || rotaryDim % 2 !== 0 || rotaryDim > headDim) {
    throw new RangeError(`rope.rotaryDim is ${rotaryDim}; expected an even number from 2 to headDim = ${headDim}`);
  }
  if (!(theta > 1 && theta < Infinity)) throw new RangeError(`rope.theta is ${theta}; expected a finite number above 1`);
  if (!ROPE_PAIRINGS.includes(pairing)) throw new RangeError(`rope.pairing is ${pairing as string}; expected one of ${ROPE_PAIRINGS.join(', ')}`);
  if (scaling.kind === 'none') return;
  positive('factor', scaling.factor);
  if (scaling.kind === 'linear') return;
  positive('originalMaxTokens', scaling.originalMaxTokens);
  if (scaling.kind === 'llama3') {
    positive('lowFrequencyFactor', scaling.lowFrequencyFactor);
    positive('highFrequencyFactor', scaling.highFrequencyFactor);
    if (!(scaling.highFrequencyFactor > scaling.lowFrequencyFactor)) {
      throw new RangeError(
        `rope.scaling.highFrequencyFactor is ${scaling.highFrequencyFactor}; expected above lowFrequencyFactor = ${scaling.lowFrequencyFactor}`,
      );
    }
    return;
  }
  if (scaling.betaFast !== undefined) positive('betaFast', scaling.betaFast);
  if (scaling.betaSlow !== undefined) positive('betaSlow', scaling.betaSlow);
  if (scaling.attentionFactor !== undefined) positive('attentionFactor', scaling.attentionFactor);
}

function positive(field: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`rope.scaling.${field} is ${value}; expected a positive finite number`);
}
