import type { Handler, Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';

/**
 * Timers of one duration, each for a number.
 *
 * Of timers that run equally long the first to start is the first to end, so a ring buffer keeps them in order and one event of the
 * simulator waits for the first that is still wanted. Nearly all timers of an overlay are dropped before they end (the answer came):
 * dropping one costs nothing, and an event each would be half of what a message costs.
 */
export class Deadlines {
  private readonly simulator: Simulator;
  private readonly durationNs: Nanoseconds;
  private readonly wanted: (number: number, deadlineNs: Nanoseconds) => boolean;
  private readonly expire: (number: number) => void;
  private readonly expiry: Handler<number>;
  /** A ring of `length` timers from `head` on. */
  private times = new Float64Array(64);
  private numbers = new Float64Array(64);
  private head = 0;
  private length = 0;
  private waiting = false;

  /**
   * @param wanted is the timer of this number that ends then still to be heard? A number may be started again: the deadline tells which
   * @param expire told at the deadline of a wanted timer, in an event of its own
   */
  constructor(simulator: Simulator, label: string, durationNs: Nanoseconds, wanted: (number: number, deadlineNs: Nanoseconds) => boolean, expire: (number: number) => void) {
    this.simulator = simulator;
    this.durationNs = durationNs;
    this.wanted = wanted;
    this.expire = expire;
    this.expiry = simulator.handler(label, () => {
      this.onExpiry();
    });
  }

  /** Starts a timer and returns its deadline. */
  start(number: number): Nanoseconds {
    const deadlineNs = this.simulator.now + this.durationNs;
    this.dropUnwanted();
    if (this.length === this.times.length) this.grow();
    const place = (this.head + this.length) & (this.times.length - 1);
    this.times[place] = deadlineNs;
    this.numbers[place] = number;
    this.length++;
    if (!this.waiting) this.wait();
    return deadlineNs;
  }

  private onExpiry(): void {
    this.waiting = false;
    this.dropUnwanted();
    if (this.length === 0) return;
    if (this.times[this.head] > this.simulator.now) {
      this.wait();
      return;
    }
    const number = this.numbers[this.head];
    this.pop();
    // Before `expire`, which may start timers itself: they end later than all that are in the ring.
    if (this.length > 0) this.wait();
    this.expire(number);
  }

  private wait(): void {
    this.waiting = true;
    this.simulator.schedule(Math.max(0, this.times[this.head] - this.simulator.now), this.expiry, this.numbers[this.head]);
  }

  private dropUnwanted(): void {
    while (this.length > 0 && !this.wanted(this.numbers[this.head], this.times[this.head])) this.pop();
  }

  private pop(): void {
    this.head = (this.head + 1) & (this.times.length - 1);
    this.length--;
  }

  private grow(): void {
    const capacity = 2 * this.times.length;
    const times = new Float64Array(capacity);
    const numbers = new Float64Array(capacity);
    for (let i = 0; i < this.length; i++) {
      const place = (this.head + i) & (this.times.length - 1);
      times[i] = this.times[place];
      numbers[i] = this.numbers[place];
    }
    this.times = times;
    this.numbers = numbers;
    this.head = 0;
  }
}
