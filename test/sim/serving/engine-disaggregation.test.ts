import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { InferenceEngine, Sequence } from '../../../sim/serving/engine.ts';
import { request } from './engine-rig.ts';
import { LinearCost } from './linear-cost.ts';

describe('disaggregated prefill', () => {
  it('one engine prefills, another decodes, and the timestamps belong to the request', () => {
    const simulator = new Simulator({ digest: false });
    const options = { kvBlocks: 100, blockTokens: 4, tokenBudget: 100, maxSequences: 8 };
    const decoder = new InferenceEngine(simulator, 'decode', new LinearCost({ token: 10, decode: 1 }), options);
    const freed: number[] = [];
    const prefiller = new InferenceEngine(simulator, 'prefill', new LinearCost({ token: 10, decode: 1 }), { ...options, prefillOnly: true }, {
      onHandedOver: (sequence) => {
        freed.push(prefiller.memory.freeBlocks);
        simulator.schedule(1000, () => { decoder.submitPrefilled(sequence); });
      },
    });
    const sequence = new Sequence(request({ suffixTokens: 8, outputTokens: 4 }));
    const single = new Sequence(request({ suffixTokens: 8, outputTokens: 1 }));
    prefiller.submit(sequence);
    prefiller.submit(single);
    simulator.run();
    expect([sequence.firstTokenNs, sequence.finishedNs, single.finishedNs]).toEqual([160, 160 + 1000 + 3, 160]);
    expect([prefiller.tokensDecoded, decoder.tokensPrefilled, decoder.tokensDecoded]).toEqual([0, 0, 3]);
    expect([prefiller.memory.freeBlocks, decoder.memory.freeBlocks, freed]).toEqual([100, 100, [98]]);
    expect(() => { decoder.submitPrefilled(new Sequence(request())); }).toThrow(/has not been prefilled/);
  });

  it('a handed-over sequence joins decodes under way, and is computed again when it is preempted', () => {
    const simulator = new Simulator({ digest: false });
    const options = { kvBlocks: 100, blockTokens: 4, tokenBudget: 100, maxSequences: 8 };
    const decoder = new InferenceEngine(simulator, 'decode', new LinearCost({ token: 10, decode: 1 }), { ...options, kvBlocks: 7 });
    const prefiller = new InferenceEngine(simulator, 'prefill', new LinearCost({ token: 10 }), { ...options, prefillOnly: true }, {
      onHandedOver: (sequence) => { decoder.submitPrefilled(sequence); },
    });
    const sequences = [0, 1, 2].map((index) => new Sequence(request({ suffixTokens: 7 + index, outputTokens: 12 })));
    for (const sequence of sequences) prefiller.submit(sequence);
    simulator.run();
    expect(sequences.map((sequence) => sequence.state)).toEqual(['finished', 'finished', 'finished']);
    expect(decoder.preemptions).toBeGreaterThan(0);
    expect(decoder.memory.freeBlocks).toBe(7);
  });
});
