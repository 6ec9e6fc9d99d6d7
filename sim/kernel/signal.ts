import type { Scheduler } from './scheduler.ts';
import { SimulationError } from './simulation-error.ts';
import { NOTHING_TO_CANCEL, Waitable } from './waitable.ts';
import type { Wait, Waiter } from './waitable.ts';

/**
 * A one-shot event with a value: it happens once, by `succeed` or by `fail`, and whoever waits is told in the order they came.
 *
 * They are told by an event of their own at the same instant, never from inside `succeed`, so the caller's state is whole when they run. Who waits
 * after that is told at once. A failure nobody waits for when it is told comes out of `run` as a SimulationError, unless `defuse` was called:
 * failures are never ignored.
 */
export class Signal<T = void> extends Waitable<T> {
  readonly name: string;
  private readonly scheduler: Scheduler;
  private readonly id: number;
  private state: 'pending' | 'triggered' | 'told' = 'pending';
  private ok = true;
  private outcome: unknown;
  private readonly waiters = new Set<Waiter<T>>();
  private defused = false;

  constructor(scheduler: Scheduler, name = 'signal') {
    super();
    this.scheduler = scheduler;
    this.name = name;
    this.id = scheduler.nextId();
  }

  /** It has happened, whether or not the waiters have been told yet. */
  get triggered(): boolean {
    return this.state !== 'pending';
  }

  /** Throws Error when it has happened already. */
  succeed(value: T): void {
    this.trigger(true, value);
  }

  /** Throws Error when it has happened already. */
  fail(error: unknown): void {
    this.trigger(false, error);
  }

  /** Declares a failure expected: it does not come out of `run` when nobody waits. */
  defuse(): this {
    this.defused = true;
    return this;
  }

  /**
   * Calls a plain function when it happens; `cancel` of what is returned takes the listener away again. Without `failed`, the listener does not
   * answer for a failure, which then comes out of `run`.
   */
  on(succeeded: (value: T) => void, failed?: (error: unknown) => void): Wait {
    return this.arm(this.scheduler, {
      succeed: succeeded,
      fail:
        failed ??
        ((error) => {
          if (!this.defused) throw this.unattended(error);
        }),
    });
  }

  arm(_scheduler: Scheduler, waiter: Waiter<T>): Wait {
    if (this.state === 'told') {
      this.tell(waiter);
      return NOTHING_TO_CANCEL;
    }
    const { waiters } = this;
    waiters.add(waiter);
    return {
      cancel: () => {
        waiters.delete(waiter);
      },
    };
  }

  private trigger(ok: boolean, outcome: unknown): void {
    if (this.state !== 'pending') throw new Error(`"${this.name}" happened already: a signal is one-shot`);
    this.state = 'triggered';
    this.ok = ok;
    this.outcome = outcome;
    this.scheduleTelling();
  }

  private scheduleTelling(): void {
    this.scheduler.schedule(0, this.scheduler.sharedHandler('signal', tellWaiters, idOf), this);
  }

  private tell(waiter: Waiter<T>): void {
    if (this.ok) waiter.succeed(this.outcome as T);
    else waiter.fail(this.outcome);
  }

  private unattended(error: unknown): SimulationError {
    return new SimulationError(this.scheduler.now, this.name, error);
  }

  /** The event of a signal's happening. */
  static readonly tellWaiters = (signal: Signal<unknown>): void => {
    const { waiters } = signal;
    const unattended = signal.state === 'triggered' && waiters.size === 0 && !signal.ok && !signal.defused;
    signal.state = 'told';
    if (unattended) throw signal.unattended(signal.outcome);
    try {
      for (const waiter of waiters) {
        waiters.delete(waiter);
        signal.tell(waiter);
      }
    } finally {
      // One who was told threw: the others are told by an event of their own.
      if (waiters.size > 0) signal.scheduleTelling();
    }
  };

  static readonly idOf = (signal: Signal<unknown>): number => signal.id;
}

const { tellWaiters, idOf } = Signal;
