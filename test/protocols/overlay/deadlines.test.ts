import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../../protocols/overlay/deadlines.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';

describe('deadlines', () => {
  it('are heard as timers of their own would be: at their instant, in order, unless dropped or started anew', () => {
    const step = fc.record({ waitNs: fc.constantFrom(0, 0, 1, 7, 40, 200), number: fc.nat(20), start: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 100 }), (steps, durationNs) => {
        const simulator = new Simulator();
        const current = new Map<number, number>();
        const heard: string[] = [];
        const deadlines = new Deadlines(
          simulator,
          'timer',
          durationNs,
          (number, deadlineNs) => current.get(number) === deadlineNs,
          (number) => {
            heard.push(`${number} at ${simulator.now}`);
            current.delete(number);
          },
        );
        const expected: { number: number; at: number }[] = [];
        let now = 0;
        for (const { waitNs, number, start } of steps) {
          now += waitNs;
          simulator.run(now);
          const running = expected.findIndex((timer) => timer.number === number && timer.at > now);
          if (running >= 0) expected.splice(running, 1);
          if (!start) current.delete(number);
          else {
            const deadlineNs = deadlines.start(number);
            expect(deadlineNs).toBe(now + durationNs);
            current.set(number, deadlineNs);
            expected.push({ number, at: deadlineNs });
          }
        }
        simulator.run();
        expect(heard).toEqual(expected.map(({ number, at }) => `${number} at ${at}`));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('cost few events where nearly all are dropped', () => {
    const simulator = new Simulator();
    let open = -1;
    let expired = 0;
    const deadlines = new Deadlines(simulator, 'timer', 500, (number) => number === open, () => expired++);
    for (let i = 0; i < 100_000; i++) {
      open = i;
      deadlines.start(i);
      simulator.run(simulator.now + 1);
    }
    simulator.run();
    expect(expired).toBe(1);
    expect(simulator.eventsRun).toBeLessThan(1000);
  });

  it('may be started while one is heard', () => {
    const simulator = new Simulator();
    const at: number[] = [];
    const deadlines = new Deadlines(simulator, 'timer', 10, () => true, (number) => {
      at.push(simulator.now);
      if (number > 0) deadlines.start(number - 1);
    });
    deadlines.start(3);
    simulator.run();
    expect(at).toEqual([10, 20, 30, 40]);
  });
});
