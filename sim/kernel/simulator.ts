import { Digest, hashLabel } from './digest.ts';
import type { DigestCheckpoint, Divergence } from './digest.ts';
import { EventPool } from './event-pool.ts';
import type { EventQueue } from './event-queue.ts';
import type { EventHandle, Handler } from './handler.ts';
import { HeapQueue } from './heap-queue.ts';
import { LadderQueue } from './ladder-queue.ts';
import { Process } from './process.ts';
import type { ProcessBody } from './process.ts';
import { RandomStreams } from './random-streams.ts';
import { RunLog } from './run-log.ts';
import type { RecordedEvent } from './run-log.ts';
import type { Scheduler } from './scheduler.ts';
import { SimulationError } from './simulation-error.ts';
import { LATEST } from './time.ts';
import type { Nanoseconds } from './time.ts';
import type { TraceSink } from './trace.ts';

export type { EventHandle, Handler } from './handler.ts';

export interface SimulatorOptions {
  /** Of every random stream; 0 by default. */
  readonly seed?: string | number;
  /** Both give the same run; the ladder (default) is faster. */
  readonly queue?: 'ladder' | 'heap';
  /** Default true. Without it `digest()` throws. */
  readonly digest?: boolean;
  /** Record a checkpoint of the digest every so many events, to find where two runs part (see firstDivergence). */
  readonly checkpointEvery?: number;
  /** Record the events after `afterEvent` up to `byEvent`, counted from 1: what firstDivergence found of two runs shows them side by side. */
  readonly recordEvents?: Divergence | undefined;
  readonly trace?: TraceSink;
}

/**
 * What an event's record says under "task": handler id · 4 + kind of payload. Kind 0, with an id above 0, is the usual case: a registered handler
 * and a number. Id 0 is a plain function, kept beside the record.
 */
const NUMBER_PAYLOAD = 0;
const NO_PAYLOAD = 1;
const OBJECT_PAYLOAD = 2;

/** Compaction is not worth its while below this many cancelled events. */
const LEAST_COMPACTED = 1024;

/**
 * The discrete-event simulator: a clock, a queue of events ordered by (time, order of scheduling), and named random streams.
 *
 * ```ts
 * const simulator = new Simulator({ seed: 1 });
 * const arrivals = simulator.random.stream('arrivals');
 * const arrive = simulator.handler('arrive', (customer: number) => {
 *   simulator.schedule(Math.round(arrivals.exponential(SECOND)), arrive, customer + 1);
 * });
 * simulator.schedule(0, arrive, 1); simulator.run(60 * SECOND);
 * ```
 *
 * An event scheduled with a registered handler and a number (or nothing) as payload allocates nothing.
 */
export class Simulator implements Scheduler {
  readonly random: RandomStreams;
  readonly trace: TraceSink | undefined;
  private readonly pool = new EventPool();
  private readonly queue: EventQueue;
  private readonly rolling: Digest | undefined;
  /** Starts as −0, which the engine lays out as a double from the start. */
  private clockNs: Nanoseconds = -0;
  /** By handler id. */
  private readonly handlers: Handler<never>[] = [];
  private readonly runs: ((payload: unknown) => void)[] = [];
  private readonly labelHashes: number[] = [];
  private readonly shared = new Map<unknown, Handler<never>>();
  /** Only when something is to be noted. */
  private readonly log: RunLog | undefined;
  private scheduled = 0;
  private cancelled = 0;
  private dispatched = 0;
  private lastId = 0;
  private running = false;
  private stopped = false;
  private presentTask = 0;
  private presentFunction: ((payload: never) => void) | undefined;

  constructor(options: SimulatorOptions = {}) {
    this.clockNs = 0;
    const log = new RunLog(options.checkpointEvery ?? 0, options.recordEvents);
    this.log = log.nextEvent > 0 ? log : undefined;
    if (options.digest === false && this.log !== undefined) throw new RangeError('checkpointEvery and recordEvents need the digest, which is off');
    this.random = new RandomStreams(options.seed ?? 0);
    this.trace = options.trace;
    this.rolling = options.digest === false ? undefined : new Digest();
    this.queue = options.queue === 'heap' ? new HeapQueue(this.pool) : new LadderQueue(this.pool);
    this.handler('function', () => {
      throw new Error('the seat of plain functions is never run');
    });
  }

  get now(): Nanoseconds {
    return this.clockNs;
  }

  /** Events dispatched so far; cancelled ones do not count. */
  get eventsRun(): number {
    return this.dispatched;
  }

  /** Events scheduled and neither run nor cancelled. */
  get pending(): number {
    return this.scheduled - this.cancelled - this.dispatched;
  }

  /** Digest checkpoints, when `checkpointEvery` was given. */
  get checkpoints(): readonly DigestCheckpoint[] {
    return this.log?.checkpoints ?? [];
  }

  /** The events asked for by `recordEvents`. */
  get recordedEvents(): readonly RecordedEvent[] {
    return this.log?.events ?? [];
  }

  /** Memory of the event records, in use or kept for use: 32 bytes each. */
  get memoryBytes(): number {
    return this.pool.sizeBytes;
  }

