/** Lengths and arrivals of a trace, in plain figures. */
import { SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** Lengths in tokens. */
export interface LengthSummary {
  readonly mean: number;
  /** Standard deviation ÷ mean. */
  readonly variation: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** How requests are spread over time. */
export interface ArrivalSummary {
  /** From the first arrival to the last. */
  readonly durationSeconds: number;
  /** Gaps ÷ duration; 0 where all arrive at once. */
  readonly ratePerSecond: number;
  /** Standard deviation of the gaps ÷ their mean: 1 for a Poisson process, more for bursts. */
  readonly gapVariation: number;
  /** The busiest minute, counted from the first arrival in whole minutes. */
  readonly busiestMinuteRequests: number;
}

/** Exact percentiles of whole numbers, by counting each. */
export class LengthTally {
  readonly #counts = new Map<number, number>();
  #number = 0;
  #sum = 0;
  #squares = 0;

  add(length: number): void {
    this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1);
    this.#number++;
    this.#sum += length;
    this.#squares += length * length;
  }

  summary(): LengthSummary {
    if (this.#number === 0) return { mean: 0, variation: 0, p50: 0, p95: 0, p99: 0, max: 0 };
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    const quantile = (share: number): number => {
      let below = 0;
      for (const [length, count] of sorted) {
        below += count;
        if (below >= share * this.#number) return length;
      }
      return sorted.at(-1)![0];
    };
    const mean = this.#sum / this.#number;
    const variance = Math.max(0, this.#squares / this.#number - mean * mean);
    return { mean, variation: mean === 0 ? 0 : Math.sqrt(variance) / mean, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: sorted.at(-1)![0] };
  }
}

const MINUTE_NS = 60 * SECOND;

/** Fed with arrival times that do not decrease. */
export class ArrivalTally {
  #firstNs: Nanoseconds | undefined;
  #lastNs: Nanoseconds = 0;
  #gaps = 0;
  /** Of gaps, in seconds: the squares of nanoseconds would not be exact. */
  #gapSquares = 0;
  #minute = 0;
  #inMinute = 0;
  #busiest = 0;

  add(arrivalNs: Nanoseconds): void {
    if (this.#firstNs === undefined) {
      this.#firstNs = arrivalNs;
    } else {
      const gapSeconds = (arrivalNs - this.#lastNs) / SECOND;
      this.#gaps++;
      this.#gapSquares += gapSeconds * gapSeconds;
    }
    const minute = Math.floor((arrivalNs - this.#firstNs) / MINUTE_NS);
    this.#inMinute = minute === this.#minute ? this.#inMinute + 1 : 1;
    this.#minute = minute;
    this.#busiest = Math.max(this.#busiest, this.#inMinute);
    this.#lastNs = arrivalNs;
  }

  summary(): ArrivalSummary {
    const durationSeconds = (this.#lastNs - (this.#firstNs ?? 0)) / SECOND;
    const meanGap = this.#gaps === 0 ? 0 : durationSeconds / this.#gaps;
    const variance = this.#gaps === 0 ? 0 : Math.max(0, this.#gapSquares / this.#gaps - meanGap * meanGap);
    return {
      durationSeconds,
      ratePerSecond: durationSeconds === 0 ? 0 : this.#gaps / durationSeconds,
      gapVariation: meanGap === 0 ? 0 : Math.sqrt(variance) / meanGap,
      busiestMinuteRequests: this.#busiest,
    };
  }
}
