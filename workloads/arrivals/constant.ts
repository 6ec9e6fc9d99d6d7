/** One request every 1/rate seconds, the first at 0, as a load-generating script sends them. */
import { SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { positive } from './arrival-process.ts';
import type { ArrivalProcess } from './arrival-process.ts';

/** Equal gaps; draws nothing. */
export class ConstantArrivals implements ArrivalProcess {
  readonly name = 'constant';
  readonly ratePerSecond: number;

  constructor(ratePerSecond: number) {
    this.ratePerSecond = positive('arrival rate', ratePerSecond);
  }

  *times(): Generator<Nanoseconds> {
    for (let index = 0; ; index++) yield Math.round((index / this.ratePerSecond) * SECOND);
  }

  scaled(factor: number): ConstantArrivals {
    return new ConstantArrivals(this.ratePerSecond * factor);
  }
}
