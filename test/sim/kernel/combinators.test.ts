import { describe, expect, it } from 'vitest';
import { Signal } from '../../../sim/kernel/signal.ts';
import type { Simulator } from '../../../sim/kernel/simulator.ts';
import { allOf, anyOf, sleep, timeout, TimeoutError } from '../../../sim/kernel/process.ts';
import type { Waitable } from '../../../sim/kernel/waitable.ts';
import { constant, outcome, seen, world } from './process-world.ts';

describe('any-of, all-of and timeout', () => {
  it('any-of gives the first to end', () => {
    expect(seen(() => anyOf([sleep(9), sleep(3), sleep(5)]))).toBe('3 got {"index":1}');
  });

  it('any-of takes the first to happen, or the first in the list when both have been told already', () => {
    expect(
      seen((s) => {
        const [a, b] = [new Signal<string>(s), new Signal<string>(s)];
        s.schedule(5, () => {
          b.succeed('b');
          a.succeed('a');
        });
        return anyOf([a, b]);
      }),
    ).toBe('5 got {"index":1,"value":"b"}');
    expect(
      seen((s) => {
        const [a, b] = [new Signal<string>(s), new Signal<string>(s)];
        b.succeed('b');
        a.succeed('a');
        s.run();
        return anyOf([a, b]);
      }),
    ).toBe('0 got {"index":0,"value":"a"}');
  });

  it('any-of gives the others up', () => {
    const { simulator } = world();
    simulator.spawn(outcome(anyOf([sleep(1), sleep(1000), anyOf([sleep(2000), allOf([sleep(3000)])])])));
    simulator.run(2);
    expect(simulator.pending).toBe(0);
  });

  it('any-of nothing is refused, all-of nothing ends at once', () => {
    expect(() => anyOf([])).toThrow(RangeError);
    expect(seen(() => allOf([]))).toBe('0 got []');
  });

  it('all-of gives the values in the order of the list', () => {
    expect(seen((s) => allOf([s.spawn(constant(5, 'a')), s.spawn(constant(1, 'b')), s.spawn(constant(3, 'c'))]))).toBe('5 got ["a","b","c"]');
  });

  it('any-of and all-of fail with the first failure', () => {
    const failing = (s: Simulator): Waitable<unknown> => s.spawn(constant(2, new Error('bad')));
    expect(seen((s) => allOf([sleep(1), failing(s), sleep(9)]))).toBe('2 Error: bad');
    expect(seen((s) => anyOf([sleep(3), failing(s)]))).toBe('2 Error: bad');
  });

  it('timeout passes on what comes in time and throws otherwise', () => {
    expect(seen((s) => timeout(s.spawn(constant(4, 7)), 5))).toBe('4 got 7');
    expect(seen((s) => timeout(s.spawn(constant(6, 7)), 5))).toBe('5 TimeoutError: timed out after 5 ns');
    expect(seen((s) => timeout(s.spawn(constant(2, new Error('bad'))), 5))).toBe('2 Error: bad');
    // At the very instant the earlier scheduled wins: the timer is armed after the wait.
    expect(seen(() => timeout(sleep(5), 5))).toBe('5 got undefined');
    expect(new TimeoutError(5).afterNs).toBe(5);
  });

  it('timeout leaves nothing behind', () => {
    const { simulator } = world();
    simulator.spawn(outcome(timeout(sleep(1), 1_000_000)));
    simulator.run(1);
    expect(simulator.pending).toBe(0);
  });

  it('nests', () => {
    expect(seen(() => allOf([timeout(anyOf([sleep(7), allOf([sleep(1), sleep(2)])]), 5), sleep(3)]))).toBe(
      '3 got [{"index":1,"value":[null,null]},null]',
    );
  });
});
