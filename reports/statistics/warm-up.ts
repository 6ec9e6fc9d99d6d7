import { mean } from './moments.ts';

/** Where the start-up transient of a series of observations ends. */
export interface Truncation {
  /** Observations to drop from the front; a multiple of the batch size. */
  readonly drop: number;
  /** True where the minimum lies at the end of the searched half: the series is too short, or never becomes steady. */
  readonly undetermined: boolean;
  /** The MSER statistic at the minimum: squared standard error of the mean of what is left, in the square of the unit. */
  readonly statistic: number;
}

/**
 * MSER-5 (White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69, 1997; with
 * batches of five, White, Cobb and Spratt, WSC 2000): of the k batch means, drop the first d that minimise
 * Σ_{j>d} (z_j − z̄_d)² ÷ (k − d)². Only d ≤ k/2 counts as an answer, because at the far end few batches agree by chance.
 */
export function mserTruncation(series: ArrayLike<number>, batchSize = 5): Truncation {
  if (!(Number.isInteger(batchSize) && batchSize >= 1)) throw new RangeError(`batchSize ${batchSize}: expected a whole number of at least 1`);
  const batches = batchMeans(series, batchSize);
  const k = batches.length;
  if (k < 4) return { drop: 0, undetermined: true, statistic: NaN };
  // Welford's recurrence from the back gives the mean and squares of every suffix in one pass.
  const scores = new Float64Array(k);
  let suffixMean = 0;
  let squares = 0;
  for (let j = k - 1; j >= 0; j--) {
    const count = k - j;
    const delta = batches[j] - suffixMean;
    suffixMean += delta / count;
    squares += delta * (batches[j] - suffixMean);
    scores[j] = squares / (count * count);
  }
  const limit = Math.floor(k / 2);
  let best = 0;
  for (let d = 1; d <= limit; d++) if (scores[d] < scores[best]) best = d;
  return { drop: best * batchSize, undetermined: best === limit, statistic: scores[best] };
}

function batchMeans(series: ArrayLike<number>, batchSize: number): number[] {
  const batches: number[] = [];
  for (let start = 0; start + batchSize <= series.length; start += batchSize) {
    let sum = 0;
    for (let i = start; i < start + batchSize; i++) sum += series[i];
    batches.push(sum / batchSize);
  }
  return batches;
}

export interface WarmUpVerdict extends Truncation {
  /** 'steady': what MSER would drop does not move the mean; 'biased': it does; 'drifting': no steady part was found. */
  readonly verdict: 'steady' | 'biased' | 'drifting';
  /** (mean of all − mean of what MSER keeps) ÷ mean of what it keeps. */
  readonly shift: number;
}

/**
 * Was the warm-up that the protocol dropped long enough? MSER always proposes some cut; it matters only if the cut moves
 * the mean. `tolerance` is the relative move that counts (default 5 %). Feed the observations in order of arrival, averaged
 * over the seeds (Welch's procedure), so that one seed's noise does not look like a transient.
 */
export function checkWarmUp(series: ArrayLike<number>, tolerance = 0.05): WarmUpVerdict {
  const truncation = mserTruncation(series);
  const values = Array.from(series);
  const kept = values.slice(truncation.drop);
  const keptMean = mean(kept);
  const shift = kept.length === 0 || keptMean === 0 ? 0 : (mean(values) - keptMean) / keptMean;
  const matters = Math.abs(shift) > tolerance;
  return { ...truncation, shift, verdict: !matters ? 'steady' : truncation.undetermined ? 'drifting' : 'biased' };
}
