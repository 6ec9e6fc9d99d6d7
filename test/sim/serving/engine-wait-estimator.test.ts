import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sequence } from '../../../sim/serving/engine.ts';
import { request, rig } from './engine-rig.ts';

describe('the wait estimator', () => {
  it('is exact where one request is served at a time', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ gapNs: fc.nat(500), tokens: fc.integer({ min: 1, max: 60 }) }), { minLength: 1, maxLength: 30 }), fc.nat(20), (plans, fixed) => {
        const { simulator, engine } = rig({ maxSequences: 1 }, {}, { fixed, token: 10, decode: 0, context: 0 });
        const predicted: number[] = [];
        let atNs = 0;
        const sequences = plans.map(({ gapNs, tokens }, id) => {
          atNs += gapNs + 1;
          const sequence = new Sequence(request({ id, arrivalNs: atNs, suffixTokens: tokens }));
          simulator.scheduleAt(atNs, () => {
            predicted.push(engine.estimateWaitNs());
            engine.submit(sequence);
          });
          return sequence;
        });
        simulator.run();
        expect(predicted).toEqual(sequences.map((sequence) => sequence.firstScheduledNs - sequence.enqueuedNs));
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it('is corrected when less is to be prefilled, and idle means no wait', () => {
    const { simulator, submit, engine } = rig({ maxSequences: 1 });
    expect(engine.estimateWaitNs()).toBe(0);
    submit({ suffixTokens: 10 });
    const second = submit({ suffixTokens: 50 });
    simulator.run(1);
    expect(engine.estimateWaitNs()).toBe(99 + 500);
    engine.expectPrefill(second, 5);
    expect(engine.estimateWaitNs()).toBe(99 + 50);
  });

  it('raises no flags', () => {
    const { submit, engine, costs } = rig();
    submit();
    engine.estimateWaitNs();
    expect(costs.shapes).toEqual([]);
  });
});