  /** Registers what events of one kind do. The label and the entity (see Handler) enter the run digest. */
  handler<P>(label: string, run: (payload: P) => void, entityOf?: (payload: P) => number): Handler<P> {
    const handler: Handler<P> = { id: this.handlers.length, label, run, entityOf };
    this.handlers.push(handler);
    this.runs.push(run as (payload: unknown) => void);
    this.labelHashes.push(hashLabel(label));
    return handler;
  }

  sharedHandler<P>(label: string, run: (payload: P) => void, entityOf?: (payload: P) => number): Handler<P> {
    let handler = this.shared.get(run) as Handler<P> | undefined;
    if (handler === undefined) {
      handler = this.handler(label, run, entityOf);
      this.shared.set(run, handler);
    }
    return handler;
  }

  /**
   * Schedules an event `delayNs` from now; among events of one instant, first scheduled runs first. A plain function serves as its own handler,
   * labelled with its name. Throws RangeError unless the delay is a whole number of nanoseconds, at least 0, that ends by 2^53.
   */
  schedule<P>(delayNs: Nanoseconds, handler: Handler<P> | ((payload: P) => void), payload?: P): EventHandle {
    const now = this.clockNs;
    if (!(delayNs >= 0 && delayNs <= 9_007_199_254_740_992 - now && Math.floor(delayNs) === delayNs)) throw this.refusal('delay', delayNs);
    const { pool } = this;
    const slot = pool.freeSlot;
    if (slot === 0 || typeof payload !== 'number' || typeof handler === 'function') return this.insert(now + delayNs, handler, payload);
    // `insert` for the usual case, written out: this is half of what an event costs. It is short, since the compiler copies only so much of what a
    // handler calls to where the handler is called; and what calls anything is kept apart, since after a call all that is known of objects is
    // checked once more.
    const { cells, words } = pool;
    const cell = slot << 2;
    pool.freeSlot = words[(slot << 3) | 4];
    words[(slot << 3) | 5] = handler.id << 2;
    cells[cell] = now + delayNs;
    cells[cell | 1] = payload;
    const handle = cells[cell | 3];
    this.scheduled++;
    this.queue.push(slot);
    return handle;
  }

  /** Schedules an event at an instant, which must not be before now. */
  scheduleAt<P>(timeNs: Nanoseconds, handler: Handler<P> | ((payload: P) => void), payload?: P): EventHandle {
    if (!(timeNs >= this.clockNs && timeNs <= 9_007_199_254_740_992 && Math.floor(timeNs) === timeNs)) throw this.refusal('time', timeNs);
    // Adding 0 makes 0 of −0.
    return this.insert(timeNs + 0, handler, payload);
  }

  /** Prevents an event, in constant time. False when it has run, was cancelled, or the handle never was one. */
  cancel(handle: EventHandle): boolean {
    const { pool } = this;
    const slot = pool.slotOf(handle);
    if (slot === 0) return false;
    pool.cancel(slot);
    this.cancelled++;
    if (pool.cancelledHeld >= LEAST_COMPACTED && pool.cancelledHeld > this.pending) this.queue.compact();
    return true;
  }

  /** The event has neither run nor been cancelled. */
  isPending(handle: EventHandle): boolean {
    return this.pool.slotOf(handle) !== 0;
  }

  /**
   * Runs events in order until none is left, `stop` is called, or the next is later than `untilNs`; then the clock shows `untilNs`, if given and
   * not stopped. What a handler throws comes out as a SimulationError with the original as its cause, and the run may be taken up again after it.
   */
  run(untilNs?: Nanoseconds): void {
    if (this.running) throw new Error('run called from within a handler: schedule an event, or stop');
    if (untilNs !== undefined && !(untilNs >= this.now && untilNs <= LATEST && Math.floor(untilNs) === untilNs)) throw this.refusal('until', untilNs);
    this.queue.setHorizon(untilNs ?? LATEST);
    this.stopped = false;
    this.dispatchAll();
    if (untilNs !== undefined && !this.halted()) this.clockNs = untilNs + 0;
  }

  /** Runs one event. False when none is left. */
  step(): boolean {
    if (this.running) throw new Error('step called from within a handler');
    this.queue.setHorizon(LATEST);
    const before = this.dispatched;
    this.stopped = true;
    this.dispatchAll();
    return this.dispatched > before;
  }

  /** Ends `run` after the present handler; the clock stays where it is. */
  stop(): void {
    this.stopped = true;
  }

  /** 16 hexadecimal digits over (time, label, entity) of every event dispatched so far; see Digest. */
  digest(): string {
    if (this.rolling === undefined) throw new Error('the digest is off: construct the simulator without digest: false');
    return this.rolling.toString();
  }

  /** Starts a process; its body first runs in an event at this instant. */
  spawn<T>(body: ProcessBody<T>, name = 'process'): Process<T> {
    return new Process(this, body, name);
  }

  nextId(): number {
    return ++this.lastId;
  }

