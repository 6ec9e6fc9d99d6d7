import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sequence } from '../../../sim/serving/engine.ts';
import { request, rig } from './engine-rig.ts';

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
