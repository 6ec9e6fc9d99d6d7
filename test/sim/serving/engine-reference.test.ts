import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InferenceEngine, Sequence } from '../../../sim/serving/engine.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { LinearCost } from './linear-cost.ts';
import { runNaively, type NaiveOptions, type NaiveRequest } from './naive-engine.ts';

const RATES = { fixed: 1000, token: 10, decode: 30, context: 1 };

function runEngine(requests: readonly NaiveRequest[], options: NaiveOptions, mostStepsPerEvent: number): { sequences: Sequence[]; costs: LinearCost; engine: InferenceEngine } {
  const simulator = new Simulator({ digest: false });
  const costs = new LinearCost(RATES);
  const engine = new InferenceEngine(simulator, 'engine', costs, { ...options, mostStepsPerEvent }, {
    onFinished: () => {
      engine.memory.check();
    },
  });
  const sequences = requests.map(
    (request, id) => new Sequence({ id, arrivalNs: request.arrivalNs, units: [], reuse: 'chunk', suffixTokens: request.promptTokens, outputTokens: request.outputTokens }),
  );
  for (const sequence of sequences) simulator.scheduleAt(sequence.arrivalNs, () => { engine.submit(sequence); });
  simulator.run();
  return { sequences, costs, engine };
}

const workload = fc.array(
  fc.record({ arrivalNs: fc.integer({ min: 0, max: 60_000 }), promptTokens: fc.integer({ min: 1, max: 60 }), outputTokens: fc.integer({ min: 1, max: 20 }) }),
  { minLength: 1, maxLength: 25 },
);

/** Memory for at least the largest request, and tight enough to preempt. */
const options = fc
  .record({
    maxSequences: fc.integer({ min: 1, max: 8 }),
    moreBudget: fc.integer({ min: 0, max: 40 }),
    blockTokens: fc.integer({ min: 1, max: 16 }),
    moreBlocks: fc.integer({ min: 0, max: 20 }),
    asyncScheduling: fc.boolean(),
  })
  .map(({ maxSequences, moreBudget, blockTokens, moreBlocks, asyncScheduling }): NaiveOptions => ({
    maxSequences,
    tokenBudget: maxSequences + moreBudget,
    blockTokens,
    kvBlocks: Math.ceil(79 / blockTokens) + moreBlocks,
    asyncScheduling,
  }));

describe('the engine against its rules, written down naively', () => {
  it('runs the same steps at the same times, under memory pressure, with and without async scheduling', () => {
    let preemptions = 0;
    fc.assert(
      fc.property(workload, options, (requests, settings) => {
        const naive = runNaively(requests, settings, new LinearCost(RATES));
        // An event per step, and runs of decodes that share one: only the first asks for the cost of each step in turn.
        for (const mostStepsPerEvent of [1, 3, 64]) {
          const { sequences, costs, engine } = runEngine(requests, settings, mostStepsPerEvent);
          if (mostStepsPerEvent === 1) expect(costs.shapes).toEqual(naive.steps.map((step) => step.shape));
          expect(sequences.map((sequence) => sequence.firstScheduledNs)).toEqual(naive.firstScheduledNs);
          expect(sequences.map((sequence) => sequence.firstTokenNs)).toEqual(naive.firstTokenNs);
          expect(sequences.map((sequence) => sequence.finishedNs)).toEqual(naive.finishedNs);
          expect(sequences.map((sequence) => sequence.preemptions)).toEqual(naive.preemptions);
          expect(engine.memory.freeBlocks).toBe(settings.kvBlocks);
          expect(engine.steps).toBe(naive.steps.length);
          expect(engine.runningCount + engine.queueLength).toBe(0);
          preemptions += engine.preemptions;
        }
      }),
      { seed: 1, numRuns: 400 },
    );
    // The property says nothing about preemption unless it happens.
    expect(preemptions).toBeGreaterThan(300);
  });
});
