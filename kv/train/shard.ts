/** One shard of one training step: a pure function of recipe, weights, step and shard, so that any worker may compute it. */
import type { MatrixProduct } from '../tensor/matrix-product.ts';
import { GradientPass } from './gradient.ts';
import type { LossSum } from './gradient.ts';
import type { Recipe } from './recipe.ts';
import { retrievalExample } from './retrieval-example.ts';
import { drawRetrievalTask } from './retrieval-task.ts';
import { SeededRandom } from './seeded-random.ts';
import type { TrainingExample } from './training-example.ts';

/** Gradient of the summed loss over a shard. */
export interface ShardGradient {
  readonly gradient: Float32Array;
  readonly sum: LossSum;
}

/** Shortest document: a title record and one more. */
const LEAST_DOCUMENT_TOKENS = 4;

/** The examples of a shard. */
export function drawShard(recipe: Recipe, step: number, shard: number): TrainingExample[] {
  const random = new SeededRandom(recipe.seed, `examples/${step}/${shard}`);
  const { fewest, most } = recipe.documents;
  const { first, last, growth } = recipe.contextTokens;
  const mean = first + (last - first) * Math.min(1, step / Math.max(1, growth * recipe.steps));
  return Array.from({ length: recipe.examplesPerShard }, () => {
    const documents = fewest + random.integer(most - fewest + 1);
    // Records beyond the least, uniform from none to twice the mean that is left over.
    const spread = Math.max(1, Math.round(mean / documents - LEAST_DOCUMENT_TOKENS) + 1);
    const documentTokens = Array.from({ length: documents }, () => LEAST_DOCUMENT_TOKENS + 2 * random.integer(spread));
    const task = drawRetrievalTask({ documentTokens, questions: recipe.questionsPerExample }, random);
    return retrievalExample(task, random.next() < recipe.blockShare ? 'block' : 'full');
  });
}

/** Computes shards of a recipe, keeping the scratch space of the matrix products. */
export class ShardWorker {
  readonly recipe: Recipe;
  readonly #pass: GradientPass;

  constructor(recipe: Recipe, product: MatrixProduct) {
    this.recipe = recipe;
    this.#pass = new GradientPass(recipe.model, product);
  }

  /** Gradient of one shard at these parameters. */
  compute(parameters: Float32Array, step: number, shard: number): ShardGradient {
    const gradient = new Float32Array(parameters.length);
    const sum = this.#pass.lossAndGradient(parameters, drawShard(this.recipe, step, shard), gradient);
    return { gradient, sum };
  }
}
