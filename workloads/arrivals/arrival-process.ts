/** When requests arrive, apart from what they ask. */
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';

/** A stream of arrival times; stateless, so that one may serve several runs. */
export interface ArrivalProcess {
  readonly name: string;
  /** Long-run mean; undefined for recorded times. */
  readonly ratePerSecond: number | undefined;
  /** Arrival times from 0 on, never decreasing; endless but for recorded ones. */
  times(stream: RandomStream): Iterable<Nanoseconds>;
  /** The same process with its rate multiplied: with the same draws, every time is divided by `factor` (but see Diurnal). */
  scaled(factor: number): ArrivalProcess;
}

/** @throws RangeError unless `value` is a finite number above 0. */
export function positive(name: string, value: number): number {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${name} is ${value}: expected a finite number above 0`);
  return value;
}
