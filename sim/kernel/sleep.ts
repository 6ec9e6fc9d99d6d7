import type { EventHandle } from './handler.ts';
import type { Scheduler } from './scheduler.ts';
import { LATEST } from './time.ts';
import type { Nanoseconds } from './time.ts';
import { Waitable } from './waitable.ts';
import type { Wait, Waiter } from './waitable.ts';

class Sleep extends Waitable<void> {
  private readonly delayNs: Nanoseconds;

  constructor(delayNs: Nanoseconds) {
    super();
    this.delayNs = delayNs;
  }

  arm(scheduler: Scheduler, waiter: Waiter<void>): Wait {
    return new SleepWait(scheduler, this.delayNs, waiter);
  }
}

class SleepWait implements Wait {
  private readonly scheduler: Scheduler;
  private readonly waiter: Waiter<void>;
  private readonly handle: EventHandle;
  private readonly id: number;

  constructor(scheduler: Scheduler, delayNs: Nanoseconds, waiter: Waiter<void>) {
    this.scheduler = scheduler;
    this.waiter = waiter;
    this.id = scheduler.nextId();
    this.handle = scheduler.schedule(delayNs, scheduler.sharedHandler('sleep', SleepWait.wake, SleepWait.idOf), this);
  }

  cancel(): void {
    this.scheduler.cancel(this.handle);
  }

  private static readonly wake = (wait: SleepWait): void => {
    wait.waiter.succeed();
  };

  private static readonly idOf = (wait: SleepWait): number => wait.id;
}

/** Waits for a whole number of nanoseconds. A sleep of 0 lets every event already due at this instant run first. */
export function sleep(delayNs: Nanoseconds): Waitable<void> {
  if (!(delayNs >= 0 && delayNs <= LATEST && Number.isInteger(delayNs))) {
    throw new RangeError(`sleep(${delayNs}): expected a whole number of nanoseconds, at least 0`);
  }
  return new Sleep(delayNs);
}
