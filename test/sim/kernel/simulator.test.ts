import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulationError } from '../../../sim/kernel/simulation-error.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import type { EventHandle } from '../../../sim/kernel/simulator.ts';
import { fromSeconds, LATEST, MILLISECOND, SECOND, toMilliseconds, toSeconds } from '../../../sim/kernel/time.ts';

/** Runs `body` and returns what it throws. */
function thrownBy(body: () => void): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('time', () => {
  it('rounds seconds to the nearest nanosecond', () => {
    expect(fromSeconds(1.5)).toBe(1_500_000_000);
    expect(fromSeconds(0.1)).toBe(100_000_000);
    expect(fromSeconds(1e-10)).toBe(0);
    expect(toSeconds(fromSeconds(12.25))).toBe(12.25);
    expect(toMilliseconds(3 * SECOND)).toBe(3000);
    expect(SECOND / MILLISECOND).toBe(1000);
  });

  it.each([NaN, Infinity, -Infinity, 1e8])('refuses %s seconds', (seconds) => {
    expect(() => fromSeconds(seconds)).toThrow(RangeError);
  });
});

describe.each(['ladder', 'heap'] as const)('simulator on a %s queue', (queue) => {
  it('runs the example of its documentation', () => {
    const simulator = new Simulator({ seed: 1, queue });
    const arrivals = simulator.random.stream('arrivals');
    const arrive = simulator.handler('arrive', (customer: number) => {
      simulator.schedule(Math.round(arrivals.exponential(SECOND)), arrive, customer + 1);
    });
    simulator.schedule(0, arrive, 1);
    simulator.run(60 * SECOND);

    expect(simulator.now).toBe(60 * SECOND);
    expect(simulator.pending).toBe(1);
    // About one a second: 60 ± 4 standard deviations of a Poisson count.
    expect(Math.abs(simulator.eventsRun - 60)).toBeLessThan(4 * Math.sqrt(60));
  });

  it('orders events by time, then by the order of scheduling', () => {
    const simulator = new Simulator({ queue });
    const order: number[] = [];
    const note = simulator.handler('note', (n: number) => {
      order.push(n);
      expect(simulator.now).toBe(n < 10 ? 5 : n);
    });
    simulator.schedule(20, note, 20);
    for (let n = 0; n < 10; n++) simulator.schedule(5, note, n);
    simulator.scheduleAt(12, note, 12);
    simulator.run();
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 20]);
    expect(simulator.now).toBe(20);
  });

  it('runs a zero-delay event after those already due at that instant', () => {
    const simulator = new Simulator({ queue });
    const order: string[] = [];
    simulator.schedule(3, () => {
      order.push('first');
      simulator.schedule(0, () => order.push('added'));
    });
    simulator.schedule(3, () => order.push('second'));
    simulator.run();
    expect(order).toEqual(['first', 'second', 'added']);
  });

  it('delivers payloads of every kind as they were given', () => {
    const simulator = new Simulator({ queue });
    const seen: unknown[] = [];
    const note = simulator.handler('note', (payload: unknown) => seen.push(payload));
    const values = [0, -0, 1.5, NaN, Infinity, 2 ** 53, -7, null, undefined, 'text', false, { a: 1 }, [2], 10n];
    for (const value of values) simulator.schedule(1, note, value);
    for (const value of values) simulator.schedule(1, (payload: unknown) => seen.push(payload), value);
    simulator.schedule(1, note);
    simulator.run();
    expect(seen.length).toBe(2 * values.length + 1);
    seen.forEach((value, i) => {
      expect(Object.is(value, values[i % values.length]) || i === 2 * values.length).toBe(true);
    });
    expect(seen.at(-1)).toBe(undefined);
  });

  it('cancels once, and tells a stale handle from a live one', () => {
    const simulator = new Simulator({ queue });
    const ran: number[] = [];
    const note = simulator.handler('note', (n: number) => ran.push(n));
    const first = simulator.schedule(1, note, 1);
    const second = simulator.schedule(1, note, 2);
    expect(simulator.isPending(second)).toBe(true);
    expect(simulator.cancel(second)).toBe(true);
    expect(simulator.isPending(second)).toBe(false);
    expect(simulator.cancel(second)).toBe(false);
    simulator.run();
    expect(ran).toEqual([1]);
    // The slot of the first event is taken again; its old handle must not touch the new owner.
    const third = simulator.schedule(1, note, 3);
    expect(third).not.toBe(first);
    expect(simulator.cancel(first)).toBe(false);
    simulator.run();
    expect(ran).toEqual([1, 3]);
    expect(simulator.eventsRun).toBe(2);
  });

  it.each([0, -1, NaN, Infinity, 1.5, 67108865.5, 2 ** 60, 1e300])('takes %s for a handle of no event', (handle) => {
    const simulator = new Simulator({ queue });
    simulator.schedule(1, () => undefined);
    expect(simulator.cancel(handle)).toBe(false);
    expect(simulator.pending).toBe(1);
  });

  it('lets a handler cancel events of its own instant, and itself in vain', () => {
    const simulator = new Simulator({ queue });
    const ran: string[] = [];
    let self: EventHandle = 0;
    let other: EventHandle = 0;
    self = simulator.schedule(1, () => {
      ran.push('self');
      expect(simulator.cancel(self)).toBe(false);
      expect(simulator.cancel(other)).toBe(true);
    });
    other = simulator.schedule(1, () => ran.push('other'));
    simulator.run();
    expect(ran).toEqual(['self']);
  });

  it('gives back the memory of events cancelled long before their time', () => {
    const simulator = new Simulator({ queue });
    let cancelled = 0;
    const never = simulator.handler('never', () => {
      throw new Error('a cancelled event ran');
    });
    const tick = simulator.handler('tick', (round: number) => {
      // Timeouts an hour away that never fire: what a request that succeeds leaves behind.
      const handles = Array.from({ length: 1000 }, (_, i) => simulator.schedule(3600 * SECOND + i, never, i));
      for (const handle of handles) if (simulator.cancel(handle)) cancelled++;
      if (round < 1000) simulator.schedule(MILLISECOND, tick, round + 1);
    });
    for (let i = 0; i < 500; i++) simulator.schedule(7200 * SECOND, tick, 1000);
    simulator.schedule(0, tick, 0);
    simulator.run(3600 * SECOND);
    // A million were scheduled; half a thousand live, and never more than about two thousand cancelled ones, were held at 32 bytes each.
    expect(simulator.memoryBytes).toBeLessThanOrEqual(4096 * 32);
    expect(simulator.pending).toBe(500);
    expect(cancelled).toBe(1_001_000);
  });

  it('advances the clock to the end of a bounded run, events at the bound included', () => {
    const simulator = new Simulator({ queue });
    const ran: number[] = [];
    const note = simulator.handler('note', (n: number) => ran.push(n));
    for (const time of [1, 10, 11]) simulator.scheduleAt(time, note, time);
    simulator.run(10);
    expect(ran).toEqual([1, 10]);
    expect(simulator.now).toBe(10);
    // Between runs, events may be scheduled before the one that waits.
    simulator.schedule(0, note, 0);
    simulator.run(10);
    simulator.run(1000);
    expect(ran).toEqual([1, 10, 0, 11]);
    expect(simulator.now).toBe(1000);
    simulator.run();
    expect(simulator.now).toBe(1000);
  });

  it('stops after the present handler and can be taken up again', () => {
    const simulator = new Simulator({ queue });
    const ran: number[] = [];
    const note = simulator.handler('note', (n: number) => {
      ran.push(n);
      if (n === 2) simulator.stop();
    });
    for (let n = 1; n <= 4; n++) simulator.schedule(n, note, n);
    simulator.run(100);
    expect(ran).toEqual([1, 2]);
    expect(simulator.now).toBe(2);
    simulator.run(100);
    expect(ran).toEqual([1, 2, 3, 4]);
    expect(simulator.now).toBe(100);
  });

  it.each(['a number', 'an object', 'nothing', 'a plain function'])('stops, and steps, after an event with %s', (kind) => {
    const simulator = new Simulator({ queue });
    let ran = 0;
    const run = (): void => {
      ran++;
      simulator.stop();
    };
    const handler = simulator.handler('note', run);
    const payload = { 'a number': 7, 'an object': {}, nothing: undefined, 'a plain function': undefined }[kind];
    for (let n = 1; n <= 4; n++) simulator.schedule<unknown>(n, kind === 'a plain function' ? run : handler, payload);
    simulator.run();
    expect([ran, simulator.now]).toEqual([1, 1]);
    expect(simulator.step()).toBe(true);
    expect([ran, simulator.now, simulator.pending]).toEqual([2, 2, 2]);
  });

  it('steps one event at a time, passing over cancelled ones', () => {
    const simulator = new Simulator({ queue });
    const handle = simulator.schedule(1, () => undefined);
    simulator.schedule(2, () => undefined);
    simulator.cancel(handle);
    expect(simulator.step()).toBe(true);
    expect(simulator.now).toBe(2);
    expect(simulator.step()).toBe(false);
    expect(simulator.eventsRun).toBe(1);
  });

  it.each([-1, NaN, 0.5, Infinity, -Infinity, 2 ** 53 + 2])('refuses a delay of %s', (delay) => {
    const simulator = new Simulator({ queue });
    const error = thrownBy(() => simulator.schedule(delay, () => undefined));
    expect(error).toBeInstanceOf(RangeError);
    expect((error as RangeError).message).toContain(`delay is ${delay}`);
    expect(simulator.pending).toBe(0);
  });

  it('refuses a time in the past or after the last, and a bound before now', () => {
    const simulator = new Simulator({ queue });
    simulator.run(100);
    for (const time of [99, NaN, 100.5, LATEST + 2]) expect(() => simulator.scheduleAt(time, () => undefined)).toThrow(RangeError);
    expect(() => {
      simulator.run(99);
    }).toThrow(/until is 99.*now is 100/);
    expect(() => simulator.schedule(LATEST - 99, () => undefined)).toThrow(RangeError);
    simulator.schedule(LATEST - 100, () => undefined);
    simulator.run();
    expect(simulator.now).toBe(LATEST);
  });

  it('tells when and where a handler threw, keeps the cause, and goes on after it', () => {
    const simulator = new Simulator({ queue });
    const cause = new TypeError('broken');
    const ran: number[] = [];
    const fail = simulator.handler('pump', () => {
      throw cause;
    });
    const note = simulator.handler('note', (n: number) => ran.push(n));
    simulator.schedule(7, fail, 1);
    simulator.schedule(7, note, 2);
    simulator.schedule(9, note, 3);
    const error = thrownBy(() => {
      simulator.run(50);
    });
    expect(error).toBeInstanceOf(SimulationError);
    expect(error).toMatchObject({ timeNs: 7, label: 'pump', cause });
    expect((error as SimulationError).message).toBe('at t = 7 ns in "pump": TypeError: broken');
    expect(simulator.now).toBe(7);
    simulator.run(50);
    expect(ran).toEqual([2, 3]);
    expect(simulator.now).toBe(50);
  });

  it('names plain functions in errors', () => {
    const simulator = new Simulator({ queue });
    simulator.schedule(1, function leak() {
      throw new Error('a value');
    });
    expect(() => {
      simulator.run();
    }).toThrow('at t = 1 ns in "leak": Error: a value');
    simulator.schedule(1, () => {
      throw new Error('x');
    });
    expect(() => simulator.step()).toThrow('in "anonymous"');
  });

  it('refuses to run from within a handler, and is not confused by it', () => {
    const simulator = new Simulator({ queue });
    simulator.schedule(1, () => {
      expect(() => {
        simulator.run();
      }).toThrow('within a handler');
      expect(() => simulator.step()).toThrow('within a handler');
    });
    simulator.schedule(2, () => undefined);
    simulator.run();
    expect(simulator.eventsRun).toBe(2);
  });

  it('runs on an empty queue', () => {
    const simulator = new Simulator({ queue });
    simulator.run();
    expect(simulator.now).toBe(0);
    simulator.run(5);
    simulator.run(5);
    expect(simulator.now).toBe(5);
    expect(simulator.step()).toBe(false);
  });
});

