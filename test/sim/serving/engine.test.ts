import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sequence } from '../../../sim/serving/engine.ts';
import { request, rig } from './engine-rig.ts';

describe('continuous batching', () => {
  it('prefills, then gives one token per step', () => {
    const { simulator, submit, engine } = rig();
    const sequence = submit({ suffixTokens: 20, outputTokens: 4 });
    simulator.run();
    // 20 tokens at 10 ns, then three decodes at 1 ns.
    expect([sequence.firstScheduledNs, sequence.firstTokenNs, sequence.finishedNs]).toEqual([0, 200, 203]);
    expect([engine.steps, engine.tokensPrefilled, engine.tokensDecoded, engine.finished]).toEqual([4, 20, 3, 1]);
    expect(engine.busyNs()).toBe(203);
  });

  it('requests of one instant share their first step', () => {
    const { simulator, submit, costs } = rig();
    submit({ suffixTokens: 20 });
    submit({ suffixTokens: 30 });
    simulator.run();
    expect(costs.shapes[0]?.prefill).toEqual([{ newTokens: 20, contextTokens: 0 }, { newTokens: 30, contextTokens: 0 }]);
  });

  it('splits a prompt over steps by the budget that decodes leave', () => {
    const { simulator, submit, costs } = rig({ tokenBudget: 8, maxSequences: 4 });
    submit({ suffixTokens: 2, outputTokens: 10 });
    const long = submit({ suffixTokens: 15, outputTokens: 1 }, 20);
    simulator.run();
    const chunks = costs.shapes.filter((shape) => shape.prefill.length > 0).map((shape) => [shape.prefill[0].newTokens, shape.prefill[0].contextTokens, shape.decodeSequences]);
    expect(chunks).toEqual([[2, 0, 0], [7, 0, 1], [7, 7, 1], [1, 14, 1]]);
    // Chunks of 71, 71 and 11 ns.
    expect(long.firstTokenNs).toBe(20 + 71 + 71 + 11);
  });

  it('without chunking a long prompt waits for a step of its own, and exceeds the budget', () => {
    const { simulator, submit, costs } = rig({ tokenBudget: 8, maxSequences: 4, chunkedPrefill: false });
    submit({ suffixTokens: 5 });
    submit({ suffixTokens: 15 });
    simulator.run();
    expect(costs.shapes.map((shape) => shape.prefill.map((piece) => piece.newTokens))).toEqual([[5], [15]]);
  });

  it('admits no more than maxSequences', () => {
    const { simulator, submit, costs } = rig({ maxSequences: 2 });
    for (let index = 0; index < 5; index += 1) submit({ suffixTokens: 3, outputTokens: 3 });
    simulator.run();
    expect(Math.max(...costs.shapes.map((shape) => shape.prefill.length + shape.decodeSequences))).toBe(2);
  });

  it('async scheduling: what arrives during a step joins the step after the next', () => {
    const run = (asyncScheduling: boolean): Sequence => {
      const { simulator, submit } = rig({ asyncScheduling }, {}, { fixed: 100, token: 0, decode: 0, context: 0 });
      submit({ outputTokens: 5 });
      const late = submit({ outputTokens: 1 }, 150);
      simulator.run();
      return late;
    };
    expect([run(false).firstScheduledNs, run(false).firstTokenNs]).toEqual([200, 300]);
    expect([run(true).firstScheduledNs, run(true).firstTokenNs]).toEqual([300, 400]);
  });
});

