/**
 * `npm run train`: trains the retrieval model from its seed and writes weights, tokenizer and provenance.
 *
 * The bits do not depend on the number of threads.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import cliProgress from 'cli-progress';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { writeLlama2cCheckpoint } from '../kv/model/llama2c-checkpoint.ts';
import { parameterCount, viewWeights } from '../kv/model/llama-weights.ts';
import { wordLevelTokenizerJson } from '../kv/model/word-level-tokenizer.ts';
import { checkRecipe, RETRIEVAL_RECIPE } from '../kv/train/recipe.ts';
import type { Recipe } from '../kv/train/recipe.ts';
import { BOS, RETRIEVAL_WORDS } from '../kv/train/retrieval-language.ts';
import type { ShardGradient } from '../kv/train/shard.ts';
import { computeHere, train } from '../kv/train/trainer.ts';
import type { ShardCompute } from '../kv/train/trainer.ts';
import { makeFolder } from './files/make-folder.ts';
import { startThread } from './engines/typescript-thread.ts';

/** Steps averaged into one point of the recorded loss curve. */
const CURVE_STEPS = 50;

const options = await yargs(hideBin(process.argv))
  .scriptName('npm run train --')
  .usage('$0 [options]\n\nTrains the model of the retrieval language and writes NAME.bin, NAME.tokenizer.json and NAME.json.')
  .option('out', { type: 'string', default: 'weights', describe: 'folder to write to' })
  .option('steps', { type: 'number', default: RETRIEVAL_RECIPE.steps, describe: 'optimiser steps; the schedule ends with them' })
  .option('seed', { type: 'string', default: RETRIEVAL_RECIPE.seed, describe: 'seed of weights and data' })
  .option('threads', { type: 'number', default: Math.min(RETRIEVAL_RECIPE.shards, availableParallelism()), describe: 'threads; the result is the same for any' })
  .strict()
  .parseAsync();

const recipe: Recipe = { ...RETRIEVAL_RECIPE, steps: options.steps, seed: options.seed };
checkRecipe(recipe);
const count = parameterCount(recipe.model);
const parameters = new Float32Array(new SharedArrayBuffer(count * 4));
const pool = options.threads > 1 ? startThreads(recipe, parameters, Math.min(options.threads, recipe.shards)) : undefined;
const started = performance.now();
const bar = new cliProgress.SingleBar({
  format: '{bar} {value}/{total} steps · loss {loss} · accuracy {accuracy} · {duration_formatted}, {eta_formatted} left',
  noTTYOutput: true,
  notTTYSchedule: 60_000,
});
bar.start(recipe.steps, 0, { loss: '-', accuracy: '-' });
const curve: { step: number; loss: number; accuracy: number }[] = [];
let loss = 0;
let accuracy = 0;
let since = 0;
for await (const report of train(recipe, parameters, pool?.compute ?? computeHere(recipe))) {
  loss += report.loss;
  accuracy += report.accuracy;
  since++;
  bar.update(report.step, { loss: report.loss.toFixed(4), accuracy: report.accuracy.toFixed(3) });
  if (since === CURVE_STEPS || report.step === recipe.steps) {
    curve.push({ step: report.step, loss: loss / since, accuracy: accuracy / since });
    loss = accuracy = since = 0;
  }
  // Lets the bar's timer run: steps computed here never wait for anything else.
  await setImmediate();
}
bar.stop();
await pool?.stop();

const seconds = (performance.now() - started) / 1000;
const checkpoint = writeLlama2cCheckpoint(recipe.model, viewWeights(recipe.model, Float32Array.from(parameters)));
makeFolder(options.out);
const base = join(options.out, recipe.name);
writeFileSync(`${base}.bin`, checkpoint);
writeFileSync(`${base}.tokenizer.json`, wordLevelTokenizerJson(RETRIEVAL_WORDS, { bos: BOS, unknown: 0 }));
writeFileSync(
  `${base}.json`,
  `${JSON.stringify(
    {
      what: 'Weights trained on the retrieval language of kv/train/retrieval-language.ts, in the llama2.c checkpoint format.',
      command: `npm run train -- --steps ${recipe.steps} --seed ${recipe.seed}`,
      parameters: count,
      sha256: createHash('sha256').update(checkpoint).digest('hex'),
      recipe,
      lossCurve: curve,
      trained: { seconds: Math.round(seconds), threads: options.threads, node: process.version, arch: process.arch },
    },
    undefined,
    1,
  )}\n`,
);
console.log(`${count} parameters, last loss ${curve.at(-1)?.loss.toFixed(4) ?? '-'}, ${Math.round(seconds)} s on ${options.threads} thread(s): ${base}.bin`);

function startThreads(of: Recipe, shared: Float32Array, threads: number): { compute: ShardCompute; stop: () => Promise<void> } {
  const workers = Array.from({ length: threads }, () => startThread(new URL('./train-worker.ts', import.meta.url), { recipe: of, parameters: shared }));
  const compute: ShardCompute = (_, step) =>
    new Promise((resolve, reject) => {
      const results: ShardGradient[] = [];
      let next = 0;
      let done = 0;
      for (const worker of workers) {
        worker.removeAllListeners();
        const give = (): void => {
          if (next < of.shards) worker.postMessage({ step, shard: next++ });
        };
        worker.once('error', reject);
        worker.on('message', ({ shard, gradient, sum }: ShardGradient & { shard: number }) => {
          results[shard] = { gradient, sum };
          if (++done === of.shards) resolve(results);
          else give();
        });
        give();
      }
    });
  return {
    compute,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