/** A random model: events that schedule and cancel others. Returns the digest and what ran. */
function tangle(seed: number, options: ConstructorParameters<typeof Simulator>[0]): { digest: string; order: number[]; simulator: Simulator } {
  const simulator = new Simulator({ seed, ...options });
  const random = simulator.random.stream('tangle');
  const handles: EventHandle[] = [];
  const order: number[] = [];
  let born = 0;
  const spread = random.pick([1, 10, 1000, 1e9]);
  const act = simulator.handler('act', (n: number) => {
    order.push(n);
    for (let i = random.integer(born < 2000 ? 4 : 1); i > 0; i--) handles.push(simulator.schedule(random.integer(spread), act, born++));
    if (random.bernoulli(0.3)) simulator.cancel(random.pick(handles));
  });
  for (let i = 0; i < 20; i++) handles.push(simulator.schedule(random.integer(spread), act, born++));
  simulator.run();
  return { digest: simulator.digest(), order, simulator };
}

describe('determinism', () => {
  it('gives the same run on both queues, with and without checkpoints, twice', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const ladder = tangle(seed, { queue: 'ladder' });
        const heap = tangle(seed, { queue: 'heap' });
        const again = tangle(seed, { queue: 'ladder', checkpointEvery: 7 });
        expect(heap.order).toEqual(ladder.order);
        expect(heap.digest).toBe(ladder.digest);
        expect(again.digest).toBe(ladder.digest);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('should not change its output', () => {
    expect(tangle(7, {}).digest).toBe('8fdca2399b9a5521');
  });
});
