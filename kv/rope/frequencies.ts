/** Rotary frequencies in binary64, for every scaling of RopeSpec. */
import { checkRopeSpec } from './rope-spec.ts';
import type { RopeScaling, RopeSpec } from './rope-spec.ts';

const TURN = 2 * Math.PI;

/**
 * Radians that each pair turns per position, rotaryDim/2 of them: θ^(−2i/R) for pair i, then scaled.
 *
 * Sources: plain, Su et al. 2021 §3.2; linear, Chen et al. 2023; llama3, the Llama 3.1 reference code (`apply_scaling`) and Hugging Face
 * transformers `_compute_llama3_parameters`; YaRN, Peng et al. 2023 §3.2 and §3.3 and transformers `_compute_yarn_parameters`.
 */
export function ropeFrequencies(spec: RopeSpec): Float64Array {
  checkRopeSpec(spec);
  const { rotaryDim, theta, scaling } = spec;
  const plain = Float64Array.from({ length: rotaryDim / 2 }, (_, i) => Math.exp((-2 * i * Math.log(theta)) / rotaryDim));
  const scaled = plain.map((frequency, i) => scale(frequency, i, spec, scaling));
  return spec.float32Frequencies === true ? scaled.map(Math.fround) : scaled;
}

function scale(frequency: number, pair: number, spec: RopeSpec, scaling: RopeScaling): number {
  switch (scaling.kind) {
    case 'none':
      return frequency;
    case 'linear':
      return frequency / scaling.factor;
    case 'llama3': {
      const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
      const turns = (scaling.originalMaxTokens * frequency) / TURN;
      if (turns > high) return frequency;
      if (turns < low) return frequency / factor;
      const kept = (turns - low) / (high - low);
      return kept * frequency + ((1 - kept) * frequency) / factor;
    }
    case 'yarn': {
      const [first, last] = yarnBlend(spec.rotaryDim, spec.theta, scaling);
      const stretched = Math.min(1, Math.max(0, (pair - first) / (last - first)));
      return (1 - stretched) * frequency + (stretched * frequency) / scaling.factor;
    }
  }
}

/** The pairs between which YaRN moves from keeping a frequency to dividing it. */
function yarnBlend(rotaryDim: number, theta: number, scaling: Extract<RopeScaling, { kind: 'yarn' }>): [number, number] {
  const pairAt = (turns: number): number => (rotaryDim * Math.log(scaling.originalMaxTokens / (turns * TURN))) / (2 * Math.log(theta));
  let first = pairAt(scaling.betaFast ?? 32);
  let last = pairAt(scaling.betaSlow ?? 1);
  if (scaling.truncate !== false) {
    first = Math.floor(first);
    last = Math.ceil(last);
  }
  first = Math.max(first, 0);
  last = Math.min(last, rotaryDim - 1);
  // The published code's guard against a ramp of no width.
  return [first, first === last ? last + 0.001 : last];
}

/**
 * Scale that a model puts on cos and sin at prefill: 1 but for YaRN. Cached keys carry it already, so shifting a key never applies it again:
 * a shift is a pure rotation.
 */
export function ropeAttentionFactor(spec: RopeSpec): number {
  checkRopeSpec(spec);
  const { scaling } = spec;
  if (scaling.kind !== 'yarn') return 1;
  return scaling.attentionFactor ?? yarnMagnitude(scaling.factor, 1);
}

/** YaRN's attention temperature, 0.1·m·ln(s) + 1 (Peng et al. 2023, eq. 22; transformers `get_mscale`). */
export function yarnMagnitude(factor: number, mscale: number): number {
  return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
}
