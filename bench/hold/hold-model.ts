/**
 * The hold model: a constant number of events is pending, and each event, when run, schedules one more. Every contestant draws the same increments
 * from the same table.
 */
import { Simulator } from '../../sim/kernel/simulator.ts';
import type { Handler } from '../../sim/kernel/simulator.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import { ObjectHeap } from './object-heap.ts';
import type { HeapEvent } from './object-heap.ts';
import { TextbookHeap } from './textbook-heap.ts';

const DRAWS = 65_536;
const LAST_DRAW = DRAWS - 1;

/** Increments drawn beforehand, so that the queue is measured and not the generator. Whole nanoseconds. */
export function exponentialDelays(meanNs: number): Float64Array {
  const stream = new Simulator({ seed: 'hold' }).random.stream('delays');
  return Float64Array.from({ length: DRAWS }, () => Math.round(stream.exponential(meanNs)));
}

/** What a DHT schedules: 80 % round trips, U(10, 100) ms; 15 % stabilisation, U(15, 45) s; 5 % refresh, exponential with mean 1 h. */
export function dhtDelays(): Float64Array {
  const stream = new Simulator({ seed: 'hold' }).random.stream('dht');
  return Float64Array.from({ length: DRAWS }, () => {
    const kind = stream.next();
    if (kind < 0.8) return Math.round(stream.uniform(0.01, 0.1) * SECOND);
    if (kind < 0.95) return Math.round(stream.uniform(15, 45) * SECOND);
    return Math.round(stream.exponential(3600 * SECOND));
  });
}


/** What one try took. */
export interface Hold {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Growth of the heap while nothing was collected; 0 where the collector ran in between. */
  readonly allocatedBytes: number;
}

function measured(body: () => void): Hold {
  const heapBytes = process.memoryUsage().heapUsed;
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  body();
  const wallMs = performance.now() - startMs;
  const cpu = process.cpuUsage(startCpu);
  return { wallMs, cpuMs: (cpu.user + cpu.system) / 1e3, allocatedBytes: Math.max(0, process.memoryUsage().heapUsed - heapBytes) };
}

/** Its state lies in parameters: of a `let` outside, a closure asks at each use whether it has its value yet. */
function holdHandler(simulator: Simulator, delays: Float64Array, draw: number, left: number): Handler<number> {
  const hold = simulator.handler('hold', (entity: number) => {
    if (--left === 0) simulator.stop();
    simulator.schedule(delays[draw++ & LAST_DRAW], hold, entity);
  });
  return hold;
}

/** One try through the public Simulator, digest on; the first generation reaches the steady state before the clock starts. */
export function holdSimulator(queue: 'ladder' | 'heap', pending: number, events: number, delays: Float64Array): Hold {
  const simulator = new Simulator({ queue });
  const hold = holdHandler(simulator, delays, pending, pending + events);
  for (let entity = 0; entity < pending; entity++) simulator.schedule(delays[entity & LAST_DRAW], hold, entity);
  while (simulator.eventsRun < pending) simulator.step();
  return measured(() => {
    simulator.run();
  });
}

/** The same on a heap of objects: no digest, no cancelling, no checks. */
export function holdObjects(pending: number, events: number, delays: Float64Array): Hold {
  return holdHeap(new ObjectHeap(), pending, events, delays);
}

export function holdTextbook(pending: number, events: number, delays: Float64Array): Hold {
  const heap = new TextbookHeap<HeapEvent>((a, b) => (a.time === b.time ? a.sequence - b.sequence : a.time - b.time));
  return holdHeap(heap, pending, events, delays);
}

interface EventHeap {
  push(event: HeapEvent): void;
  pop(): HeapEvent | undefined;
}

function holdHeap(heap: EventHeap, pending: number, events: number, delays: Float64Array): Hold {
  let now = 0;
  let sequence = 0;
  let draw = 0;
  const schedule = (delay: number, run: (payload: number) => void, payload: number): void => {
    heap.push({ time: now + delay, sequence: sequence++, run, payload });
  };
  const hold = (entity: number): void => {
    schedule(delays[draw++ & LAST_DRAW], hold, entity);
  };
  for (let entity = 0; entity < pending; entity++) schedule(delays[draw++ & LAST_DRAW], hold, entity);
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const event = heap.pop()!;
      now = event.time;
      event.run(event.payload);
    }
  };
  run(pending);
  return measured(() => {
    run(events);
  });
}
