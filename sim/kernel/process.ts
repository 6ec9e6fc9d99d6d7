import { Interrupt } from './interrupt.ts';
import type { Scheduler } from './scheduler.ts';
import { Signal } from './signal.ts';
import { NOTHING_TO_CANCEL, Waitable } from './waitable.ts';
import type { Wait, Waiter } from './waitable.ts';

export { sleep } from './sleep.ts';
export { allOf, anyOf, timeout, TimeoutError } from './combinators.ts';
export { Interrupt } from './interrupt.ts';
export { acquire } from './resource.ts';
export type { Waitable } from './waitable.ts';

/**
 * The body of a process: a generator that yields what it waits for. `yield w` gives the value untyped, `yield* w` typed.
 */
 
export type ProcessBody<T> = Generator<Waitable<unknown>, T>;

/** `interrupted`: ended by an Interrupt that the body let through, which is an end like any other and no error of the run. */
export type ProcessState = 'running' | 'done' | 'failed' | 'interrupted';

/**
 * A generator run as a process of simulated time, made by `simulator.spawn`. It is itself a wait: another process that yields it gets its return
 * value, or has its failure thrown. A failure that nobody waits for is thrown out of `run`: failures are never ignored.
 *
 * Held resources come back by `try … finally`, which also runs when the process is interrupted:
 * ```ts
 * yield acquire(disk);
 * try { yield sleep(5 * MILLISECOND); } finally { disk.release(); }
 * ```
 */
export class Process<T = unknown> extends Waitable<T> {
  readonly id: number;
  readonly name: string;
  private readonly scheduler: Scheduler;
  private readonly body: ProcessBody<T>;
  /** Happens when the body ends. */
  private readonly ended: Signal<T>;
  private readonly interrupts: unknown[] = [];
  private wait: Wait = NOTHING_TO_CANCEL;
  /** Grows with every wait, so that a late answer to an abandoned one is told apart. */
  private waitNumber = 0;
  private stepping = false;
  private currentState: ProcessState = 'running';
  private value: T | undefined;

  constructor(scheduler: Scheduler, body: ProcessBody<T>, name: string) {
    super();
    this.scheduler = scheduler;
    this.body = body;
    this.name = name;
    this.id = scheduler.nextId();
    this.ended = new Signal<T>(scheduler, `process ${name}`);
    const start = scheduler.schedule(0, scheduler.sharedHandler('process.start', startProcess, processId), this);
    this.wait = {
      cancel: () => {
        scheduler.cancel(start);
      },
    };
  }

  get state(): ProcessState {
    return this.currentState;
  }

  get alive(): boolean {
    return this.currentState === 'running';
  }

  /** What the body returned. Throws Error unless the process is done. */
  get result(): T {
    if (this.currentState !== 'done') throw new Error(`process "${this.name}" is ${this.currentState}: it has no result`);
    return this.value as T;
  }

  /**
   * Throws an Interrupt into the process at its present wait, which is given up at once (a place in a resource's queue included); the body sees it
   * in an event of its own at this instant. Returns false when the process has ended. A process cannot interrupt itself.
   */
  interrupt(reason?: unknown): boolean {
    if (this.stepping) throw new Error(`process "${this.name}" interrupts itself: throw instead`);
    if (!this.alive) return false;
    this.abandonWait();
    this.interrupts.push(reason);
    this.scheduler.schedule(0, this.scheduler.sharedHandler('process.interrupt', interruptProcess, processId), this);
    return true;
  }

  arm(scheduler: Scheduler, waiter: Waiter<T>): Wait {
    return this.ended.arm(scheduler, waiter);
  }

  /** Declares a failure expected: it does not come out of `run` when nobody waits. */
  defuse(): this {
    this.ended.defuse();
    return this;
  }

  private abandonWait(): void {
    this.waitNumber++;
    const { wait } = this;
    this.wait = NOTHING_TO_CANCEL;
    wait.cancel();
  }

  /** Runs the body from its present yield to the next wait that does not end at once, or to its end. */
  private advance(failed: boolean, value: unknown): void {
    let throwing = failed;
    let input = value;
    this.stepping = true;
    try {
      for (;;) {
        const next = throwing ? this.body.throw(input) : this.body.next(input);
        if (next.done === true) {
          this.currentState = 'done';
          this.value = next.value;
          this.ended.succeed(next.value);
          return;
        }
        const answer = this.armNext(next.value);
        if (answer === undefined) return;
        throwing = answer.failed;
        input = answer.value;
      }
    } catch (error) {
      // Another process's Interrupt, thrown here because this one waited for it, is a failure like any other.
      const interrupted = error instanceof Interrupt && error.processId === this.id;
      this.currentState = interrupted ? 'interrupted' : 'failed';
      if (interrupted) this.ended.defuse();
      this.ended.fail(error);
    } finally {
      this.stepping = false;
    }
  }

  /** Arms what the body yielded; returns the answer when it came at once. */
  private armNext(waitable: unknown): { failed: boolean; value: unknown } | undefined {
    if (!(waitable instanceof Waitable)) {
      const got = typeof waitable === 'number' ? `the number ${waitable}` : `a value of type ${typeof waitable}`;
      return { failed: true, value: new TypeError(`process "${this.name}" yielded ${got}: expected sleep, acquire, a signal, a process, anyOf, allOf or timeout`) };
    }
    const number = ++this.waitNumber;
    let answer: { failed: boolean; value: unknown } | undefined;
    let arming = true;
    const receive = (failed: boolean, value: unknown): void => {
      if (number !== this.waitNumber) return;
      this.waitNumber++;
      this.wait = NOTHING_TO_CANCEL;
      if (arming) answer = { failed, value };
      else this.advance(failed, value);
    };
    let wait: Wait;
    try {
      wait = waitable.arm(this.scheduler, {
        succeed: (value) => {
          receive(false, value);
        },
        fail: (error) => {
          receive(true, error);
        },
      });
    } catch (error) {
      return { failed: true, value: error };
    }
    arming = false;
    if (answer === undefined) this.wait = wait;
    return answer;
  }

  /** The events of a process's life, for the shared handlers below. */
  static readonly start = (process: Process): void => {
    process.wait = NOTHING_TO_CANCEL;
    process.advance(false, undefined);
  };

  static readonly deliverInterrupt = (process: Process): void => {
    const reason = process.interrupts.shift();
    if (!process.alive) return;
    process.abandonWait();
    process.advance(true, new Interrupt(reason, process.id));
  };

  static readonly idOf = (process: Process): number => process.id;
}

const { start: startProcess, deliverInterrupt: interruptProcess, idOf: processId } = Process;
