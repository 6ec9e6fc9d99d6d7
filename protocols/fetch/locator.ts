import type { HostId } from '../../sim/network/topology.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** Where a segment is believed to be, and what it cost to find out. */
export interface Location {
  /** Nearest to the segment's key first, the asker left out; empty when the search failed. */
  readonly holders: readonly HostId[];
  /** The asker is a holder itself. */
  readonly own: boolean;
  readonly hops: number;
  readonly latencyNs: Nanoseconds;
  readonly timeouts: number;
}

/** Finds the hosts to ask for a segment. */
export interface Locator {
  /**
   * @param afresh the answer given before did not hold: do not repeat it from memory
   * @param done called once, in a later event
   */
  locate(from: HostId, unit: number, segment: number, afresh: boolean, done: (location: Location) => void): void;
}
