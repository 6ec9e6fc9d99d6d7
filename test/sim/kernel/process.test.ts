import { describe, expect, it } from 'vitest';
import { Signal } from '../../../sim/kernel/signal.ts';
import { allOf, anyOf, sleep, timeout } from '../../../sim/kernel/process.ts';
import type { ProcessBody } from '../../../sim/kernel/process.ts';
import { acquire, Resource } from '../../../sim/kernel/resource.ts';
import { SimulationError } from '../../../sim/kernel/simulation-error.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import type { Waitable } from '../../../sim/kernel/waitable.ts';
import { constant, outcome, seen, world } from './process-world.ts';

describe('process', () => {
  it('starts in an event of its own, sleeps, and returns a value', () => {
    const { simulator, log, note } = world();
    const process = simulator.spawn(
      (function* (): ProcessBody<string> {
        note('begins');
        yield sleep(5);
        note('wakes');
        yield sleep(0);
        return 'value';
      })(),
      'sleeper',
    );
    note('spawned');
    expect(process.alive).toBe(true);
    expect(() => process.result).toThrow('process "sleeper" is running');
    simulator.run();
    expect(log).toEqual(['0 spawned', '0 begins', '5 wakes']);
    expect(process.state).toBe('done');
    expect(process.result).toBe('value');
  });

  it('gives typed values through yield*', () => {
    const { simulator } = world();
    const number = new Signal<number>(simulator);
    const text = simulator.spawn(constant(3, 'text') as ProcessBody<string>);
    const process = simulator.spawn(
      (function* () {
        const [n, s] = yield* allOf([number, text]);
        const first = yield* anyOf([number, text]);
        return `${n.toFixed(1)}${s.toUpperCase()}${first.index}`;
      })(),
    );
    simulator.schedule(1, () => {
      number.succeed(2);
    });
    simulator.run();
    expect(process.result).toBe('2.0TEXT0');
  });

  it('runs those that wake at one instant in the order in which they went to sleep', () => {
    const { simulator, log, note } = world();
    for (const name of ['a', 'b', 'c']) {
      simulator.spawn(
        (function* () {
          for (let i = 0; i < 2; i++) {
            yield sleep(10);
            note(name);
          }
        })(),
      );
    }
    simulator.run();
    expect(log).toEqual(['10 a', '10 b', '10 c', '20 a', '20 b', '20 c']);
  });

  it('waits for another process: its value, its failure, before or after it ended', () => {
    expect(seen((s) => s.spawn(constant(4, 7)))).toBe('4 got 7');
    expect(seen((s) => s.spawn(constant(4, new Error('no'))))).toBe('4 Error: no');
    expect(seen((s) => allOf([s.spawn(constant(4, 7)), sleep(9)]))).toBe('9 got [7,null]');
    const { simulator } = world();
    const ended = simulator.spawn(constant(4, 7));
    simulator.run();
    const late = simulator.spawn(outcome(ended));
    simulator.run();
    expect(late.result).toBe('got 7');
  });

  it('throws a failure nobody waits for out of run, with the process named', () => {
    const { simulator } = world();
    const cause = new Error('lost');
    simulator.spawn(constant(3, cause), 'fetch');
    let error: unknown;
    try {
      simulator.run();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SimulationError);
    expect(error).toMatchObject({ timeNs: 3, label: 'process fetch', cause });
    simulator.run();
  });

  it('keeps a failure in when it is waited for, or declared expected', () => {
    const { simulator } = world();
    const failing = simulator.spawn(constant(3, new Error('lost')));
    const waiting = simulator.spawn(outcome(failing));
    simulator.spawn(constant(4, new Error('expected'))).defuse();
    simulator.run();
    expect(waiting.result).toBe('Error: lost');
    expect(failing.state).toBe('failed');
  });

  it('does not take a wait that lost a race for one that attends to the failure', () => {
    const { simulator } = world();
    const failing = simulator.spawn(constant(30, new Error('late')), 'loser');
    simulator.spawn(outcome(anyOf([failing, sleep(1)])));
    expect(() => {
      simulator.run();
    }).toThrow('process loser');
  });

  it('throws a TypeError into a body that yields no wait', () => {
    const { simulator } = world();
    const process = simulator.spawn(
      (function* (): ProcessBody<string> {
        try {
          yield 5 as unknown as Waitable<unknown>;
        } catch (error) {
          return String(error);
        }
        return 'went on';
      })(),
      'odd',
    );
    simulator.run();
    expect(process.result).toMatch(/^TypeError: process "odd" yielded the number 5: expected sleep/);
  });

  it.each([-1, NaN, 0.5, Infinity])('refuses to sleep %s', (delay) => {
    expect(() => sleep(delay)).toThrow(RangeError);
  });

  it('goes through a million waits that end at once without growing the stack', () => {
    const { simulator } = world();
    const signal = new Signal<number>(simulator);
    signal.succeed(1);
    const process = simulator.spawn(
      (function* () {
        yield sleep(1);
        let sum = 0;
        for (let i = 0; i < 1_000_000; i++) sum += yield* signal;
        return sum;
      })(),
    );
    simulator.run();
    expect(process.result).toBe(1_000_000);
  });
});

describe('processes on both queues', () => {
  it('give the same digest', () => {
    const run = (queue: 'ladder' | 'heap'): string => {
      const simulator = new Simulator({ queue, seed: 3 });
      const random = simulator.random.stream('work');
      const cores = new Resource(simulator, 'cores', 2);
      function* worker(): ProcessBody<void> {
        for (let i = 0; i < 50; i++) {
          yield anyOf([sleep(random.integer(20)), sleep(random.integer(20))]);
          yield* outcome(timeout(acquire(cores), 5 + random.integer(10)));
          yield sleep(random.integer(3));
          if (cores.inUse > 0) cores.release();
        }
      }
      const workers = Array.from({ length: 10 }, () => simulator.spawn(worker()));
      simulator.schedule(300, () => workers[0].interrupt());
      simulator.run();
      return simulator.digest();
    };
    expect(run('ladder')).toBe(run('heap'));
  });
});