describe('KV memory', () => {
  it('preempts the last admitted, which computes its prompt and its tokens again', () => {
    // 4 blocks of 4 tokens. Both prompts take 2 blocks; at the ninth token each needs a third.
    const preempted: number[] = [];
    const { simulator, submit, engine, costs } = rig({ kvBlocks: 4, maxSequences: 2 }, { onPreempted: (sequence) => preempted.push(sequence.request.id) });
    const first = submit({ suffixTokens: 8, outputTokens: 6 });
    const second = submit({ suffixTokens: 8, outputTokens: 6 });
    simulator.run();
    expect(preempted).toEqual([second.request.id]);
    expect([first.preemptions, second.preemptions, engine.preemptions]).toEqual([0, 1, 1]);
    // It comes back with its prompt and the one token it had, in 3 blocks.
    expect(costs.shapes.filter((shape) => shape.prefill.length > 0).map((shape) => shape.prefill.map((piece) => piece.newTokens))).toEqual([[8, 8], [9]]);
    expect(first.firstTokenNs).toBe(second.firstTokenNs);
    expect(second.finishedNs).toBeGreaterThan(first.finishedNs);
    expect(engine.memory.freeBlocks).toBe(4);
  });

  it.each([['fcfs', 'small'], ['shortest-prefill-first', 'big']] as const)('%s preempts the %s one: the last admitted, or the one that the policy puts last', (policy, victim) => {
    // The big prompt holds three of four blocks when the small one, admitted after it and put before it by the policy, needs a second.
    const { simulator, submit } = rig({ kvBlocks: 4, maxSequences: 2, policy }, {}, { fixed: 0, token: 10, decode: 10, context: 0 });
    const big = submit({ suffixTokens: 8, outputTokens: 8 });
    const small = submit({ suffixTokens: 4, outputTokens: 6 }, 85);
    simulator.run();
    expect([big.preemptions, small.preemptions]).toEqual(victim === 'big' ? [1, 0] : [0, 1]);
    expect([big.state, small.state]).toEqual(['finished', 'finished']);
  });

  it('rejects what can never fit, with the reason', () => {
    const reasons: string[] = [];
    const { submit, engine } = rig({ kvBlocks: 4, contextLimitTokens: 12 }, { onRejected: (_, reason) => reasons.push(reason) });
    const big = submit({ suffixTokens: 30, outputTokens: 1 });
    const long = submit({ suffixTokens: 12, outputTokens: 1 });
    submit({ suffixTokens: 11, outputTokens: 1 });
    expect(reasons).toEqual(['31 tokens need more KV blocks than the 4 there are', '13 tokens exceed the context limit of 12']);
    expect([big.state, long.state, engine.rejected, engine.queueLength]).toEqual(['rejected', 'rejected', 2, 1]);
  });

  it('a lifted context limit counts instead of rejecting', () => {
    const { simulator, submit, engine } = rig({ contextLimitTokens: 12, contextLimit: 'lifted' });
    const long = submit({ suffixTokens: 30 });
    simulator.run();
    expect([long.state, engine.contextLimitLifted, engine.rejected]).toEqual(['finished', 1, 0]);
  });

  it('a request that fills the memory exactly runs', () => {
    // 13 prompt tokens and 3 generated ones whose KV is needed: 16 tokens in 4 blocks.
    const { simulator, submit } = rig({ kvBlocks: 4 });
    const exact = submit({ suffixTokens: 13, outputTokens: 4 });
    simulator.run();
    expect([exact.state, exact.preemptions]).toEqual(['finished', 0]);
  });
});

