import type { Scheduler } from './scheduler.ts';

/** Who is told how a wait ended. Exactly one of the two is called, once. */
export interface Waiter<T> {
  succeed(value: T): void;
  fail(error: unknown): void;
}

/** A wait in progress. */
export interface Wait {
  /**
   * Gives the wait up: the waiter is not told any more, and what was handed over but not yet received (a granted resource) goes back.
   * Safe at any time, any number of times.
   */
  cancel(): void;
}

/**
 * Something a process can wait for: `yield` it, or `const value = yield* waitable` to keep the value's type.
 */
export abstract class Waitable<T> {
  /** Starts to wait. May tell the waiter before it returns, when there is nothing to wait for. */
  abstract arm(scheduler: Scheduler, waiter: Waiter<T>): Wait;

  *[Symbol.iterator](): Generator<Waitable<unknown>, T, T> {
    return yield this;
  }
}

/** The wait of something that had ended already: there is nothing to give up. */
export const NOTHING_TO_CANCEL: Wait = {
  cancel(): void {
    // Nothing was armed.
  },
};
