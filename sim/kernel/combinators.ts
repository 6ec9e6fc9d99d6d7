import type { Scheduler } from './scheduler.ts';
import { sleep } from './sleep.ts';
import type { Nanoseconds } from './time.ts';
import { Waitable } from './waitable.ts';
import type { Wait, Waiter } from './waitable.ts';

/** Which wait of an any-of ended first, and with what. */
export interface FirstOf<T> {
  readonly index: number;
  readonly value: T;
}

/** Thrown into a process whose `timeout` ran out. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly afterNs: Nanoseconds;

  constructor(afterNs: Nanoseconds) {
    super(`timed out after ${afterNs} ns`);
    this.afterNs = afterNs;
  }
}

/** Several waits armed in order. `settle` stops the arming when one of them ends the whole at once. */
abstract class Group<T, R> implements Wait {
  protected readonly waits: (Wait | undefined)[] = [];
  protected readonly waiter: Waiter<R>;
  private settled = false;

  constructor(waiter: Waiter<R>) {
    this.waiter = waiter;
  }

  protected armAll(scheduler: Scheduler, members: readonly Waitable<T>[]): void {
    for (let index = 0; index < members.length && !this.settled; index++) {
      const wait = members[index].arm(scheduler, {
        succeed: (value) => {
          if (!this.settled) this.memberSucceeded(index, value);
        },
        fail: (error) => {
          if (this.settled) return;
          this.settle(index);
          this.waiter.fail(error);
        },
      });
      // A member armed last may already have ended the group: what it was handed is the winner's and stays.
      this.waits[index] = wait;
    }
  }

  protected abstract memberSucceeded(index: number, value: T): void;

  /** No member counts any more; all but `winner` are given up. */
  protected settle(winner?: number): void {
    this.settled = true;
    for (let i = 0; i < this.waits.length; i++) if (i !== winner) this.waits[i]?.cancel();
  }

  /** Gives everything up, what members have already been handed included. */
  cancel(): void {
    this.settled = true;
    for (const wait of this.waits) wait?.cancel();
  }
}

class AnyGroup<T> extends Group<T, FirstOf<T>> {
  constructor(scheduler: Scheduler, members: readonly Waitable<T>[], waiter: Waiter<FirstOf<T>>) {
    super(waiter);
    this.armAll(scheduler, members);
  }

  protected memberSucceeded(index: number, value: T): void {
    this.settle(index);
    this.waiter.succeed({ index, value });
  }
}

class AllGroup<T> extends Group<T, T[]> {
  private readonly values: T[];
  private missing: number;

  constructor(scheduler: Scheduler, members: readonly Waitable<T>[], waiter: Waiter<T[]>) {
    super(waiter);
    this.values = new Array<T>(members.length);
    this.missing = members.length;
    if (members.length === 0) waiter.succeed(this.values);
    else this.armAll(scheduler, members);
  }

  protected memberSucceeded(index: number, value: T): void {
    this.values[index] = value;
    if (--this.missing === 0) this.waiter.succeed(this.values);
  }
}

class AnyOf<T> extends Waitable<FirstOf<T>> {
  private readonly members: readonly Waitable<T>[];

  constructor(members: readonly Waitable<T>[]) {
    super();
    this.members = members;
  }

  arm(scheduler: Scheduler, waiter: Waiter<FirstOf<T>>): Wait {
    return new AnyGroup(scheduler, this.members, waiter);
  }
}

class AllOf<T> extends Waitable<T[]> {
  private readonly members: readonly Waitable<T>[];

  constructor(members: readonly Waitable<T>[]) {
    super();
    this.members = members;
  }

  arm(scheduler: Scheduler, waiter: Waiter<T[]>): Wait {
    return new AllGroup(scheduler, this.members, waiter);
  }
}

class Timeout<T> extends Waitable<T> {
  private readonly either: Waitable<FirstOf<unknown>>;
  private readonly afterNs: Nanoseconds;

  constructor(wait: Waitable<T>, afterNs: Nanoseconds) {
    super();
    this.either = anyOf([wait, sleep(afterNs)]);
    this.afterNs = afterNs;
  }

  arm(scheduler: Scheduler, waiter: Waiter<T>): Wait {
    return this.either.arm(scheduler, {
      succeed: (first) => {
        if (first.index === 0) waiter.succeed(first.value as T);
        else waiter.fail(new TimeoutError(this.afterNs));
      },
      fail: (error) => {
        waiter.fail(error);
      },
    });
  }
}

/** The value each of several waits ends with. */
type ValueOf<W> = W extends Waitable<infer T> ? T : never;
type ValuesOf<M extends readonly Waitable<unknown>[]> = { -readonly [K in keyof M]: ValueOf<M[K]> };

/**
 * Waits for the first of several, which is the earliest in the list when several have ended already; the others are given up.
 * Fails when a member fails first. Throws RangeError on an empty list, which would wait for ever.
 */
export function anyOf<const M extends readonly Waitable<unknown>[]>(members: M): Waitable<FirstOf<ValueOf<M[number]>>> {
  if (members.length === 0) throw new RangeError('anyOf([]): expected at least one wait, or it never ends');
  return new AnyOf(members) as Waitable<FirstOf<ValueOf<M[number]>>>;
}

/** Waits for all; the values come in the order of the list. Fails as soon as one member fails, and gives the others up. */
export function allOf<const M extends readonly Waitable<unknown>[]>(members: M): Waitable<ValuesOf<M>> {
  return new AllOf(members) as Waitable<unknown> as Waitable<ValuesOf<M>>;
}

/** Waits, but no longer than `afterNs`: then the wait is given up and a TimeoutError is thrown into the process. */
export function timeout<T>(wait: Waitable<T>, afterNs: Nanoseconds): Waitable<T> {
  return new Timeout(wait, afterNs);
}
