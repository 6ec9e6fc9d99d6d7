import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parameterCount } from '../../../kv/model/llama-weights.ts';
import { AdamW, clipNorm } from '../../../kv/train/adamw.ts';
import { checkRecipe, learningRate, RETRIEVAL_RECIPE } from '../../../kv/train/recipe.ts';
import type { Recipe } from '../../../kv/train/recipe.ts';
import { drawShard } from '../../../kv/train/shard.ts';
import { computeHere, train } from '../../../kv/train/trainer.ts';
import type { StepReport } from '../../../kv/train/trainer.ts';

interface Provenance {
  readonly recipe: Recipe;
  readonly lossCurve: { step: number; loss: number; accuracy: number }[];
}

const file = resolve(import.meta.dirname, '../../../weights/retrieval-115k.json');
const missing = !existsSync(file);
const note = missing ? ' (skipped: weights/retrieval-115k.json is not there; npm run train makes it)' : '';
const provenance = missing ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as Provenance);

async function steps(recipe: Recipe, count: number, compute = computeHere(recipe)): Promise<{ reports: StepReport[]; parameters: Float32Array }> {
  const parameters = new Float32Array(parameterCount(recipe.model));
  const reports: StepReport[] = [];
  for await (const report of train(recipe, parameters, compute)) {
    reports.push(report);
    if (reports.length === count) break;
  }
  return { reports, parameters };
}

const TINY: Recipe = { ...RETRIEVAL_RECIPE, steps: 40, shards: 2, examplesPerShard: 2, questionsPerExample: 6, warmupSteps: 5, contextTokens: { first: 16, last: 20, growth: 1 } };

describe('training', () => {
  it.skipIf(missing)(`reproduces the start of the loss curve of the shipped weights from their seed${note}`, async () => {
    expect(provenance!.recipe).toEqual(RETRIEVAL_RECIPE);
    const [first] = provenance!.lossCurve;
    const { reports } = await steps(provenance!.recipe, first.step);
    const loss = reports.reduce((sum, report) => sum + report.loss, 0) / reports.length;
    // The same arithmetic; engines may differ in the last bit of exp, sin and cos, which fifty steps hardly amplify.
    expect(Math.abs(loss - first.loss)).toBeLessThan(1e-3);
  });

  it.skipIf(missing)(`ended with a model that answers${note}`, () => {
    const last = provenance!.lossCurve.at(-1)!;
    expect(last.step).toBe(RETRIEVAL_RECIPE.steps);
    expect(last.loss).toBeLessThan(0.05);
    expect(last.accuracy).toBeGreaterThan(0.98);
  });

  it('gives the same bits again, and whoever computes the shards', async () => {
    const once = await steps(TINY, 6);
    const again = await steps(TINY, 6);
    expect(again.parameters).toEqual(once.parameters);
    // A compute that does the shards in the other order, as threads may.
    const here = computeHere(TINY);
    const shuffled = await steps(TINY, 6, async (parameters, step) => [...(await here(parameters, step))].reverse().reverse());
    expect(shuffled.reports).toEqual(once.reports);
    const other = await steps({ ...TINY, seed: 'other' }, 1);
    expect(other.reports[0].loss).not.toBe(once.reports[0].loss);
  });

  it('learns: the loss of a tiny run falls', async () => {
    const { reports } = await steps(TINY, 40);
    const mean = (part: StepReport[]): number => part.reduce((sum, report) => sum + report.loss, 0) / part.length;
    expect(mean(reports.slice(-5))).toBeLessThan(mean(reports.slice(0, 5)) - 0.5);
  });

  it('draws other examples for every step and shard, longer as it goes on', () => {
    const lengths = (step: number): number => Array.from({ length: 20 }, (_, shard) => drawShard(RETRIEVAL_RECIPE, step, shard)).flat().reduce((sum, example) => sum + example.tokens.length, 0);
    expect(drawShard(RETRIEVAL_RECIPE, 3, 1)).toEqual(drawShard(RETRIEVAL_RECIPE, 3, 1));
    expect(drawShard(RETRIEVAL_RECIPE, 3, 1)).not.toEqual(drawShard(RETRIEVAL_RECIPE, 3, 2));
    expect(lengths(2000)).toBeGreaterThan(1.5 * lengths(0));
  });

  it('refuses recipes that cannot run', () => {
    expect(() => { checkRecipe({ ...TINY, steps: 0 }); }).toThrow(/steps is 0/);
    expect(() => { checkRecipe({ ...TINY, documents: { fewest: 3, most: 2 } }); }).toThrow(/documents is 3 to 2/);
    expect(() => { checkRecipe({ ...TINY, seed: '' }); }).toThrow(/seed is empty/);
  });
});

describe('AdamW', () => {
  it('takes first steps of the size of the rate, whatever the gradient, and decays only what decays', () => {
    const optimiser = new AdamW(Uint8Array.of(1, 0), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 });
    const parameters = Float32Array.of(2, 2);
    optimiser.step(parameters, Float32Array.of(1e-3, -50), 0.01);
    // Loshchilov & Hutter, algorithm 2, by hand: θ − rate·(±1 + 0.1·θ).
    expect(parameters[0]).toBeCloseTo(2 - 0.01 * (1 + 0.2), 5);
    expect(parameters[1]).toBeCloseTo(2 + 0.01, 5);
  });

  it('follows its definition over several steps', () => {
    const options = { beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weightDecay: 0 };
    const optimiser = new AdamW(Uint8Array.of(0), options);
    const parameters = Float32Array.of(1);
    let m = 0;
    let v = 0;
    let theta = 1;
    for (let t = 1; t <= 5; t++) {
      const g = Math.sin(t);
      optimiser.step(parameters, Float32Array.of(g), 0.1);
      m = 0.8 * m + 0.2 * g;
      v = 0.9 * v + 0.1 * g * g;
      theta -= (0.1 * (m / (1 - 0.8 ** t))) / (Math.sqrt(v / (1 - 0.9 ** t)) + 1e-3);
      expect(parameters[0]).toBeCloseTo(theta, 5);
    }
  });

  it('clips by the norm', () => {
    const gradient = Float32Array.of(3, 4);
    expect(clipNorm(gradient, 1)).toBe(5);
    expect(Array.from(gradient)).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect(clipNorm(gradient, 2)).toBeCloseTo(1, 6);
    expect(gradient[0]).toBeCloseTo(0.6, 6);
  });
});

describe('the schedule', () => {
  it('warms up, then falls to its floor', () => {
    const rates = Array.from({ length: RETRIEVAL_RECIPE.steps }, (_, step) => learningRate(RETRIEVAL_RECIPE, step));
    expect(rates[0]).toBeCloseTo(RETRIEVAL_RECIPE.learningRate / 100, 6);
    expect(Math.max(...rates)).toBeLessThanOrEqual(RETRIEVAL_RECIPE.learningRate);
    expect(rates.at(-1)! / RETRIEVAL_RECIPE.learningRate).toBeCloseTo(0.02, 3);
    for (let step = 101; step < rates.length; step++) expect(rates[step] <= rates[step - 1]).toBe(true);
  });
});
