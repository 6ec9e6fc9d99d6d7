import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { InferenceEngine, Sequence, type EngineHooks, type EngineOptions } from '../../../sim/serving/engine.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { LinearCost } from './linear-cost.ts';

let nextId = 0;

function request(fields: Partial<Request> = {}): Request {
  return { id: nextId++, arrivalNs: 0, units: [], reuse: 'chunk', suffixTokens: 10, outputTokens: 1, ...fields };
}

function rig(options: Partial<EngineOptions> = {}, hooks: EngineHooks = {}, rates = { fixed: 0, token: 10, decode: 1, context: 0 }) {
  const simulator = new Simulator({ digest: false });
  const costs = new LinearCost(rates);
  const engine = new InferenceEngine(simulator, 'engine', costs, { kvBlocks: 1000, blockTokens: 4, tokenBudget: 100, maxSequences: 8, ...options }, hooks);
  const submit = (fields: Partial<Request> = {}, atNs = 0): Sequence => {
    const sequence = new Sequence(request({ ...fields, arrivalNs: atNs }));
    if (atNs === simulator.now) engine.submit(sequence);
    else simulator.scheduleAt(atNs, () => { engine.submit(sequence); });
    return sequence;
  };
  return { simulator, costs, engine, submit };
}

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

describe('requests that fetch before they run', () => {
  it('a pending head is parked; others run; it keeps its place and its slot is free', () => {
    const rigged = rig({ maxSequences: 1 }, { onHead: (sequence) => (sequence === parked ? 'pending' : 'ready') });
    const { simulator, submit, engine } = rigged;
    let parked: Sequence | undefined = undefined as Sequence | undefined;
    parked = submit({ suffixTokens: 10 });
    const second = submit({ suffixTokens: 10 });
    const third = submit({ suffixTokens: 10 });
    simulator.schedule(50, () => {
      expect(engine.parkedCount).toBe(1);
      engine.ready(parked);
    });
    simulator.run();
    // The second runs 0–100. The first is ready at 50 and goes before the third.
    expect([second, parked, third].map((sequence) => sequence.firstTokenNs)).toEqual([100, 200, 300]);
  });

  it('blocking: while the head is pending nothing else starts', () => {
    let first: Sequence | undefined = undefined as Sequence | undefined;
    const { simulator, submit, engine } = rig({ blocking: true }, { onHead: (sequence) => (sequence === first ? 'pending' : 'ready') });
    first = submit({ suffixTokens: 10 });
    const second = submit({ suffixTokens: 10 });
    simulator.schedule(500, () => { engine.ready(first); });
    simulator.run();
    expect([first.firstScheduledNs, second.firstScheduledNs]).toEqual([500, 500]);
  });

  it('parks at most maxParked', () => {
    const seen: number[] = [];
    const { simulator, submit, engine } = rig({ maxParked: 2 }, { onHead: (sequence) => { seen.push(sequence.request.id); return 'pending'; } });
    const all = [submit(), submit(), submit()];
    simulator.run();
    expect(seen).toEqual(all.slice(0, 2).map((sequence) => sequence.request.id));
    engine.abort(all[0]);
    simulator.run();
    expect(seen.length).toBe(3);
  });

  it('computes the pieces that the caller gives, in the context it gives, and emits after the last', () => {
    const done: number[] = [];
    const { simulator, submit, engine, costs } = rig({}, {
      onHead: (sequence) => {
        engine.addPiece(sequence, { newTokens: 5, contextTokens: 0 });
        engine.addPiece(sequence, { newTokens: 3, contextTokens: 12 });
        engine.seal(sequence);
        return 'ready';
      },
      onPieceDone: (_, index) => done.push(index),
    });
    const sequence = submit({ suffixTokens: 20, outputTokens: 2 });
    simulator.run();
    expect(costs.shapes.map((shape) => [shape.prefill, shape.decodeContextTokens])).toEqual([
      [[{ newTokens: 5, contextTokens: 0 }, { newTokens: 3, contextTokens: 12 }], 0],
      [[], 20],
    ]);
    expect(done).toEqual([0, 1]);
    expect([sequence.cachedTokens, sequence.firstTokenNs]).toEqual([12, 80]);
  });

  it('both ends at once: pieces are added while others run, and the engine waits for the seal', () => {
    const { simulator, submit, engine } = rig({ maxSequences: 2 }, {
      onHead: (sequence) => {
        engine.open(sequence);
        return 'ready';
      },
    });
    const stitched = submit({ suffixTokens: 30 });
    simulator.schedule(10, () => { engine.addPiece(stitched, { newTokens: 4, contextTokens: 0 }); });
    simulator.schedule(500, () => { engine.addPiece(stitched, { newTokens: 6, contextTokens: 24 }); });
    simulator.schedule(600, () => { engine.seal(stitched); });
    simulator.run();
    // 10–50, idle, 500–560, and the token when it is sealed, at 600.
    expect([stitched.firstScheduledNs, stitched.firstTokenNs, engine.busyNs()]).toEqual([10, 600, 100]);
    expect(stitched.cachedTokens).toBe(20);
  });

  it('a prompt wholly in cache still computes its last token', () => {
    const { simulator, submit, engine, costs } = rig({}, { onHead: (sequence) => { engine.seal(sequence); return 'ready'; } });
    const sequence = submit({ suffixTokens: 20 });
    simulator.run();
    expect(costs.shapes[0].prefill).toEqual([{ newTokens: 1, contextTokens: 19 }]);
    expect(sequence.cachedTokens).toBe(19);
  });

  it('after a preemption the head is announced again, and generated tokens are computed after the pieces', () => {
    let heads = 0;
    const { simulator, submit, engine, costs } = rig({ kvBlocks: 4, maxSequences: 2 }, {
      onHead: (sequence) => {
        heads += 1;
        engine.addPiece(sequence, { newTokens: 2, contextTokens: 6 });
        engine.seal(sequence);
        return 'ready';
      },
    });
    submit({ suffixTokens: 8, outputTokens: 6 });
    submit({ suffixTokens: 8, outputTokens: 6 });
    simulator.run();
    expect(heads).toBe(3);
    const last = costs.shapes.filter((shape) => shape.prefill.length > 0).at(-1);
    expect(last?.prefill).toEqual([{ newTokens: 2, contextTokens: 6 }, { newTokens: 1, contextTokens: 8 }]);
  });

  it('reserves blocks for a sequence that is not scheduled yet', () => {
    const { simulator, submit, engine } = rig({ kvBlocks: 4 }, { onHead: () => 'pending' });
    const first = submit({ suffixTokens: 12 });
    const second = submit({ suffixTokens: 12 });
    simulator.run();
    expect([engine.reserve(first), engine.reserve(first), engine.reserve(second)]).toEqual([true, true, false]);
    expect(engine.memory.heldBlocks).toBe(3);
    engine.abort(first);
    expect(engine.reserve(second)).toBe(true);
    engine.abort(second);
    expect(engine.memory.freeBlocks).toBe(4);
  });

  it('refuses more pieces than prompt, pieces after the seal, and a second seal', () => {
    const { submit, engine } = rig();
    const sequence = submit({ suffixTokens: 5 });
    expect(() => { engine.addPiece(sequence, { newTokens: 0, contextTokens: 0 }); }).toThrow(RangeError);
    engine.addPiece(sequence, { newTokens: 6, contextTokens: 0 });
    expect(() => { engine.seal(sequence); }).toThrow(/6 tokens, its prompt only 5/);
    const other = submit({ suffixTokens: 5 });
    engine.seal(other);
    expect(() => { engine.seal(other); }).toThrow(/sealed already/);
    expect(() => { engine.addPiece(other, { newTokens: 1, contextTokens: 0 }); }).toThrow(/sealed/);
  });
});

