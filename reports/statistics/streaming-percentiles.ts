import { nearestRank } from './percentile.ts';

/**
 * Percentiles of a stream in constant memory: DDSketch (Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile
 * sketch with relative-error guarantees", PVLDB 12, 2019). Values fall into buckets (γ^(i−1), γ^i] with
 * γ = (1 + α)/(1 − α); a bucket answers 2γ^i/(γ + 1), within a factor 1 ± α of every value in it.
 *
 * Guarantee: for every p, |percentile(p) − exact nearest-rank P_p| ≤ α · exact. Sketches of one α add up exactly, in any
 * order. Takes values ≥ 0; zero is counted apart. About 3 500 buckets at α = 0.5 % span 1 ns to 10^6 s.
 */
export class StreamingPercentiles {
  readonly relativeError: number;
  private readonly logGamma: number;
  private readonly buckets = new Map<number, number>();
  private zeros = 0;
  private total = 0;
  private smallest = Infinity;
  private largest = -Infinity;

  constructor(relativeError = 0.005) {
    if (!(relativeError > 0 && relativeError < 1)) throw new RangeError(`relativeError ${relativeError}: expected between 0 and 1`);
    this.relativeError = relativeError;
    this.logGamma = Math.log((1 + relativeError) / (1 - relativeError));
  }

  get count(): number {
    return this.total;
  }

  add(value: number): void {
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`value ${value}: expected a finite number of at least 0`);
    this.total += 1;
    if (value < this.smallest) this.smallest = value;
    if (value > this.largest) this.largest = value;
    if (value === 0) {
      this.zeros += 1;
      return;
    }
    const bucket = Math.ceil(Math.log(value) / this.logGamma);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
  }

  /** Adds another sketch of the same error; the result is that of one sketch that saw both streams. */
  merge(other: StreamingPercentiles): void {
    if (other.relativeError !== this.relativeError) {
      throw new RangeError(`cannot merge a sketch of relative error ${other.relativeError} into one of ${this.relativeError}`);
    }
    this.total += other.total;
    this.zeros += other.zeros;
    this.smallest = Math.min(this.smallest, other.smallest);
    this.largest = Math.max(this.largest, other.largest);
    for (const [bucket, count] of other.buckets) this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + count);
  }

  /** Nearest-rank percentile within the stated relative error; NaN before the first value. */
  percentile(percent: number): number {
    if (!(percent >= 0 && percent <= 100)) throw new RangeError(`percent ${percent}: expected 0 to 100`);
    if (this.total === 0) return NaN;
    let left = nearestRank(this.total, percent) - this.zeros;
    if (left <= 0) return 0;
    for (const bucket of [...this.buckets.keys()].sort((a, b) => a - b)) {
      left -= this.buckets.get(bucket)!;
      if (left <= 0) return this.answer(bucket);
    }
    return this.largest;
  }

  private answer(bucket: number): number {
    // 2γ^i/(γ + 1) = (1 − α)·γ^i; the exact extremes are known and only tighten it.
    const middle = (1 - this.relativeError) * Math.exp(bucket * this.logGamma);
    return Math.min(this.largest, Math.max(this.smallest, middle));
  }
}
