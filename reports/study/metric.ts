import type { MeanInterval } from '../../experiments/results/mean-interval.ts';
import { type Metric, findMetric } from '../../experiments/results/metrics.ts';
import type { SummaryRow } from '../../experiments/results/summary.ts';

/** The metric of this name. @throws RangeError if the registry has none. */
export function requireMetric(name: string): Metric {
  const metric = findMetric(name);
  if (metric === undefined) throw new RangeError(`metric '${name}' is not in the registry of metrics`);
  return metric;
}

/** Mean and interval of one metric; undefined where the row does not report it. */
export function metricOf(row: SummaryRow | undefined, name: string): MeanInterval | undefined {
  return row !== undefined && Object.hasOwn(row.metrics, name) ? row.metrics[name] : undefined;
}

/** Mean of one metric, or `missing` where the row does not report it. */
export function meanOf(row: SummaryRow, name: string, missing = 0): number {
  return metricOf(row, name)?.mean ?? missing;
}
