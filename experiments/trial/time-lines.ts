/** How a trial went over time: for studies in which something happens on the way. */
import { MILLISECOND, SECOND } from '../../sim/kernel/time.ts';
import type { Series } from '../results/trial-result.ts';
import type { QueryRecorder } from './query-recorder.ts';

/** Points of a line, at most: enough to see a fault of a hundredth of the run. */
const POINTS = 100;

/** Mean TTFT and hit rate of the queries that arrived in each stretch of time; stretches without queries are left out. */
export function timeLines(queries: QueryRecorder): Record<string, Series> {
  const arrivals = queries.column('arrivalNs');
  const [ttfts, local, remote, missed] = ['ttftNs', 'unitsLocal', 'unitsRemote', 'unitsMissed'].map((name) => queries.column(name));
  const ttftMeanMs = { timeS: [] as number[], value: [] as number[] };
  const hitRate = { timeS: [] as number[], value: [] as number[] };
  if (queries.rows === 0) return { ttftMeanMs, hitRate };
  const startNs = arrivals.reduce((least, at) => Math.min(least, at), Infinity);
  const endNs = arrivals.reduce((most, at) => Math.max(most, at), 0);
  const widthNs = Math.max(SECOND, Math.ceil((endNs - startNs + 1) / POINTS));
  const bins = Array.from({ length: Math.floor((endNs - startNs) / widthNs) + 1 }, () => ({ queries: 0, ttftNs: 0, hits: 0, asked: 0 }));
  for (let row = 0; row < queries.rows; row++) {
    const bin = bins[Math.floor((arrivals[row] - startNs) / widthNs)];
    bin.queries++;
    bin.ttftNs += ttfts[row];
    bin.hits += local[row] + remote[row];
    bin.asked += local[row] + remote[row] + missed[row];
  }
  bins.forEach((bin, i) => {
    // A line is a step function: its points say where each stretch begins.
    const timeS = (startNs + i * widthNs) / SECOND;
    if (bin.queries > 0) {
      ttftMeanMs.timeS.push(timeS);
      ttftMeanMs.value.push(bin.ttftNs / bin.queries / MILLISECOND);
    }
    if (bin.asked > 0) {
      hitRate.timeS.push(timeS);
      hitRate.value.push(bin.hits / bin.asked);
    }
  });
  return { ttftMeanMs, hitRate };
}
