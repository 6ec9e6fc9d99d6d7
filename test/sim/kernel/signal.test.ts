import { describe, expect, it } from 'vitest';
import { anyOf, sleep } from '../../../sim/kernel/process.ts';
import { Signal } from '../../../sim/kernel/signal.ts';
import { world } from './process-world.ts';

describe('signal', () => {
  it('tells those who wait in the order they came, in an event of its own', () => {
    const { simulator, log, note } = world();
    const signal = new Signal<string>(simulator, 'go');
    signal.on((value) => {
      note(`listener ${value}`);
    });
    simulator.spawn(
      (function* () {
        note(`process ${yield* signal}`);
      })(),
    );
    simulator.schedule(5, () => {
      signal.succeed('!');
      expect(signal.triggered).toBe(true);
      note('triggered');
    });
    simulator.run();
    expect(log).toEqual(['5 triggered', '5 listener !', '5 process !']);
    signal.on((value) => {
      note(`late ${value}`);
    });
    expect(log.at(-1)).toBe('5 late !');
  });

  it('happens once', () => {
    const { simulator } = world();
    const signal = new Signal(simulator, 'go');
    signal.succeed();
    expect(() => {
      signal.succeed();
    }).toThrow('"go" happened already');
    expect(() => {
      signal.fail(new Error('x'));
    }).toThrow('one-shot');
  });

  it('throws a failure nobody waits for out of run', () => {
    const { simulator } = world();
    const cause = new Error('lost');
    new Signal(simulator, 'reply').fail(cause);
    expect(() => {
      simulator.run();
    }).toThrow('in "reply": Error: lost');
    new Signal(simulator, 'reply').defuse().fail(cause);
    simulator.run();
    const heard = new Signal(simulator, 'reply');
    heard.on(() => undefined);
    heard.fail(cause);
    expect(() => {
      simulator.run();
    }).toThrow('in "reply": Error: lost');
  });

  it('tells a failure to a listener that asked for it', () => {
    const { simulator } = world();
    const signal = new Signal(simulator, 'reply');
    const heard: unknown[] = [];
    signal.on(
      () => undefined,
      (error) => heard.push(error),
    );
    signal.fail('why');
    simulator.run();
    expect(heard).toEqual(['why']);
  });

  it('does not tell a listener that was taken away', () => {
    const { simulator, log, note } = world();
    const signal = new Signal(simulator);
    const wait = signal.on(() => {
      note('one');
    });
    signal.on(() => {
      note('two');
    });
    signal.succeed();
    wait.cancel();
    wait.cancel();
    simulator.run();
    expect(log).toEqual(['0 two']);
  });

  it('tells the others when one who is told throws', () => {
    const { simulator, log, note } = world();
    const signal = new Signal(simulator);
    signal.on(() => {
      throw new Error('bad listener');
    });
    signal.on(() => {
      note('two');
    });
    signal.succeed();
    expect(() => {
      simulator.run();
    }).toThrow('bad listener');
    simulator.run();
    expect(log).toEqual(['0 two']);
  });

  it('holds nothing of waits that were given up', () => {
    const { simulator } = world();
    const never = new Signal(simulator);
    simulator.spawn(
      (function* () {
        for (let i = 0; i < 10_000; i++) yield anyOf([never, sleep(1)]);
      })(),
    );
    simulator.run();
    expect((never as unknown as { waiters: Set<unknown> }).waiters.size).toBe(0);
  });
});
