/**
 * Bursty arrivals: gaps drawn from a gamma distribution, as fitted to production LLM traffic by BurstGPT (arXiv
 * 2401.17644). The coefficient of variation of the gaps sets the burstiness: 1 is Poisson, above it bursts, below it
 * regularity.
 */
import { SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import { positive } from './arrival-process.ts';
import type { ArrivalProcess } from './arrival-process.ts';

/** Independent gamma gaps of shape 1/variation² and mean 1/rate. */
export class GammaArrivals implements ArrivalProcess {
  readonly name = 'gamma';
  readonly ratePerSecond: number;
  /** Standard deviation of the gaps ÷ their mean. */
  readonly variation: number;

  constructor(ratePerSecond: number, variation: number) {
    this.ratePerSecond = positive('arrival rate', ratePerSecond);
    this.variation = positive('coefficient of variation', variation);
  }

  *times(stream: RandomStream): Generator<Nanoseconds> {
    const shape = 1 / (this.variation * this.variation);
    for (let units = 0; ; ) {
      units += drawGamma(stream, shape) / shape;
      yield Math.round((units / this.ratePerSecond) * SECOND);
    }
  }

  scaled(factor: number): GammaArrivals {
    return new GammaArrivals(this.ratePerSecond * factor, this.variation);
  }
}

/**
 * A gamma variate with the given shape and scale 1 (mean = shape): Marsaglia and Tsang, "A simple method for generating
 * gamma variables", ACM TOMS 26(3), 2000; below shape 1 by their boost Γ(a) = Γ(a+1)·U^(1/a).
 */
export function drawGamma(stream: RandomStream, shape: number): number {
  if (shape < 1) return drawGamma(stream, shape + 1) * Math.exp(Math.log(1 - stream.next()) / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = stream.normal(0, 1);
    const root = 1 + c * normal;
    if (root <= 0) continue;
    const cube = root * root * root;
    const uniform = 1 - stream.next();
    if (Math.log(uniform) < 0.5 * normal * normal + d - d * cube + d * Math.log(cube)) return d * cube;
  }
}
