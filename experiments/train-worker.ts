/** A thread that computes shards of training steps. Started by train.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { createMatrixProduct } from '../kv/tensor/simd-product.ts';
import type { Recipe } from '../kv/train/recipe.ts';
import { ShardWorker } from '../kv/train/shard.ts';

const { recipe, parameters } = workerData as { recipe: Recipe; parameters: Float32Array };
const worker = new ShardWorker(recipe, createMatrixProduct());

parentPort!.on('message', ({ step, shard }: { step: number; shard: number }) => {
  const result = worker.compute(parameters, step, shard);
  parentPort!.postMessage({ shard, ...result }, [result.gradient.buffer as ArrayBuffer]);
});
