import { describe, expect, it } from 'vitest';
import { allOf, anyOf, sleep, timeout } from '../../../sim/kernel/process.ts';
import type { ProcessBody } from '../../../sim/kernel/process.ts';
import { acquire, Resource } from '../../../sim/kernel/resource.ts';
import { constant, outcome, world } from './process-world.ts';
import type { World } from './process-world.ts';

describe('resource', () => {
  /** Holds `units` for `holdNs` from `atNs` on. */
  function* user({ note }: World, resource: Resource, name: string, atNs: number, holdNs: number, units = 1): ProcessBody<void> {
    yield sleep(atNs);
    yield acquire(resource, units);
    note(`${name} has it`);
    try {
      yield sleep(holdNs);
    } finally {
      resource.release(units);
    }
  }

  it('is granted first come, first served', () => {
    const w = world();
    const disk = new Resource(w.simulator, 'disk', 2);
    for (const [name, at, hold] of [['a', 0, 10], ['b', 1, 20], ['c', 2, 5], ['d', 3, 5]] as const) w.simulator.spawn(user(w, disk, name, at, hold));
    w.simulator.run(4);
    expect([disk.inUse, disk.queueLength]).toEqual([2, 2]);
    w.simulator.run();
    expect(w.log).toEqual(['0 a has it', '1 b has it', '10 c has it', '15 d has it']);
    expect([disk.inUse, disk.queueLength]).toEqual([0, 0]);
  });

  it('does not let small requests pass a large one', () => {
    const w = world();
    const memory = new Resource(w.simulator, 'memory', 4);
    w.simulator.spawn(user(w, memory, 'a', 0, 10, 3));
    w.simulator.spawn(user(w, memory, 'large', 1, 10, 4));
    w.simulator.spawn(user(w, memory, 'small', 2, 10, 1));
    w.simulator.run();
    expect(w.log).toEqual(['0 a has it', '10 large has it', '20 small has it']);
  });

  it('forgets a claim that is interrupted while it waits', () => {
    const w = world();
    const disk = new Resource(w.simulator, 'disk');
    w.simulator.spawn(user(w, disk, 'a', 0, 10));
    const second = w.simulator.spawn(user(w, disk, 'b', 1, 10));
    w.simulator.spawn(user(w, disk, 'c', 2, 10));
    w.simulator.schedule(5, () => {
      second.interrupt();
      expect(disk.queueLength).toBe(1);
    });
    w.simulator.run();
    expect(w.log).toEqual(['0 a has it', '10 c has it']);
    expect(second.state).toBe('interrupted');
  });

  it('a large request that gives up lets the small ones behind it in', () => {
    const w = world();
    const memory = new Resource(w.simulator, 'memory', 4);
    w.simulator.spawn(user(w, memory, 'a', 0, 100, 3));
    const large = w.simulator.spawn(user(w, memory, 'large', 1, 10, 4));
    w.simulator.spawn(user(w, memory, 'small', 2, 10, 1));
    w.simulator.schedule(5, () => large.interrupt());
    w.simulator.run();
    expect(w.log).toEqual(['0 a has it', '5 small has it']);
  });

  it('is not lost when the interrupt comes between grant and use', () => {
    const w = world();
    const disk = new Resource(w.simulator, 'disk');
    w.simulator.spawn(user(w, disk, 'a', 0, 10));
    const second = w.simulator.spawn(user(w, disk, 'b', 1, 10));
    w.simulator.spawn(user(w, disk, 'c', 2, 10));
    // Scheduled before a's own wake-up at 10 would be too early; at 10, after it, the grant to b is under way.
    w.simulator.schedule(9, () => w.simulator.schedule(1, () => second.interrupt()));
    w.simulator.run();
    expect(w.log).toEqual(['0 a has it', '10 c has it']);
    expect(disk.inUse).toBe(0);
  });

  it('goes back when an any-of is lost, an all-of fails, or a timeout strikes', () => {
    const w = world();
    const disk = new Resource(w.simulator, 'disk', 3);
    const failing = w.simulator.spawn(constant(5, new Error('bad')));
    const results = [
      w.simulator.spawn(outcome(allOf([acquire(disk), failing]))),
      w.simulator.spawn(outcome(anyOf([sleep(3), allOf([acquire(disk), sleep(100)])]))),
      w.simulator.spawn(outcome(timeout(allOf([acquire(disk), sleep(100)]), 7))),
    ];
    w.simulator.run(1);
    expect(disk.inUse).toBe(3);
    w.simulator.run();
    expect(results.map((process) => process.result)).toEqual(['Error: bad', 'got {"index":0}', 'TimeoutError: timed out after 7 ns']);
    expect(disk.inUse).toBe(0);
  });

  it('stays held when the acquire itself wins the any-of', () => {
    const w = world();
    const disk = new Resource(w.simulator, 'disk');
    const process = w.simulator.spawn(outcome(anyOf([acquire(disk), acquire(new Resource(w.simulator, 'other'))])));
    w.simulator.run();
    expect(process.result).toBe('got {"index":0}');
    expect(disk.inUse).toBe(1);
  });

  it('keeps no trace of waits that gave up', () => {
    const w = world();
    const disk = new Resource(w.simulator, 'disk');
    w.simulator.spawn(user(w, disk, 'a', 0, 1e9));
    w.simulator.run(1);
    const retry = w.simulator.spawn(
      (function* () {
        for (let i = 0; i < 10_000; i++) yield* outcome(timeout(acquire(disk), 10));
      })(),
    );
    w.simulator.run(5e8);
    expect(retry.state).toBe('done');
    expect(disk.queueLength).toBe(0);
  });

  it('refuses impossible requests and releases', () => {
    const { simulator } = world();
    const disk = new Resource(simulator, 'disk', 2);
    expect(() => new Resource(simulator, 'x', 0)).toThrow(RangeError);
    expect(() => new Resource(simulator, 'x', 1.5)).toThrow(RangeError);
    for (const units of [0, 3, 1.5, -1, NaN]) expect(() => acquire(disk, units)).toThrow(RangeError);
    expect(() => {
      disk.release();
    }).toThrow('0 in use');
    expect(() => {
      disk.release(0);
    }).toThrow(RangeError);
  });
});
