import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventPool } from '../../../sim/kernel/event-pool.ts';
import type { EventQueue } from '../../../sim/kernel/event-queue.ts';
import { HeapQueue } from '../../../sim/kernel/heap-queue.ts';
import { LadderQueue } from '../../../sim/kernel/ladder-queue.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { LATEST } from '../../../sim/kernel/time.ts';

/** A queue with a pool of its own, driven by serial numbers instead of slots. */
interface Driven {
  push(time: number, serial: number): void;
  cancel(serial: number): void;
  /** The serial numbers of all events up to the horizon, at most `count`, cancelled ones left out. */
  pop(horizon: number, count: number): number[];
  compact(): void;
}

function drive(make: (pool: EventPool) => EventQueue): Driven {
  const pool = new EventPool();
  const queue = make(pool);
  const slotOf = new Map<number, number>();
  return {
    push(time, serial) {
      const slot = pool.take();
      pool.cells[slot << 2] = time;
      pool.cells[(slot << 2) + 1] = serial;
      pool.words[(slot << 3) + 5] = 4;
      slotOf.set(serial, slot);
      queue.push(slot);
    },
    cancel(serial) {
      pool.cancel(slotOf.get(serial)!);
    },
    pop(horizon, count) {
      queue.setHorizon(horizon);
      const popped: number[] = [];
      while (popped.length < count) {
        const slot = queue.pop();
        if (slot === 0) {
          if (queue.refill()) continue;
          break;
        }
        if (pool.isCancelled(slot)) {
          pool.releaseCancelled(slot);
          continue;
        }
        popped.push(pool.cells[(slot << 2) + 1]);
        pool.release(slot);
      }
      return popped;
    },
    compact() {
      queue.compact();
    },
  };
}

/** What the order is, written as plainly as can be: a list sorted by (time, serial), by insertion. */
class Oracle implements Driven {
  private readonly list: { time: number; serial: number }[] = [];

  push(time: number, serial: number): void {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list[middle].time <= time) low = middle + 1;
      else high = middle;
    }
    this.list.splice(low, 0, { time, serial });
  }

  cancel(serial: number): void {
    this.list.splice(
      this.list.findIndex((event) => event.serial === serial),
      1,
    );
  }

  pop(horizon: number, count: number): number[] {
    const due = this.list.findIndex((event) => event.time > horizon);
    return this.list.splice(0, Math.min(count, due < 0 ? this.list.length : due)).map((event) => event.serial);
  }

  compact(): void {
    // Cancelled events have left already.
  }
}

type Step =
  | { kind: 'push'; delay: number; copies: number }
  | { kind: 'pop'; count: number }
  | { kind: 'until'; delay: number }
  | { kind: 'cancel'; nth: number; copies: number }
  | { kind: 'compact' };

/** Plays steps on a queue and the oracle; throws where they part. */
function play(queue: Driven, steps: readonly Step[]): void {
  const oracle = new Oracle();
  const times = new Map<number, number>();
  let now = 0;
  let serial = 0;
  const popBoth = (horizon: number, count: number): void => {
    const popped = queue.pop(horizon, count);
    expect(popped).toEqual(oracle.pop(horizon, count));
    for (const event of popped) {
      now = times.get(event)!;
      times.delete(event);
    }
  };
  for (const step of steps) {
    if (step.kind === 'push') {
      const time = Math.min(LATEST, now + step.delay);
      for (let i = 0; i < step.copies; i++) {
        times.set(serial, time);
        queue.push(time, serial);
        oracle.push(time, serial++);
      }
    } else if (step.kind === 'pop') popBoth(LATEST, step.count);
    else if (step.kind === 'until') {
      const horizon = Math.min(LATEST, now + step.delay);
      popBoth(horizon, Infinity);
      now = horizon;
    } else if (step.kind === 'cancel') {
      const pending = [...times.keys()];
      for (const event of pending.slice(step.nth % (pending.length + 1)).slice(0, step.copies)) {
        times.delete(event);
        queue.cancel(event);
        oracle.cancel(event);
      }
    } else queue.compact();
  }
  popBoth(LATEST, Infinity);
  expect(times.size).toBe(0);
}

