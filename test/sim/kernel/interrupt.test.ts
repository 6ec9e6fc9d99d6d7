import { describe, expect, it } from 'vitest';
import { Signal } from '../../../sim/kernel/signal.ts';
import type { Interrupt } from '../../../sim/kernel/process.ts';
import { ProcessGroup } from '../../../sim/kernel/process-group.ts';
import { sleep } from '../../../sim/kernel/process.ts';
import type { Process, ProcessBody } from '../../../sim/kernel/process.ts';
import { constant, outcome, world } from './process-world.ts';

describe('interrupt', () => {
  it('is thrown at the present wait, with its reason, and the wait is given up', () => {
    const { simulator, log, note } = world();
    const process = simulator.spawn(
      (function* () {
        try {
          yield sleep(100);
        } catch (error) {
          note(`${String(error)} (${String((error as Interrupt).reason)})`);
        }
        yield sleep(10);
        note('went on');
      })(),
    );
    simulator.schedule(5, () => process.interrupt('crash'));
    simulator.run();
    expect(log).toEqual(['5 Interrupt: interrupted: crash (crash)', '15 went on']);
    expect(process.state).toBe('done');
    expect(simulator.now).toBe(15);
  });

  it('let through, ends the process as interrupted and is no error of the run', () => {
    const { simulator } = world();
    const process = simulator.spawn(constant(100, 1));
    simulator.schedule(5, () => process.interrupt());
    simulator.run();
    expect(process.state).toBe('interrupted');
    expect(process.alive).toBe(false);
    expect(process.interrupt()).toBe(false);
    expect(() => process.result).toThrow('is interrupted');
    expect(simulator.now).toBe(5);
  });

  it('reaches a process before its first step', () => {
    const { simulator, log, note } = world();
    const process = simulator.spawn(
      (function* () {
        note('began');
        yield sleep(1);
      })(),
    );
    expect(process.interrupt('early')).toBe(true);
    simulator.run();
    expect(log).toEqual([]);
    expect(process.state).toBe('interrupted');
  });

  it('arrives as often as it was sent', () => {
    const { simulator, log, note } = world();
    const process = simulator.spawn(
      (function* () {
        for (let i = 0; i < 3; i++) {
          try {
            yield sleep(100);
            note('slept');
          } catch (error) {
            note((error as Interrupt).reason as string);
          }
        }
      })(),
    );
    simulator.schedule(5, () => {
      process.interrupt('one');
      process.interrupt('two');
    });
    simulator.run();
    expect(log).toEqual(['5 one', '5 two', '105 slept']);
  });

  it('wins over what was about to be told at that instant, which is then lost', () => {
    const { simulator } = world();
    const signal = new Signal<string>(simulator);
    const process = simulator.spawn(outcome(signal));
    simulator.schedule(5, () => {
      signal.succeed('value');
      process.interrupt('now');
    });
    simulator.run();
    expect(process.result).toBe('Interrupt: interrupted: now');
  });

  it('is thrown into those who wait for the interrupted process, as a failure of theirs', () => {
    const { simulator } = world();
    const inner = simulator.spawn(constant(100, 1), 'inner');
    const outer = simulator.spawn(
      (function* () {
        yield inner;
      })(),
      'outer',
    );
    simulator.schedule(1, () => inner.interrupt('gone'));
    expect(() => {
      simulator.run();
    }).toThrow('at t = 1 ns in "process outer": Interrupt: interrupted: gone');
    expect(outer.state).toBe('failed');
  });

  it('cannot be sent by a process to itself', () => {
    const { simulator } = world();
    const self: { process?: Process<string> } = {};
    self.process = simulator.spawn(
      (function* (): ProcessBody<string> {
        yield sleep(1);
        try {
          self.process?.interrupt();
        } catch (error) {
          return String(error);
        }
        return 'no';
      })(),
      'self',
    );
    simulator.run();
    expect(self.process.result).toBe('Error: process "self" interrupts itself: throw instead');
  });

  it('runs finally blocks, which may wait', () => {
    const { simulator, log, note } = world();
    const process = simulator.spawn(
      (function* () {
        try {
          yield sleep(100);
        } finally {
          yield sleep(3);
          note('cleaned up');
        }
      })(),
    );
    simulator.schedule(5, () => process.interrupt());
    simulator.run();
    expect(log).toEqual(['8 cleaned up']);
    expect(process.state).toBe('interrupted');
  });
});

describe('process group', () => {
  it('interrupts every running member in order, and forgets them', () => {
    const { simulator, log, note } = world();
    const group = new ProcessGroup('node 3');
    for (const [name, delay] of [['a', 50], ['b', 2], ['c', 50]] as const) {
      group.add(
        simulator.spawn(
          (function* () {
            try {
              yield sleep(delay);
            } catch (error) {
              note(`${name} ${String((error as Interrupt).reason)}`);
            }
          })(),
        ),
      );
    }
    simulator.run(10);
    expect(group.size).toBe(2);
    expect(group.interruptAll('crash')).toBe(2);
    expect(group.size).toBe(0);
    simulator.run();
    expect(log).toEqual(['10 a crash', '10 c crash']);
    expect(group.interruptAll()).toBe(0);
  });

  it('does not keep members that have ended', () => {
    const { simulator } = world();
    const group = new ProcessGroup('node');
    for (let i = 0; i < 1000; i++) {
      group.add(simulator.spawn(constant(1, i)));
      simulator.run();
    }
    expect((group as unknown as { members: unknown[] }).members.length).toBeLessThanOrEqual(32);
  });
});
