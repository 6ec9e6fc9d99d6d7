import type { Scheduler } from './scheduler.ts';
import { Waitable } from './waitable.ts';
import type { Wait, Waiter } from './waitable.ts';

/**
 * A counting semaphore for processes: `capacity` units, granted first come first served. A request is granted only when every earlier one has
 * been, so a large request is not starved by small ones.
 */
export class Resource {
  readonly name: string;
  readonly capacity: number;
  private readonly scheduler: Scheduler;
  /** Waiting claims, a doubly linked list. */
  private head: Claim | undefined;
  private tail: Claim | undefined;
  private waiting = 0;
  private used = 0;

  constructor(scheduler: Scheduler, name: string, capacity = 1) {
    if (!(Number.isInteger(capacity) && capacity >= 1)) throw new RangeError(`capacity of resource "${name}" is ${capacity}: expected a whole number of at least 1`);
    this.scheduler = scheduler;
    this.name = name;
    this.capacity = capacity;
  }

  /** Units granted and not released. */
  get inUse(): number {
    return this.used;
  }

  /** Requests not granted yet. */
  get queueLength(): number {
    return this.waiting;
  }

  /** Gives units back and grants what now fits. Throws Error when more is released than was granted. */
  release(units = 1): void {
    if (!(Number.isInteger(units) && units >= 1)) throw new RangeError(`release of ${units} units of "${this.name}": expected a whole number of at least 1`);
    if (units > this.used) throw new Error(`resource "${this.name}" is released of ${units} units with ${this.used} in use`);
    this.used -= units;
    this.grantWaiting();
  }

  /** Takes part in `acquire`; see there. */
  claim(units: number, waiter: Waiter<void>): Wait {
    if (this.waiting === 0 && this.used + units <= this.capacity) {
      this.used += units;
      let returned = false;
      waiter.succeed();
      return {
        cancel: () => {
          if (!returned) this.release(units);
          returned = true;
        },
      };
    }
    const claim = new Claim(this, units, waiter, this.scheduler.nextId());
    claim.previous = this.tail;
    if (this.tail === undefined) this.head = claim;
    else this.tail.next = claim;
    this.tail = claim;
    this.waiting++;
    return claim;
  }

  /** Takes a claim that was given up out of the queue. */
  withdraw(claim: Claim): void {
    this.unlink(claim);
    this.grantWaiting();
  }

  private grantWaiting(): void {
    for (let claim = this.head; claim !== undefined && this.used + claim.units <= this.capacity; claim = this.head) {
      this.unlink(claim);
      this.used += claim.units;
      claim.state = 'granted';
      this.scheduler.schedule(0, this.scheduler.sharedHandler('resource.grant', Claim.deliver, Claim.idOf), claim);
    }
  }

  private unlink(claim: Claim): void {
    this.waiting--;
    if (claim.previous === undefined) this.head = claim.next;
    else claim.previous.next = claim.next;
    if (claim.next === undefined) this.tail = claim.previous;
    else claim.next.previous = claim.previous;
    claim.previous = undefined;
    claim.next = undefined;
  }
}

class Claim implements Wait {
  state: 'queued' | 'granted' | 'cancelled' = 'queued';
  previous: Claim | undefined;
  next: Claim | undefined;
  readonly units: number;
  private readonly resource: Resource;
  private readonly waiter: Waiter<void>;
  private readonly id: number;

  constructor(resource: Resource, units: number, waiter: Waiter<void>, id: number) {
    this.resource = resource;
    this.units = units;
    this.waiter = waiter;
    this.id = id;
  }

  cancel(): void {
    const { state } = this;
    this.state = 'cancelled';
    if (state === 'queued') this.resource.withdraw(this);
    else if (state === 'granted') this.resource.release(this.units);
  }

  static readonly deliver = (claim: Claim): void => {
    if (claim.state === 'granted') claim.waiter.succeed();
  };

  static readonly idOf = (claim: Claim): number => claim.id;
}

class Acquire extends Waitable<void> {
  private readonly resource: Resource;
  private readonly units: number;

  constructor(resource: Resource, units: number) {
    super();
    this.resource = resource;
    this.units = units;
  }

  arm(_scheduler: Scheduler, waiter: Waiter<void>): Wait {
    return this.resource.claim(this.units, waiter);
  }
}

/**
 * Waits for `units` of a resource. Once the process goes on it holds them and must release them, best in a `finally`; when the wait is given up
 * first (interrupt, timeout, a lost any-of), nothing is held.
 */
export function acquire(resource: Resource, units = 1): Waitable<void> {
  if (!(Number.isInteger(units) && units >= 1 && units <= resource.capacity)) {
    throw new RangeError(`acquire ${units} units of "${resource.name}": expected a whole number from 1 to its capacity ${resource.capacity}`);
  }
  return new Acquire(resource, units);
}
