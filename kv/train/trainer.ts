/** The training loop. */
import { createMatrixProduct } from '../tensor/simd-product.ts';
import { AdamW, clipNorm } from './adamw.ts';
import { decayedParameters, initialWeights } from './initial-weights.ts';
import { checkRecipe, learningRate } from './recipe.ts';
import type { Recipe } from './recipe.ts';
import { SeededRandom } from './seeded-random.ts';
import { ShardWorker } from './shard.ts';
import type { ShardGradient } from './shard.ts';

/** What a step reports: means over its targets, before the update. */
export interface StepReport {
  /** Steps done, this one included. */
  readonly step: number;
  /** Nats a target. */
  readonly loss: number;
  /** Share of targets that were the most likely token. */
  readonly accuracy: number;
  /** Euclidean norm of the mean gradient before clipping. */
  readonly gradientNorm: number;
}

/** Computes the shards of a step at the given parameters, in order of the shard. */
export type ShardCompute = (parameters: Float32Array, step: number) => Promise<readonly ShardGradient[]>;

/** Computes shards one after the other, here. */
export function computeHere(recipe: Recipe): ShardCompute {
  const worker = new ShardWorker(recipe, createMatrixProduct());
  return (parameters, step) => Promise.resolve(Array.from({ length: recipe.shards }, (_, shard) => worker.compute(parameters, step, shard)));
}

/**
 * Runs a recipe from its seed, reporting each step; `parameters` holds the weights and is updated in place. The bits of the result depend on
 * the recipe only: shards are added in order, whoever computed them.
 */
export async function* train(recipe: Recipe, parameters: Float32Array, compute: ShardCompute = computeHere(recipe)): AsyncGenerator<StepReport, void, void> {
  checkRecipe(recipe);
  parameters.set(initialWeights(recipe.model, new SeededRandom(recipe.seed, 'initial weights')));
  const optimiser = new AdamW(decayedParameters(recipe.model), recipe.adam);
  const gradient = new Float32Array(parameters.length);
  for (let step = 0; step < recipe.steps; step++) {
    const shards = await compute(parameters, step);
    if (shards.length !== recipe.shards) throw new Error(`step ${step} gave ${shards.length} shards; expected ${recipe.shards}`);
    gradient.fill(0);
    let loss = 0;
    let targets = 0;
    let correct = 0;
    for (const { gradient: part, sum } of shards) {
      for (let i = 0; i < gradient.length; i++) gradient[i] += part[i];
      loss += sum.loss;
      targets += sum.targets;
      correct += sum.correct;
    }
    for (let i = 0; i < gradient.length; i++) gradient[i] /= targets;
    const gradientNorm = clipNorm(gradient, recipe.clip);
    if (!Number.isFinite(gradientNorm)) throw new RangeError(`gradient norm is ${gradientNorm} at step ${step + 1}: training diverged`);
    optimiser.step(parameters, gradient, learningRate(recipe, step));
    yield { step: step + 1, loss: loss / targets, accuracy: correct / targets, gradientNorm };
  }
}
