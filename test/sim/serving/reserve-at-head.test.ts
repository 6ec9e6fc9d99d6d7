import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { InferenceEngine, Sequence, type EngineHooks } from '../../../sim/serving/engine.ts';
import { LinearCost } from './linear-cost.ts';

interface Plan {
  readonly atNs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Time for which it is parked at the head. */
  readonly parkedNs: number;
}

const BLOCKS = 12;

/** An engine whose requests take their blocks at the head and are parked there. */
function run(plans: readonly Plan[]) {
  const simulator = new Simulator({ digest: false });
  const heads: { readonly id: number; readonly atNs: number; readonly heldBlocks: number }[] = [];
  const hooks: EngineHooks = {
    onHead: (sequence) => {
      const { id } = sequence.request;
      expect(sequence.hasBlocks).toBe(true);
      heads.push({ id, atNs: simulator.now, heldBlocks: engine.memory.heldBlocks });
      if (plans[id].parkedNs === 0 || sequence.preemptions > 0) return 'ready';
      simulator.schedule(plans[id].parkedNs, () => { engine.ready(sequence); });
      return 'pending';
    },
  };
  const engine: InferenceEngine = new InferenceEngine(
    simulator, 'engine', new LinearCost({ fixed: 1, token: 10, decode: 1 }),
    { kvBlocks: BLOCKS, blockTokens: 4, tokenBudget: 40, maxSequences: 4, reserveAtHead: true }, hooks,
  );
  const sequences = plans.map(({ atNs, promptTokens, outputTokens }, id) => {
    const sequence = new Sequence({ id, arrivalNs: atNs, units: [], reuse: 'chunk', suffixTokens: promptTokens, outputTokens });
    simulator.scheduleAt(atNs, () => { engine.submit(sequence); });
    return sequence;
  });
  simulator.run();
  return { engine, sequences, heads };
}

describe('blocks taken at the head', () => {
  it('the head waits until there is room for what will be fetched for it', () => {
    const plan = { atNs: 0, promptTokens: 24, outputTokens: 1, parkedNs: 1000 };
    const { heads, sequences } = run([plan, plan, { ...plan, promptTokens: 4 }]);
    // Two of six blocks fill the memory; the third is announced when the first has run.
    expect(heads.map(({ id, heldBlocks }) => [id, heldBlocks])).toEqual([[0, 6], [1, 12], [2, 7]]);
    expect(heads[2].atNs).toBe(sequences[0].finishedNs);
  });

  it('what holds its blocks runs before what does not, so that nothing waits for ever', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ atNs: fc.nat(2000), promptTokens: fc.integer({ min: 1, max: 30 }), outputTokens: fc.integer({ min: 1, max: 18 }), parkedNs: fc.constantFrom(0, 1, 50, 700) }), { minLength: 1, maxLength: 25 }),
        (plans) => {
          const sorted = [...plans].sort((a, b) => a.atNs - b.atNs);
          const { engine, sequences } = run(sorted);
          expect(sequences.map(({ state }) => state)).toEqual(sorted.map(() => 'finished'));
          expect(engine.memory.freeBlocks).toBe(BLOCKS);
          expect(engine.estimateWaitNs()).toBe(0);
        },
      ),
      { seed: 6, numRuns: 300 },
    );
  });
});
