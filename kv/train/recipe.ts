/** Everything that fixes a training run. Two runs of one recipe give the same weights, whatever the number of workers. */
import type { LlamaConfig } from '../model/llama-config.ts';
import { plainRope } from '../rope/rope-spec.ts';
import { RETRIEVAL_WORDS } from './retrieval-language.ts';

/** Model, data and optimiser of a run. */
export interface Recipe {
  readonly name: string;
  readonly seed: string;
  readonly model: LlamaConfig;
  readonly steps: number;
  /** A step's examples are drawn and differentiated in this many shards, whose gradients are added in order. */
  readonly shards: number;
  readonly examplesPerShard: number;
  readonly questionsPerExample: number;
  readonly documents: { readonly fewest: number; readonly most: number };
  /** Mean length of all documents together: grows from `first` to `last` over the first `growth` of the steps. */
  readonly contextTokens: { readonly first: number; readonly last: number; readonly growth: number };
  /** Share of examples whose documents see only themselves. */
  readonly blockShare: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** The cosine schedule ends at this share of the learning rate. */
  readonly finalRateShare: number;
  readonly clip: number;
  readonly adam: { readonly beta1: number; readonly beta2: number; readonly epsilon: number; readonly weightDecay: number };
}

/** The recipe of the weights that ship with the project. */
export const RETRIEVAL_RECIPE: Recipe = {
  name: 'retrieval-115k',
  seed: 'retrieval-1',
  model: {
    dim: 64,
    hiddenDim: 128,
    layers: 3,
    // Wide heads have many pairs that turn slowly: content is matched wherever it stands, and only slow pairs can do that.
    heads: 2,
    kvHeads: 1,
    headDim: 32,
    vocab: RETRIEVAL_WORDS.length,
    maxTokens: 512,
    normEpsilon: 1e-5,
    tiedEmbeddings: true,
    rope: plainRope(32, 'interleaved'),
  },
  steps: 2400,
  shards: 4,
  examplesPerShard: 8,
  questionsPerExample: 8,
  documents: { fewest: 2, most: 6 },
  // Looking up by content is learned from few records in a thousand steps less than from many.
  contextTokens: { first: 12, last: 112, growth: 0.6 },
  blockShare: 0.5,
  learningRate: 0.003,
  warmupSteps: 100,
  finalRateShare: 0.02,
  clip: 1,
  adam: { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.02 },
};

/** Throws RangeError naming the field, its value and what was expected. */
export function checkRecipe(recipe: Recipe): void {
  for (const field of ['steps', 'shards', 'examplesPerShard', 'questionsPerExample'] as const) {
    if (!Number.isSafeInteger(recipe[field]) || recipe[field] < 1) throw new RangeError(`recipe ${field} is ${recipe[field]}; expected a positive integer`);
  }
  const { fewest, most } = recipe.documents;
  if (!Number.isSafeInteger(fewest) || fewest < 1 || !Number.isSafeInteger(most) || most < fewest) {
    throw new RangeError(`recipe documents is ${fewest} to ${most}; expected whole numbers, at least one`);
  }
  if (recipe.seed === '') throw new RangeError('recipe seed is empty; expected a name');
}

/** Learning rate of a step: linear warm-up, then a cosine down to `finalRateShare`. */
export function learningRate(recipe: Recipe, step: number): number {
  const warmth = Math.min(1, (step + 1) / recipe.warmupSteps);
  const cosine = 0.5 * (1 + Math.cos((Math.PI * step) / recipe.steps));
  return recipe.learningRate * warmth * (recipe.finalRateShare + (1 - recipe.finalRateShare) * cosine);
}