const delay = fc.oneof(
  fc.constant(0),
  fc.nat(4),
  fc.nat(1000),
  fc.nat(1_000_000_000),
  fc.maxSafeNat(),
  fc.nat(52).map((bits) => 2 ** bits),
  fc.nat(52).map((bits) => 2 ** bits - 1),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('push'), delay, copies: fc.constant(1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('push'), delay, copies: fc.nat(120) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pop'), count: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('until'), delay }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), nth: fc.nat(500), copies: fc.nat(80) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'compact' }) },
);

const queues = { ladder: (pool: EventPool) => new LadderQueue(pool), heap: (pool: EventPool) => new HeapQueue(pool) };

/** Delays of steady streams that break queues: each is drawn `count` times while events are popped about as fast. */
const streams: Record<string, (random: RandomStream, i: number) => number> = {
  'all at one instant': () => 0,
  'two instants': (_, i) => (i % 2) * 1000,
  'ties on a coarse grid': (random) => random.integer(20) * 1_000_000,
  'exponential': (random) => Math.round(random.exponential(1e9)),
  'round trips, timers and refreshes': (random) =>
    Math.round(random.bernoulli(0.8) ? random.uniform(1e7, 1e8) : random.bernoulli(0.75) ? random.uniform(15e9, 45e9) : random.exponential(3.6e12)),
  'every magnitude': (random) => Math.floor(Math.exp(random.uniform(0, 36))),
  'bursts far ahead': (_, i) => (i % 500 < 400 ? 1e12 : i % 7),
  'ever earlier': (_, i) => 1e9 - (i % 5000) * 100_000,
  'ever earlier in dense steps': (_, i) => 100_000 - (i % 50_000),
  'mostly now': (random) => (random.bernoulli(0.95) ? 0 : random.integer(1e6)),
  'the last instants of time': (random) => LATEST - random.integer(3),
};

describe.each(Object.entries(queues))('%s queue', (_, make) => {
  it('pops in order of time, then of pushing, whatever is pushed, popped, cancelled and compacted in between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        play(drive(make), steps);
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  it.each(Object.entries(streams))('keeps the order on a steady stream: %s', (name, draw) => {
    const random = new RandomStream(name);
    const steps: Step[] = [];
    for (let i = 0; i < 6000; i++) {
      steps.push({ kind: 'push', delay: draw(random, i), copies: 1 });
      if (i > 2000 && i % 3 !== 0) steps.push({ kind: 'pop', count: 1 + (i % 2) });
      if (i % 997 === 0) steps.push({ kind: 'cancel', nth: i % 1000, copies: 200 }, { kind: 'compact' });
    }
    play(drive(make), steps);
  });

  it('keeps the order when events keep coming ahead of everything that waits, a peek between', () => {
    const steps: Step[] = [];
    // The horizon lies before the events: the queue looks at its head, which sorts it, and lets nothing go.
    for (let i = 0; i < 12_000; i++) {
      steps.push({ kind: 'push', delay: 1_000_000 - i * 50, copies: 1 });
      if (i % 60 === 0) steps.push({ kind: 'until', delay: 0 });
    }
    play(drive(make), steps);
  });

  it('keeps the order when blocks of events in random order keep coming ahead of everything that waits', () => {
    const steps: Step[] = [];
    // Each block is looked at before the next comes: the ladder grows a rung a block until it is rebuilt.
    for (let i = 0; i < 24_000; i++) {
      steps.push({ kind: 'push', delay: 1_000_000_000 - Math.floor(i / 200) * 1000 - (((i * 7919) % 1000) >> 3), copies: 1 });
      if (i % 200 === 199) steps.push({ kind: 'until', delay: 0 });
    }
    play(drive(make), steps);
  });

  it('holds 100 000 events of one instant and pops them first in, first out', () => {
    const queue = drive(make);
    for (let i = 0; i < 100_000; i++) queue.push(5, i);
    queue.push(4, -1);
    queue.push(6, 100_000);
    const popped = queue.pop(LATEST, Infinity);
    expect(popped.every((serial, position) => serial === position - 1)).toBe(true);
    expect(popped.length).toBe(100_002);
  });
});

describe('ladder queue', () => {
  it('puts a time that fills a bucket to the brim into the bucket that was filled with it', () => {
    // 2^53 − 1 divided by any bucket width loses a bit when the sum with a bucket index is rounded; equal times must still stay in order.
    const queue = drive(queues.ladder);
    const oracle = new Oracle();
    let serial = 0;
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 100; i++) {
        const time = LATEST - 1 - ((i * 7919) % 100) * 2 ** round;
        queue.push(time, serial);
        oracle.push(time, serial++);
      }
    }
    for (let i = 0; i < 40; i++) {
      const popped = queue.pop(LATEST, 97);
      expect(popped).toEqual(oracle.pop(LATEST, 97));
      for (let j = 0; j < 60; j++) {
        queue.push(LATEST - j, serial);
        oracle.push(LATEST - j, serial++);
      }
    }
    expect(queue.pop(LATEST, Infinity)).toEqual(oracle.pop(LATEST, Infinity));
  });
});
