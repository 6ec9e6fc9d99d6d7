import type { Interval } from '../statistics/interval.ts';
import { requireMetric } from '../study/metric.ts';
import { formatNumber } from '../study/number-format.ts';

/** '34 % longer (95 % interval 30–38 %)', '3.4 times as high (3.2–3.6)'; the word fits the metric. */
export function change(ratio: Interval, metricName: string): string {
  const metric = requireMetric(metricName);
  const [more, less] = metric.unit === 'ms' ? ['longer', 'shorter'] : ['higher', 'lower'];
  const r = ratio.estimate;
  if (r >= 2) return `${formatNumber(r)} times as ${metric.unit === 'ms' ? 'long' : 'high'}${bounds(ratio.low, ratio.high, '')}`;
  const percent = (value: number): number => 100 * (value - 1);
  if (r >= 1) return `${formatNumber(percent(r), 2)} % ${more}${bounds(percent(ratio.low), percent(ratio.high), ' %')}`;
  return `${formatNumber(-percent(r), r < 0.1 ? 3 : 2)} % ${less}${bounds(-percent(ratio.high), -percent(ratio.low), ' %')}`;
}

function bounds(low: number, high: number, unit: string): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return ' (no interval)';
  // As many digits as it takes to tell the ends apart, up to four.
  const digits = [2, 3].find((d) => formatNumber(low, d) !== formatNumber(high, d)) ?? 4;
  return ` (95 % interval ${formatNumber(low, digits)}${low < 0 ? ' to ' : '–'}${formatNumber(high, digits)}${unit})`;
}