describe('laws of the schedule', () => {
  const plan = fc.array(fc.record({ gapNs: fc.integer({ min: 1, max: 900 }), prompt: fc.integer({ min: 1, max: 80 }), output: fc.integer({ min: 1, max: 30 }) }), { minLength: 1, maxLength: 40 });

  it('work is conserved: the engine is never idle beside work, and its busy time is the work', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 6 }), fc.boolean(), (plans, maxSequences, asyncScheduling) => {
        const { simulator, engine } = rig({ maxSequences, tokenBudget: 30, asyncScheduling });
        let atNs = 0;
        let workNs = 0;
        for (const [id, { gapNs, prompt, output }] of plans.entries()) {
          atNs += gapNs;
          workNs += 10 * prompt + (output - 1);
          const sequence = new Sequence(request({ id, arrivalNs: atNs, suffixTokens: prompt, outputTokens: output }));
          simulator.scheduleAt(atNs, () => {
            expect(engine.busy || engine.queueLength + engine.runningCount === 0).toBe(true);
            engine.submit(sequence);
          });
        }
        simulator.run();
        expect(engine.busyNs()).toBe(workNs);
        expect(engine.finished).toBe(plans.length);
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it('nobody starves: first come, first served is kept to, and every policy serves everyone', () => {
    fc.assert(
      fc.property(plan, fc.constantFrom('fcfs' as const, 'shortest-prefill-first' as const, 'earliest-deadline-first' as const, 'slo-aware' as const), (plans, policy) => {
        const { simulator, engine } = rig({ maxSequences: 3, tokenBudget: 30, kvBlocks: 60, policy, ttftSloNs: 500 });
        let atNs = 0;
        const sequences = plans.map(({ gapNs, prompt, output }, id) => {
          atNs += gapNs;
          const sequence = new Sequence(request({ id, arrivalNs: atNs, suffixTokens: prompt, outputTokens: output }));
          simulator.scheduleAt(atNs, () => { engine.submit(sequence); });
          return sequence;
        });
        simulator.run();
        for (const [index, sequence] of sequences.entries()) {
          expect(sequence.state).toBe('finished');
          expect([sequence.arrivalNs <= sequence.enqueuedNs, sequence.enqueuedNs <= sequence.firstScheduledNs, sequence.firstScheduledNs < sequence.firstTokenNs, sequence.firstTokenNs <= sequence.finishedNs]).toEqual([true, true, true, true]);
          if (policy === 'fcfs' && index > 0) expect(sequence.firstScheduledNs).toBeGreaterThanOrEqual(sequences[index - 1].firstScheduledNs);
        }
      }),
      { seed: 6, numRuns: 150 },
    );
  });
});

describe('policies', () => {
  const order = (sequences: readonly Sequence[]): number[] =>
    [...sequences].sort((a, b) => a.firstScheduledNs - b.firstScheduledNs).map((sequence) => sequences.indexOf(sequence));

  it('shortest prefill first, but a long prompt is overtaken only for ten times its prefill', () => {
    const { simulator, submit } = rig({ policy: 'shortest-prefill-first', maxSequences: 1, tokenBudget: 1000 });
    const head = submit({ suffixTokens: 100 });
    const long = submit({ suffixTokens: 90 }, 1);
    const short = submit({ suffixTokens: 5 }, 2);
    // A stream of short prompts, as fast as they are served, that would starve the long one for ever.
    const stream = Array.from({ length: 400 }, (_, index) => submit({ suffixTokens: 5 }, 100 + index * 50));
    simulator.run();
    expect(order([head, long, short])).toEqual([0, 2, 1]);
    expect(long.firstScheduledNs).toBeGreaterThan(stream[0].firstScheduledNs);
    expect(long.firstScheduledNs - long.enqueuedNs).toBeLessThan(10 * 900 + 1100);
  });

  it('earliest deadline first', () => {
    const { simulator, engine } = rig({ policy: 'earliest-deadline-first', maxSequences: 1 });
    const sequences = [500, 300, 400].map((deadlineNs) => {
      const sequence = new Sequence(request());
      sequence.deadlineNs = deadlineNs;
      engine.submit(sequence);
      return sequence;
    });
    simulator.run();
    expect(order(sequences)).toEqual([1, 2, 0]);
  });

  it('SLO-aware: a request that cannot meet its deadline any more makes way for those that can', () => {
    const { simulator, submit } = rig({ policy: 'slo-aware', maxSequences: 1, ttftSloNs: 150 });
    const first = submit({ suffixTokens: 10 });
    // Both wait for the first (100 ns). The second then needs 100 of its remaining 49: too late; the third makes it.
    const late = submit({ suffixTokens: 10 }, 1);
    const soon = submit({ suffixTokens: 5 }, 90);
    simulator.run();
    expect([first.firstTokenNs, soon.firstTokenNs, late.firstTokenNs]).toEqual([100, 150, 250]);
  });

  it('refuses an unknown policy and a budget below the slots', () => {
    expect(() => rig({ policy: 'lifo' as 'fcfs' })).toThrow(/unknown scheduling policy "lifo"/);
    expect(() => rig({ tokenBudget: 4, maxSequences: 8 })).toThrow(/tokenBudget 4 must be at least maxSequences 8/);
    expect(() => rig({ kvBlocks: 0 })).toThrow(/kvBlocks/);
    expect(() => rig({ ttftSloNs: -1 })).toThrow(/ttftSloNs/);
  });
});
