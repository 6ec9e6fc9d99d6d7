/** How each target is read from the trials of a study. */
import { findMetric } from '../../experiments/results/metrics.ts';
import type { Cell, CellValue } from '../../experiments/results/trial-result.ts';
import type { Interval } from '../statistics/interval.ts';
import { pairedComparison } from '../statistics/paired-difference.ts';
import { studentInterval } from '../statistics/student-interval.ts';
import { metricOf } from '../study/metric.ts';
import { formatMeasure } from '../study/number-format.ts';
import { type Study, bySeed, configValue, findRow, sameCell } from '../study/study.ts';
import { parseSweptQuantity } from '../study/swept-variable.ts';
import type { Reading } from './target.ts';

/** The system whose targets these are. */
export const SUBJECT = 'p2p';
/** A busier resource makes the TTFT depend on the length of the run. */
const BUSIEST = 0.9;

/** 1 − mean TTFT of peers ÷ that of a baseline, where neither has a resource busier than 90 %. */
export function ttftReduction(study: Study, baseline: string): Reading[] {
  return study.cells.flatMap((cell) => {
    const ratio = ratioOf(study, { cell, system: SUBJECT }, { cell, system: baseline }, 'ttftMeanMs');
    if (ratio === undefined) return [];
    const value: Interval = { ...ratio, estimate: 1 - ratio.estimate, low: 1 - ratio.high, high: 1 - ratio.low };
    return [{ cell, value, barred: saturated(study, cell, [SUBJECT, baseline]) }];
  });
}

/** Mean end-to-end latency of the slowest baseline ÷ that of peers, where neither has a resource busier than 90 %. */
export function latencyRatio(study: Study, baselines: readonly string[]): Reading[] {
  return study.cells.flatMap((cell) => {
    const candidates = baselines.flatMap((system) => {
      const value = ratioOf(study, { cell, system }, { cell, system: SUBJECT }, 'e2eMeanMs');
      return value === undefined ? [] : [{ cell, value, barred: saturated(study, cell, [SUBJECT, system]) }];
    });
    const counted = candidates.filter(({ barred }) => barred === '');
    return (counted.length > 0 ? counted : candidates).sort((a, b) => b.value.estimate - a.value.estimate).slice(0, 1);
  });
}

/** Mean critical-path transfer time of peers with one source ÷ with `sources`, all else equal. */
export function fetchSpeedup(study: Study, sources: number): Reading[] {
  const key = 'fetch.sources';
  return study.cells.filter((cell) => cell[key] === sources).flatMap((cell) => {
    const one = study.cells.find((other) => other[key] === 1 && study.variables.every((v) => v.key === key || other[v.key] === cell[v.key]));
    const value = one === undefined ? undefined : ratioOf(study, { cell: one, system: SUBJECT }, { cell, system: SUBJECT }, 'transferMs');
    if (value === undefined) return [];
    const limited = Object.keys(findRow(study, cell, SUBJECT)?.flags ?? {}).find((flag) => flag.startsWith(`${key} `) && flag.includes('limited'));
    return [{ cell, value, barred: limited ?? '' }];
  });
}

/** Hit rate of peers over the chunks asked for most, where not all of the corpus fits. */
export function hotHitRate(study: Study): Reading[] {
  return study.cells.flatMap((cell) => {
    const rates = [...bySeed(study, cell, SUBJECT, 'hitRateHot').values()];
    if (rates.length === 0) return [];
    const held = metricOf(findRow(study, cell, SUBJECT), 'corpusHeld')?.mean;
    const barred = held === undefined ? 'it is not known how much of the corpus fits' : held >= 1 ? 'the whole corpus fits' : '';
    return [{ cell, value: studentInterval(rates), barred }];
  });
}

/** Whether requests come clearly faster than they are completed, so that throughput is that of saturation. */
function isOverloaded(study: Study, cell: Cell): boolean {
  const rate = (Object.hasOwn(cell, 'workload.rate') ? cell['workload.rate'] : configValue(study.config, 'workload.rate')) as CellValue | undefined;
  const offered = rate === undefined ? undefined : parseSweptQuantity(rate);
  const completed = metricOf(findRow(study, cell, SUBJECT), 'throughputRps')?.mean;
  return offered !== undefined && completed !== undefined && completed < 0.9 * offered.value * offered.perUnit;
}

/** Throughput of `nodes` nodes ÷ (nodes × that of one), where both are offered more than they complete. */
export function scaling(study: Study, nodes: number): Reading[] {
  const key = 'cluster.nodes';
  return study.cells.filter((cell) => cell[key] === nodes).flatMap((cell) => {
    const one = study.cells.find((other) => other[key] === 1 && study.variables.every((v) => v.key === key || other[v.key] === cell[v.key]));
    const ratio = one === undefined ? undefined : ratioOf(study, { cell, system: SUBJECT }, { cell: one, system: SUBJECT }, 'throughputRps');
    if (one === undefined || ratio === undefined) return [];
    const value: Interval = { ...ratio, estimate: ratio.estimate / nodes, low: ratio.low / nodes, high: ratio.high / nodes };
    return [{ cell, value, barred: [cell, one].every((each) => isOverloaded(study, each)) ? '' : 'one of the two completes nearly all that it is offered' }];
  });
}

interface Place {
  readonly cell: Cell;
  readonly system: string;
}

/** mean(top) ÷ mean(bottom), paired on their seeds. */
function ratioOf(study: Study, top: Place, bottom: Place, metric: string): Interval | undefined {
  const { ratio, difference } = pairedComparison(bySeed(study, top.cell, top.system, metric), bySeed(study, bottom.cell, bottom.system, metric));
  return difference.n === 0 || !Number.isFinite(ratio.estimate) ? undefined : ratio;
}

/** '' where the busiest resource of each of the systems is at most 90 % busy, else which is busier. */
function saturated(study: Study, cell: Cell, systems: readonly string[]): string {
  const busy = systems.flatMap((system) => {
    const share = metricOf(findRow(study, cell, system), 'busiestUtilisation')?.mean ?? 0;
    return share > BUSIEST ? [`${study.systems.find(({ name }) => name === system)?.label ?? system} ${formatMeasure(share, 'fraction')}`] : [];
  });
  return busy.length === 0 ? '' : `${findMetric('busiestUtilisation')!.label.toLowerCase()} above ${100 * BUSIEST} %: ${busy.join(', ')}`;
}

/** Whether a reading is of this cell. */
export function isAt(study: Study, reading: Reading, cell: Cell): boolean {
  return sameCell(study, reading.cell, cell);
}