  /** A handler called `stop`. A method, because the checker would take `stopped` to be what `run` just wrote. */
  private halted(): boolean {
    return this.stopped;
  }

  /** Runs events up to the queue's horizon; after each, goes on unless `stopped`. */
  private dispatchAll(): void {
    this.running = true;
    try {
      for (;;) {
        // Fields are read anew for each event: the compiler knows the class of what such a field holds, of a variable only until something is called.
        const slot = this.queue.pop();
        if (slot === 0) {
          if (this.queue.refill()) continue;
          return;
        }
        const { pool, rolling, log } = this;
        const { cells, words } = pool;
        const task = words[(slot << 3) | 5];
        if ((task & 3) !== 0 || task < 4) {
          if (this.dispatchUnusual(slot, task) && this.stopped) return;
          continue;
        }
        const cell = slot << 2;
        const payload = cells[cell | 1];
        this.clockNs = cells[cell];
        this.presentTask = task;
        this.dispatched++;
        // The slot is free again before the handler runs: it then serves the handler's own first event, while it is in the cache.
        // `pool.release` written out, for the same reason as in `schedule`.
        const handle = cells[cell | 3] + 67_108_864;
        cells[cell | 3] = handle;
        if (handle < 9_007_199_187_632_128) {
          words[(slot << 3) | 4] = pool.freeSlot;
          pool.freeSlot = slot;
        }
        if (rolling !== undefined) {
          rolling.absorb(cells, cell, this.labelHashes[task >> 2]);
          if (log !== undefined) this.attend(log, rolling, slot);
        }
        const run = this.runs[task >> 2];
        run(payload);
        if (this.stopped) return;
      }
    } catch (error) {
      throw this.located(error);
    } finally {
      this.running = false;
    }
  }

  /** Dispatches an event with an object, or nothing, as payload, or a plain function as handler. False for a cancelled one, which is let go. */
  private dispatchUnusual(slot: number, task: number): boolean {
    const { pool, rolling, log } = this;
    if (task < 0) {
      pool.releaseCancelled(slot);
      return false;
    }
    const id = task >> 2;
    const kind = task & 3;
    const timeNs = pool.cells[slot << 2];
    let payload: unknown;
    let entity = 0;
    if (kind === NUMBER_PAYLOAD) {
      entity = pool.cells[(slot << 2) | 1];
      payload = entity;
    } else if (kind === OBJECT_PAYLOAD) payload = pool.takeObject(slot);
    let run = this.runs[id];
    let hash = this.labelHashes[id];
    if (id === 0) {
      run = pool.takeFunction(slot) as (payload: unknown) => void;
      this.presentFunction = run;
      hash = hashLabel(labelOf(run));
    }
    pool.release(slot);
    this.clockNs = timeNs;
    this.presentTask = task;
    this.dispatched++;
    if (rolling !== undefined) {
      const { entityOf } = this.handlers[id] as Handler<unknown>;
      if (kind === OBJECT_PAYLOAD && entityOf !== undefined) entity = entityOf(payload);
      pool.cells[(slot << 2) | 1] = entity;
      rolling.absorb(pool.cells, slot << 2, hash);
      if (log !== undefined) this.attend(log, rolling, slot);
    }
    run(payload);
    return true;
  }

  /** Writes a new event's record and queues it. */
  private insert<P>(timeNs: Nanoseconds, handler: Handler<P> | ((payload: P) => void), payload: P | undefined): EventHandle {
    const { pool } = this;
    const slot = pool.take();
    let task = typeof handler === 'function' ? 0 : handler.id << 2;
    if (typeof handler === 'function') pool.setFunction(slot, handler);
    if (payload === undefined) task |= NO_PAYLOAD;
    else if (typeof payload === 'number') pool.cells[(slot << 2) | 1] = payload;
    else {
      task |= OBJECT_PAYLOAD;
      pool.setObject(slot, payload);
    }
    pool.cells[slot << 2] = timeNs;
    pool.words[(slot << 3) | 5] = task;
    this.scheduled++;
    this.queue.push(slot);
    return pool.handleOf(slot);
  }

  private attend(log: RunLog, rolling: Digest, slot: number): void {
    if (this.dispatched !== log.nextEvent) return;
    const entity = this.pool.cells[(slot << 2) | 1];
    log.attend({ event: this.dispatched, timeNs: this.clockNs, label: this.presentLabel(), entity }, rolling);
  }

  private presentLabel(): string {
    const id = this.presentTask >> 2;
    return id === 0 ? labelOf(this.presentFunction!) : this.handlers[id].label;
  }

  private located(error: unknown): SimulationError {
    return error instanceof SimulationError ? error : new SimulationError(this.now, this.presentLabel(), error);
  }

  private refusal(what: string, value: number): RangeError {
    const least = what === 'delay' ? 0 : this.now;
    return new RangeError(`${what} is ${String(value)}: expected a whole number of nanoseconds, at least ${least}, within 2^53 ns of the start (now is ${this.now})`);
  }
}

function labelOf(run: (payload: never) => void): string {
  return run.name === '' ? 'anonymous' : run.name;
}
