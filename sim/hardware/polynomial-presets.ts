/** Published polynomial coefficients, ready to use. */
import { lookUp } from './catalogue-lookup.ts';
import type { PolynomialCoefficients } from './polynomial.ts';

const DISTSERVE = 'DistServe (Zhong et al., OSDI 2024), simdistserve/estimators/profile_data/profiler-a100-80g.distserve.json, Apache-2.0';

const PRESETS: readonly PolynomialCoefficients[] = [
  {
    name: 'OPT-13B A100',
    source: DISTSERVE,
    prefill: [18.1025, 0.101912, 7.12226e-6],
    decodeSmall: [19.9347, 6.26936e-4, 0.038507],
    decodeLarge: [7.16619, 5.798e-4, 0.158311],
    decodeLargeFrom: 95,
    validRange: { prefillTokens: [1, 2048], contextTokens: [0, 2048], decodeSequences: [0, 256] },
  },
  {
    name: 'Llama-2-70B A100 TP8',
    source:
      'prefill through the Splitwise prompts (Patel et al., ISCA 2024) of 512 to 8192 tokens, A100-80GB, tensor parallel 8, batch 1; ' +
      'decode fitted to the token times of the same file for batches of 1 to 64',
    prefill: [48.7, 0.0862, 1.27e-5],
    decodeSmall: [43.7, 6.81e-4, 0],
    validRange: { prefillTokens: [512, 8192], contextTokens: [0, 8320], decodeSequences: [0, 64] },
  },
];

/** Every preset by name. */
export const POLYNOMIAL_PRESETS: Readonly<Record<string, PolynomialCoefficients>> = Object.fromEntries(PRESETS.map((preset) => [preset.name, preset]));

/** The preset called `name`. @throws RangeError naming the nearest preset. */
export function polynomialPresetByName(name: string): PolynomialCoefficients {
  return lookUp('polynomial preset', POLYNOMIAL_PRESETS, name);
}
