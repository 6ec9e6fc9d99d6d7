import type { Nanoseconds } from './time.ts';

/**
 * The order in which events run: by time, then by the order in which they were pushed.
 *
 * A queue holds slots of an `EventPool` and reads their times there. Cancelled events stay in it until they are popped or `compact` drops them.
 * Slots alone cross this interface: a time passed as an argument might be boxed, which would be an allocation per event.
 */
export interface EventQueue {
  /** `pop` leaves events later than this alone. */
  horizonNs: Nanoseconds;
  /** Adds the event in `slot`, whose time is written and not before the last event popped. */
  push(slot: number): void;
  /** Removes and returns the first event not later than `horizonNs`, cancelled or not, or 0. The slot stays taken in the pool. */
  pop(): number;
  /** Drops every cancelled event it holds and gives the slots back to the pool. */
  compact(): void;
}
