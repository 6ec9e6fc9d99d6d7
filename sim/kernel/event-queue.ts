import type { Nanoseconds } from './time.ts';

/**
 * The order in which events run: by time, then by the order in which they were pushed.
 *
 * A queue holds slots of an `EventPool` and reads their times there. Cancelled events stay in it until they are popped or `compact` drops them.
 * Slots alone cross this interface: a time passed as an argument might be boxed, which would be an allocation per event.
 */
export interface EventQueue {
  /** Events later than this are left alone; the latest instant of all by default. */
  setHorizon(horizonNs: Nanoseconds): void;
  /** Adds the event in `slot`, whose time is written and not before the last event popped. */
  push(slot: number): void;
  /**
   * Removes and returns the first event up to the horizon, cancelled or not; its slot stays taken in the pool. Returns 0 when none is at hand: then
   * `refill` says whether to pop again. (Two calls, because the first is inlined where events are dispatched, and the second is rare and long.)
   */
  pop(): number;
  refill(): boolean;
  /** Drops every cancelled event it holds and gives the slots back to the pool. */
  compact(): void;
}
