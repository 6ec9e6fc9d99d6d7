/** The arrival times of a recorded trace, for use with other content. */
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { positive } from './arrival-process.ts';
import type { ArrivalProcess } from './arrival-process.ts';

/** Recorded times, from their first on, at another speed if wanted; draws nothing. */
export class RecordedArrivals implements ArrivalProcess {
  readonly name = 'trace';
  readonly ratePerSecond = undefined;
  readonly #open: () => Iterable<Nanoseconds>;
  readonly #rateScale: number;

  /**
   * @param open gives the recorded times from the start, each time it is called; not decreasing. The first becomes 0.
   * @param rateScale 2 replays twice as fast.
   */
  constructor(open: () => Iterable<Nanoseconds>, rateScale = 1) {
    this.#open = open;
    this.#rateScale = positive('rate scale', rateScale);
  }

  *times(): Generator<Nanoseconds> {
    let first: Nanoseconds | undefined;
    let last = 0;
    for (const recorded of this.#open()) {
      first ??= recorded;
      const time = Math.round((recorded - first) / this.#rateScale);
      if (!(time >= last)) throw new RangeError(`recorded arrival ${recorded} ns: expected times that do not decrease`);
      last = time;
      yield time;
    }
  }

  scaled(factor: number): RecordedArrivals {
    return new RecordedArrivals(this.#open, this.#rateScale * factor);
  }
}