describe('leaving early', () => {
  it('aborts in every state without losing a block', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ atNs: fc.nat(3000), tokens: fc.integer({ min: 1, max: 40 }), output: fc.integer({ min: 1, max: 12 }), abortNs: fc.nat(4000), prefix: fc.boolean(), pending: fc.boolean() }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (plans, asyncScheduling) => {
          const { simulator, engine } = rig({ kvBlocks: 30, maxSequences: 3, tokenBudget: 20, prefixCache: true, asyncScheduling }, {
            onHead: (sequence) => (pendings.has(sequence) ? 'pending' : 'ready'),
          });
          const pendings = new Set<Sequence>();
          const sequences = plans.map((plan, id) => {
            const units = plan.prefix ? [{ id: plan.tokens % 3, tokens: 9 }, { id: 10 + (plan.tokens % 5), tokens: 7 }] : [];
            const sequence = new Sequence({ id, arrivalNs: plan.atNs, units, reuse: plan.prefix ? 'prefix' : 'chunk', suffixTokens: plan.tokens, outputTokens: plan.output });
            if (plan.pending) pendings.add(sequence);
            simulator.scheduleAt(plan.atNs, () => { engine.submit(sequence); });
            simulator.scheduleAt(plan.abortNs, () => { engine.abort(sequence); });
            return sequence;
          });
          simulator.run();
          // Aborting is the only way out for what is parked; each that leaves lets another park.
          for (let parked = sequences.filter((s) => s.state === 'parked'); parked.length > 0; parked = sequences.filter((s) => s.state === 'parked')) {
            for (const sequence of parked) engine.abort(sequence);
            simulator.run();
          }
          expect(engine.runningCount + engine.queueLength).toBe(0);
          expect(engine.memory.heldBlocks).toBe(0);
          engine.memory.check();
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });

  it('a crash takes everything out at once, in order of submission, and the engine can go on', () => {
    const { simulator, submit, engine } = rig({ maxSequences: 2, prefixCache: true }, { onHead: (sequence) => (sequence.request.suffixTokens === 7 ? 'pending' : 'ready') });
    const all = [submit({ outputTokens: 50 }), submit({ suffixTokens: 7 }), submit({ outputTokens: 50, units: [{ id: 1, tokens: 8 }], reuse: 'prefix' }), submit(), submit()];
    let lost: Sequence[] = [];
    simulator.schedule(205, () => {
      lost = engine.abortAll();
    });
    simulator.run();
    expect(lost).toEqual(all);
    expect([engine.runningCount, engine.queueLength, engine.parkedCount, engine.memory.freeBlocks]).toEqual([0, 0, 0, 1000]);
    expect(engine.busyNs()).toBe(205);
    const next = submit({ suffixTokens: 3 }, 300);
    simulator.run();
    expect(next.state).toBe('finished');
  });

  it('a sequence is submitted once', () => {
    const { submit, engine } = rig();
    const sequence = submit();
    expect(() => { engine.submit(sequence); }).toThrow(/submitted before/);
    expect(() => { engine.ready(sequence); }).toThrow(/not parked/);
    expect(() => new Sequence(request({ outputTokens: 0 }))).toThrow(/outputTokens/);
    expect(() => new Sequence(request({ suffixTokens: 0 }))).toThrow(/prompt of 0 tokens/);
  });
});

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
