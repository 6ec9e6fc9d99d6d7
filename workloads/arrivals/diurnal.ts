/** A rate that follows the hours of the day: a Poisson process whose rate is piecewise linear and periodic. */
import { SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import { positive } from './arrival-process.ts';
import type { ArrivalProcess } from './arrival-process.ts';

/** Mean rate and shape of the day. */
export interface DiurnalOptions {
  /** Mean rate over a period. */
  readonly ratePerSecond: number;
  /** Rate at the busiest instant ÷ rate at the quietest, for the default profile. Default 3. */
  readonly peakToTrough?: number;
  /** Length of the cycle; default 24 h. Shorter ones let a short run see whole cycles. */
  readonly periodNs?: Nanoseconds;
  /** Relative rates at equally spaced instants of the period, joined by straight lines; replaces the default profile. */
  readonly profile?: readonly number[];
}

const DAY_NS = 86_400 * SECOND;
const DEFAULT_PEAK_TO_TROUGH = 3;

/** (1 − cos(2πh/24))/2 at h = 0 … 23 o'clock: quiet at midnight, busiest at noon. Written out, for sines differ between engines. */
const RAISED_COSINE = [
  0, 0.0170371, 0.0669873, 0.1464466, 0.25, 0.3705905, 0.5, 0.6294095, 0.75, 0.8535534, 0.9330127, 0.9829629,
  1, 0.9829629, 0.9330127, 0.8535534, 0.75, 0.6294095, 0.5, 0.3705905, 0.25, 0.1464466, 0.0669873, 0.0170371,
];

/**
 * Arrivals are drawn by inversion of the cumulative rate: one exponential draw each, so the same draws with another
 * profile move every arrival smoothly. `scaled` multiplies the rate and leaves the length of the day alone.
 */
export class DiurnalArrivals implements ArrivalProcess {
  readonly name = 'diurnal';
  readonly ratePerSecond: number;
  readonly periodNs: Nanoseconds;
  readonly #options: DiurnalOptions;
  /** Rate at each knot, relative to the mean. */
  readonly #relative: readonly number[];

  constructor(options: DiurnalOptions) {
    this.ratePerSecond = positive('arrival rate', options.ratePerSecond);
    this.periodNs = positive('diurnal period', options.periodNs ?? DAY_NS);
    this.#options = options;
    const ratio = options.peakToTrough ?? DEFAULT_PEAK_TO_TROUGH;
    if (!(ratio >= 1 && ratio < Infinity)) throw new RangeError(`peak to trough is ${ratio}: expected a finite number of at least 1`);
    const profile = options.profile ?? RAISED_COSINE.map((share) => 1 + (ratio - 1) * share);
    if (profile.length === 0 || profile.some((rate) => !(rate >= 0 && rate < Infinity))) {
      throw new RangeError(`diurnal profile is [${profile.join(', ')}]: expected at least one finite rate of 0 or more`);
    }
    const mean = profile.reduce((sum, rate) => sum + rate, 0) / profile.length;
    positive('mean of the diurnal profile', mean);
    this.#relative = profile.map((rate) => rate / mean);
  }

  /** The rate at an instant, per second. */
  rateAt(timeNs: Nanoseconds): number {
    const knots = this.#relative.length;
    const place = ((timeNs % this.periodNs) / this.periodNs) * knots;
    const knot = Math.min(Math.floor(place), knots - 1);
    const from = this.#relative[knot];
    return this.ratePerSecond * (from + (this.#relative[(knot + 1) % knots] - from) * (place - knot));
  }

  *times(stream: RandomStream): Generator<Nanoseconds> {
    const knots = this.#relative.length;
    const segmentSeconds = this.periodNs / SECOND / knots;
    // Position: a segment counted from time 0, seconds into it. `due` is the expected number of arrivals still to pass.
    let segment = 0;
    let seconds = 0;
    for (;;) {
      let due = stream.exponential(1);
      for (;;) {
        const from = this.ratePerSecond * this.#relative[segment % knots];
        const slope = (this.ratePerSecond * this.#relative[(segment + 1) % knots] - from) / segmentSeconds;
        const rate = from + slope * seconds;
        const left = segmentSeconds - seconds;
        const passing = left * (rate + (slope * left) / 2);
        if (due < passing) {
          // rate·t + slope·t²/2 = due, in the form that does not cancel.
          seconds += (2 * due) / (rate + Math.sqrt(Math.max(0, rate * rate + 2 * slope * due)));
          break;
        }
        due -= passing;
        segment++;
        seconds = 0;
      }
      yield Math.round((segment * segmentSeconds + seconds) * SECOND);
    }
  }

  scaled(factor: number): DiurnalArrivals {
    return new DiurnalArrivals({ ...this.#options, ratePerSecond: this.ratePerSecond * factor });
  }
}
