/** Independent users: a Poisson process, exponential gaps. */
import { SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import { positive } from './arrival-process.ts';
import type { ArrivalProcess } from './arrival-process.ts';

/** Exponential gaps of mean 1/rate, the first arrival after one gap. */
export class PoissonArrivals implements ArrivalProcess {
  readonly name = 'poisson';
  readonly ratePerSecond: number;

  constructor(ratePerSecond: number) {
    this.ratePerSecond = positive('arrival rate', ratePerSecond);
  }

  *times(stream: RandomStream): Generator<Nanoseconds> {
    // Unit gaps are summed, then stretched: another rate gives the same pattern at another speed.
    for (let units = 0; ; ) {
      units += stream.exponential(1);
      yield Math.round((units / this.ratePerSecond) * SECOND);
    }
  }

  scaled(factor: number): PoissonArrivals {
    return new PoissonArrivals(this.ratePerSecond * factor);
  }
}
