import type { Study } from '../study/study.ts';
import { roundSignificant } from '../study/number-format.ts';

/** Windows of arrival and bins of TTFT, the same for all runs of a page. Bin b reaches from fromMs · ratio^b to ratio times that. */
export interface RequestGrid {
  readonly fromS: number;
  readonly windowS: number;
  readonly windows: number;
  readonly fromMs: number;
  readonly ratio: number;
  readonly bins: number;
}

/** All measured requests of one run, counted. */
export interface RunCounts {
  /** Pairs over window · bins + bin in rising order: how many empty places to skip, then how many requests. */
  readonly counts: readonly number[];
  /** Sum of the TTFTs that arrived in each window, ms. */
  readonly sumMs: readonly number[];
}

/** A percentile read from the middle of a bin of this ratio is within 1 % of the true one. */
const FINEST_RATIO = 1.02;
const MOST_BINS = 400;
/** Places of all runs together, which bound the bytes of the counts; and the bounds for the windows. */
const PLACES = 160_000;
const LEAST_WINDOWS = 12;
const MOST_WINDOWS = 48;
/** Shortest TTFT that has a bin of its own, 1 µs. */
const SHORTEST_MS = 1e-3;

/** The grid that holds all requests of the given trials; its size depends on how many trials there are, not on their requests. */
export async function requestGrid(study: Study, trials: readonly number[]): Promise<RequestGrid> {
  let [firstNs, lastNs, leastNs, mostNs] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const trial of trials) {
    const { arrivalNs, ttftNs } = await timesOf(study, trial);
    for (let i = 0; i < ttftNs.length; i++) {
      firstNs = Math.min(firstNs, arrivalNs[i]);
      lastNs = Math.max(lastNs, arrivalNs[i]);
      leastNs = Math.min(leastNs, ttftNs[i]);
      mostNs = Math.max(mostNs, ttftNs[i]);
    }
  }
  const fromMs = Math.max(SHORTEST_MS, roundSignificant(leastNs * 1e-6 * 0.999, 4));
  let ratio = FINEST_RATIO;
  let bins = binsBetween(fromMs, mostNs * 1e-6, ratio);
  while (bins > MOST_BINS) {
    ratio = roundSignificant(1 + (ratio - 1) * 1.25, 6);
    bins = binsBetween(fromMs, mostNs * 1e-6, ratio);
  }
  const windows = Math.min(MOST_WINDOWS, Math.max(LEAST_WINDOWS, Math.floor(PLACES / (trials.length * bins))));
  const fromS = Math.floor(firstNs * 1e-9);
  // Rounded up a little, so that the last request lies within the last window.
  const windowS = roundSignificant(Math.max(1e-6, ((lastNs * 1e-9 - fromS) / windows) * 1.0001), 6);
  return { fromS, windowS, windows, fromMs, ratio, bins };
}

/** Counts the requests of a trial on the grid. */
export async function countRequests(study: Study, trial: number, grid: RequestGrid): Promise<RunCounts> {
  const { arrivalNs, ttftNs } = await timesOf(study, trial);
  const edges = edgesOf(grid);
  const dense = new Float64Array(grid.windows * grid.bins);
  const sumMs = new Float64Array(grid.windows);
  for (let i = 0; i < ttftNs.length; i++) {
    const window = Math.min(grid.windows - 1, Math.max(0, Math.floor((arrivalNs[i] * 1e-9 - grid.fromS) / grid.windowS)));
    dense[window * grid.bins + binOf(edges, ttftNs[i] * 1e-6)] += 1;
    sumMs[window] += ttftNs[i] * 1e-6;
  }
  const counts: number[] = [];
  let skipped = 0;
  for (const count of dense) {
    if (count > 0) counts.push(skipped, count);
    skipped = count > 0 ? 0 : skipped + 1;
  }
  return { counts, sumMs: Array.from(sumMs, (sum) => roundSignificant(sum, 8)) };
}

async function timesOf(study: Study, trial: number): Promise<{ arrivalNs: Float64Array; ttftNs: Float64Array }> {
  const table = await study.queries!.read(trial, ['arrivalNs', 'ttftNs']);
  return { arrivalNs: table['arrivalNs'] as Float64Array, ttftNs: table['ttftNs'] as Float64Array };
}

/** Lower edges of the bins and the upper one of the last, by multiplication alone: the same in every engine. */
function edgesOf({ fromMs, ratio, bins }: RequestGrid): Float64Array {
  const edges = new Float64Array(bins + 1).fill(fromMs);
  for (let b = 1; b <= bins; b++) edges[b] = edges[b - 1] * ratio;
  return edges;
}

function binsBetween(fromMs: number, toMs: number, ratio: number): number {
  let bins = 1;
  for (let edge = fromMs * ratio; edge <= toMs; edge *= ratio) bins += 1;
  return bins;
}

/** The bin whose edges embrace a TTFT; what lies outside belongs to the first or the last. */
function binOf(edges: Float64Array, ttftMs: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle] <= ttftMs) low = middle;
    else high = middle - 1;
  }
  return low;
}
