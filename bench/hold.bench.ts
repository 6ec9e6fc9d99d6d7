import { PerformanceObserver } from 'node:perf_hooks';
import { Simulator } from '../sim/kernel/simulator.ts';
import { SECOND } from '../sim/kernel/time.ts';
import type { Bench } from './bench.ts';

const DRAWS = 65_536;

/** Increments drawn beforehand, so that the queue is measured and not the generator. Whole nanoseconds. */
function exponentialDelays(meanNs: number): Float64Array {
  const stream = new Simulator({ seed: 'hold' }).random.stream('delays');
  return Float64Array.from({ length: DRAWS }, () => Math.round(stream.exponential(meanNs)));
}

/** What a DHT schedules: 80 % round trips, U(10, 100) ms; 15 % stabilisation, U(15, 45) s; 5 % refresh, exponential with mean 1 h. */
function dhtDelays(): Float64Array {
  const stream = new Simulator({ seed: 'hold' }).random.stream('dht');
  return Float64Array.from({ length: DRAWS }, () => {
    const kind = stream.next();
    if (kind < 0.8) return Math.round(stream.uniform(0.01, 0.1) * SECOND);
    if (kind < 0.95) return Math.round(stream.uniform(15, 45) * SECOND);
    return Math.round(stream.exponential(3600 * SECOND));
  });
}

function millions(events: number, ms: number): number {
  return events / ms / 1000;
}

/** One try: million events per second of the hold model through the public Simulator. */
function holdSimulator(queue: 'ladder' | 'heap', pending: number, events: number, delays: Float64Array): number {
  const simulator = new Simulator({ queue });
  let draw = 0;
  let left = events + pending;
  const hold = simulator.handler('hold', (entity: number) => {
    if (--left === 0) simulator.stop();
    simulator.schedule(delays[draw++ & (DRAWS - 1)], hold, entity);
  });
  for (let entity = 0; entity < pending; entity++) simulator.schedule(delays[draw++ & (DRAWS - 1)], hold, entity);
  // The first generation reaches the steady state before the clock starts.
  const target = left - pending;
  while (left > target) simulator.step();
  const start = performance.now();
  simulator.run();
  return millions(events, performance.now() - start);
}

interface HeapEvent {
  time: number;
  sequence: number;
  run: (payload: number) => void;
  payload: number;
}

/** What most hand-written simulators do: a binary heap of objects. */
class ObjectHeap {
  private readonly heap: HeapEvent[] = [];

  push(event: HeapEvent): void {
    const { heap } = this;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = event;
  }

  pop(): HeapEvent | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: HeapEvent, b: HeapEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}

/** The same hold model on the object heap: no digest, no cancelling, no checks. */
function holdObjects(pending: number, events: number, delays: Float64Array): number {
  const heap = new ObjectHeap();
  let now = 0;
  let sequence = 0;
  let draw = 0;
  const schedule = (delay: number, run: (payload: number) => void, payload: number): void => {
    heap.push({ time: now + delay, sequence: sequence++, run, payload });
  };
  const hold = (entity: number): void => {
    schedule(delays[draw++ & (DRAWS - 1)], hold, entity);
  };
  for (let entity = 0; entity < pending; entity++) schedule(delays[draw++ & (DRAWS - 1)], hold, entity);
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const event = heap.pop()!;
      now = event.time;
      event.run(event.payload);
    }
  };
  run(pending);
  const start = performance.now();
  run(events);
  return millions(events, performance.now() - start);
}

async function main(): Promise<void> {
  const exp = exponentialDelays(SECOND);
  const dht = dhtDelays();
  for (const pending of [1000, 100_000, 1_000_000]) {
    const events = pending === 1_000_000 ? 3_000_000 : 4_000_000;
    const best = { ladder: 0, dht: 0, heap: 0, objects: 0 };
    for (let i = 0; i < 5; i++) {
      best.ladder = Math.max(best.ladder, holdSimulator('ladder', pending, events, exp));
      best.dht = Math.max(best.dht, holdSimulator('ladder', pending, events, dht));
    }
    for (let i = 0; i < 2; i++) {
      best.heap = Math.max(best.heap, holdSimulator('heap', pending, events / 2, exp));
      best.objects = Math.max(best.objects, holdObjects(pending, events / 2, exp));
    }
    console.log(pending, best, best.ladder / best.objects);
  }
  let gcs = 0;
  const observer = new PerformanceObserver((list) => { gcs += list.getEntries().length; });
  observer.observe({ entryTypes: ['gc'] });
  await new Promise((r) => setTimeout(r, 10));
  const before = gcs;
  holdSimulator('ladder', 1000, 20_000_000, exp);
  await new Promise((r) => setTimeout(r, 10));
  console.log('gcs', gcs - before);
}

export const bench: Bench = { name: 'hold', describe: 'events per second of the hold model', run: main };
