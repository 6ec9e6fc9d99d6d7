import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sequence } from '../../../sim/serving/engine.ts';
import { request, rig } from './engine-rig.ts';

describe('the local prefix cache', () => {
  const units = (...ids: number[]) => ids.map((id) => ({ id, tokens: 8 }));

  it('skips the leading units that an earlier request computed', () => {
    const { simulator, submit, costs, engine } = rig({ prefixCache: true });
    submit({ units: units(1, 2, 3), reuse: 'prefix', suffixTokens: 4 });
    const second = submit({ units: units(1, 2, 9), reuse: 'prefix', suffixTokens: 4 }, 1000);
    simulator.run();
    expect(costs.shapes[1].prefill).toEqual([{ newTokens: 12, contextTokens: 16 }]);
    expect(second.cachedTokens).toBe(16);
    // Units 1, 2, 3 and 9, two blocks each.
    expect([engine.memory.cachedBlocks, engine.memory.heldBlocks]).toEqual([8, 0]);
    expect([engine.prefixCache?.unitsLookedUp, engine.prefixCache?.unitsHit]).toEqual([6, 2]);
  });

  it('a unit can be used as soon as its chunk has been computed, not before', () => {
    const { simulator, submit } = rig({ prefixCache: true, tokenBudget: 8 });
    submit({ units: units(1, 2), reuse: 'prefix', suffixTokens: 4 });
    // Steps of 8, 8 and 4 tokens end at 80, 160 and 200; the second request starts at 160 or later, and finds both.
    const second = submit({ units: units(1, 2), reuse: 'prefix', suffixTokens: 4 }, 10);
    simulator.run();
    expect([second.firstScheduledNs, second.cachedTokens]).toEqual([160, 16]);
  });

  it('chunks that are independent of position take no part', () => {
    const { simulator, submit, engine } = rig({ prefixCache: true });
    submit({ units: units(1), reuse: 'chunk', suffixTokens: 4 });
    const second = submit({ units: units(1), reuse: 'chunk', suffixTokens: 4 }, 1000);
    simulator.run();
    expect([second.cachedTokens, engine.prefixCache?.size]).toEqual([0, 0]);
  });

  it('a prompt that is all cached computes its last unit', () => {
    const { simulator, submit } = rig({ prefixCache: true });
    submit({ units: units(1, 2), reuse: 'prefix', suffixTokens: 0 });
    const second = submit({ units: units(1, 2), reuse: 'prefix', suffixTokens: 0 }, 1000);
    simulator.run();
    expect(second.cachedTokens).toBe(8);
  });

  it('evicts the least recently used units, last unit of a prompt first, and tells', () => {
    const cached: number[] = [];
    const evicted: number[] = [];
    const { simulator, submit, engine } = rig({ kvBlocks: 10, prefixCache: { onCached: (id) => cached.push(id), onEvicted: (id) => evicted.push(id) } });
    submit({ units: units(1, 2), reuse: 'prefix', suffixTokens: 4 });
    submit({ units: units(3), reuse: 'prefix', suffixTokens: 4 }, 1000);
    // 6 blocks are cached, 4 free. 5 blocks need unit 2 out, 7 also unit 1.
    submit({ units: units(5, 6), reuse: 'prefix', suffixTokens: 4 }, 2000);
    simulator.run();
    expect(cached).toEqual([1, 2, 3, 5, 6]);
    expect(evicted).toEqual([2]);
    submit({ suffixTokens: 20 }, 3000);
    simulator.run();
    expect(evicted).toEqual([2, 1, 3]);
    expect(engine.memory.cachedBlocks + engine.memory.freeBlocks).toBe(10);
  });

  it('takes in units that come from elsewhere in the middle of a run of decode steps, and the run goes on as if they had been there', () => {
    for (const arrivalNs of [103, 131, 150]) {
      const evicted: number[] = [];
      const { simulator, submit, engine } = rig({ kvBlocks: 20, prefixCache: { onEvicted: (id) => evicted.push(id) } });
      // 10 prompt tokens end at 100; then one token a nanosecond, a block each four: at the end 17 of the 20 blocks.
      const decoding = submit({ suffixTokens: 10, outputTokens: 60 });
      let adopted = 0;
      simulator.scheduleAt(arrivalNs, () => { adopted = engine.adopt(units(1, 2, 3, 4, 5, 6, 7, 8, 9), -1); });
      simulator.run();
      const generated = arrivalNs - 100;
      expect(adopted).toBe(Math.min(9, Math.floor((20 - Math.ceil((10 + generated) / 4)) / 2)));
      expect(decoding.finishedNs).toBe(159);
      // Those taken in make room again, the last of the prompt first.
      expect(evicted).toEqual(Array.from({ length: evicted.length }, (_, i) => adopted - i));
      expect(evicted.length).toBeGreaterThan(0);
      expect([engine.memory.heldBlocks, engine.memory.freeBlocks + engine.memory.cachedBlocks]).toEqual([0, 20]);
    }
    expect(() => rig().engine.adopt(units(1), -1)).toThrow(/no prefix cache/);
  });

  it('tells how much of a prompt it holds', () => {
    const { simulator, submit, engine } = rig({ prefixCache: true });
    submit({ units: units(1, 2), reuse: 'prefix', suffixTokens: 4 });
    simulator.run();
    const probe = new Sequence(request({ units: units(1, 2, 3), reuse: 'prefix' }));
    expect(engine.localPrefixTokens(probe)).toBe(16);
    expect(engine.localPrefixTokens(new Sequence(request({ units: units(9, 1), reuse: 'prefix' })))).toBe(0);
  });

  it('law: shared blocks are counted once and all come back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ atNs: fc.nat(5000), path: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 }), suffix: fc.integer({ min: 1, max: 9 }), output: fc.integer({ min: 1, max: 15 }) }), { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 24, max: 40 }),
        (plans, kvBlocks) => {
          const { simulator, engine } = rig({ kvBlocks, maxSequences: 4, tokenBudget: 16, prefixCache: true }, {
            onFinished: (sequence) => {
              engine.memory.check();
              expect(sequence.cachedTokens).toBeLessThan(sequence.promptTokens);
            },
          });
          for (const [id, plan] of plans.entries()) {
            // Ids as hashes of the whole path, so that a unit stands for its prefix too.
            let hash = 0;
            const path = plan.path.map((branch) => {
              hash = hash * 3 + branch + 1;
              return { id: hash, tokens: 5 + (hash % 7) };
            });
            const sequence = new Sequence({ id, arrivalNs: plan.atNs, units: path, reuse: 'prefix', suffixTokens: plan.suffix, outputTokens: plan.output });
            simulator.scheduleAt(plan.atNs, () => { engine.submit(sequence); });
          }
          simulator.run();
          expect(engine.finished).toBe(plans.length);
          expect(engine.memory.heldBlocks).toBe(0);
          expect(engine.prefixCache!.makeRoom(kvBlocks)).toBe(true);
          expect(engine.memory.freeBlocks).toBe(kvBlocks);
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });
});
