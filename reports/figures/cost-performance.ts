import type { MeanInterval } from '../../experiments/results/mean-interval.ts';
import type { Metric } from '../../experiments/results/metrics.ts';
import type { Cell } from '../../experiments/results/trial-result.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { displayUnit, formatMeasure, formatRange, roundSignificant } from '../study/number-format.ts';
import { type Study, describeCell, findRow } from '../study/study.ts';
import { systemChannels } from './channels.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalNote, intervalTip, metricSlug } from './figure-text.ts';
import { systemItem } from './legend.ts';
import { type AxisScale, axisChannel, measureScale } from './scales.ts';
import type { ChartSpec } from './render.ts';
import type { SystemStyle } from './system-style.ts';

interface Point {
  readonly cell: Cell;
  readonly system: SystemStyle;
  readonly x: MeanInterval;
  readonly y: MeanInterval;
  /** No other setting of the same system is at least as good in both and better in one. */
  readonly best: boolean;
}

/**
 * What a system costs against what it gives, over every setting of the study: a dot per setting, and a line through the settings of
 * each system that no other setting of it beats in both (J. Li, J. Stribling, R. Morris, M. F. Kaashoek, T. M. Gil, "A performance vs. cost
 * framework for evaluating DHT design tradeoffs under churn", INFOCOM 2005). Settings that no system of the study beats are in the table.
 */
export function costPerformance(study: Study, costName: string, performanceName: string): FigureDraft | Omission {
  const [cost, performance] = [requireMetric(costName), requireMetric(performanceName)];
  const name = `cost-${metricSlug(performance.name)}`;
  const headline = `${performance.label} against ${inSentence(cost.label)}`;
  const points = collect(study, cost, performance);
  if (points.length === 0) return { name, headline, reason: `no trial reports both ${cost.label} and ${performance.label}` };
  const units = [displayUnit(cost.unit, Math.max(...points.map((p) => p.x.mean))), displayUnit(performance.unit, Math.max(...points.map((p) => p.y.mean)))];
  // A share of 0 has no place on a logarithmic axis; it is drawn at the foot, at half of the smallest share that is there.
  const floor = Math.min(...points.flatMap((p) => (p.y.mean > 0 ? [p.y.mean] : []))) / 2;
  const hasZero = points.some((p) => p.y.mean === 0) && Number.isFinite(floor);
  const shownY = (value: number): number => roundSignificant((hasZero ? Math.max(floor, value) : value) * units[1].factor);
  const rows = points.map((p): Row => ({
    system: p.system.label, cell: describeCell(study, p.cell), x: roundSignificant(p.x.mean * units[0].factor), y: shownY(p.y.mean), best: p.best,
  }));
  const systems = study.systems.filter((s) => points.some((p) => p.system === s));
  const titled = (metric: Metric, unit: string): string => (unit === '' ? metric.label : `${metric.label} (${unit})`);
  const axes = {
    x: measureScale(rows.map((r) => r.x)), y: measureScale(rows.map((r) => r.y), performance.unit === 'fraction' ? 100 : Infinity),
    xTitle: titled(cost, units[0].unit), yTitle: titled(performance, units[1].unit),
  };
  const overall = new Set(points.filter((p) => !points.some((other) => beats(other, p, cost, performance))));
  return {
    name, kind: 'cost-performance', headline, rows,
    legend: systems.map(systemItem), filterField: 'system',
    conditions: [
      'A dot is a setting; a line joins the settings of a protocol that no other setting of it beats in both.',
      hasZero ? `Dots at the foot: ${formatMeasure(0, performance.unit)}.` : '',
    ].filter((s) => s !== '').join(' '),
    interval: intervalNote(study, false),
    description: `${headline}. Not beaten by any setting: ${[...overall].map((p) => `${p.system.label} at ${describeCell(study, p.cell)}`).slice(0, 8).join('; ')}.`,
    view: (plotWidthPx) => view(systems, axes, plotWidthPx),
    tips: points.map((p, i) => [
      p.system.label, rows[i].cell, `${cost.label}: ${formatMeasure(p.x.mean, cost.unit)}`, ...intervalTip(p.x.low, p.x.high, cost.unit),
      `${performance.label}: ${formatMeasure(p.y.mean, performance.unit)}`, ...intervalTip(p.y.low, p.y.high, performance.unit),
    ]),
    table: {
      head: ['System', 'Setting', cost.label, '95 % interval', performance.label, '95 % interval', 'Not beaten by'],
      rows: points.map((p, i) => [
        p.system.label, rows[i].cell, formatMeasure(p.x.mean, cost.unit), formatRange(p.x.low, p.x.high, cost.unit),
        formatMeasure(p.y.mean, performance.unit), formatRange(p.y.low, p.y.high, performance.unit), overall.has(p) ? 'any system' : p.best ? 'its own system' : '–',
      ]),
    },
  };
}

function collect(study: Study, cost: Metric, performance: Metric): Point[] {
  const points = study.systems.flatMap((system) => {
    const seen = new Set<string>();
    return study.cells.flatMap((cell) => {
      const row = findRow(study, cell, system.name);
      const [x, y] = [metricOf(row, cost.name), metricOf(row, performance.name)];
      if (x === undefined || y === undefined) return [];
      // A setting that the system does not read gives the same dot again.
      const place = `${x.mean} ${y.mean}`;
      if (seen.has(place)) return [];
      seen.add(place);
      return [{ cell, system, x, y, best: false }];
    });
  });
  return points.map((p) => ({ ...p, best: !points.some((other) => other.system === p.system && beats(other, p, cost, performance)) }));
}

/** At least as good in both, and better in one. */
function beats(a: Omit<Point, 'best'>, b: Omit<Point, 'best'>, cost: Metric, performance: Metric): boolean {
  const gain = (x: number, y: number, metric: Metric): number => (metric.better === 'higher' ? x - y : y - x);
  const [gx, gy] = [gain(a.x.mean, b.x.mean, cost), gain(a.y.mean, b.y.mean, performance)];
  return gx >= 0 && gy >= 0 && (gx > 0 || gy > 0);
}

interface Row extends Readonly<Record<string, unknown>> {
  readonly system: string;
  readonly cell: string;
  readonly x: number;
  readonly y: number;
  readonly best: boolean;
}

function view(systems: readonly SystemStyle[], axes: { x: AxisScale; y: AxisScale; xTitle: string; yTitle: string }, plotWidthPx: number): ChartSpec {
  const { color, shape, strokeDash } = systemChannels(systems);
  const at = { x: { field: 'x', type: 'quantitative', ...axisChannel(axes.x, axes.xTitle) }, y: { field: 'y', type: 'quantitative', ...axisChannel(axes.y, axes.yTitle) } };
  const number = { type: 'quantitative', format: ',.4~r' };
  const best = { transform: [{ filter: 'datum.best' }] };
  return {
    width: plotWidthPx,
    height: 250,
    layer: [
      { ...best, mark: { type: 'line', strokeWidth: 1.75, interpolate: 'step-after' }, encoding: { ...at, color, strokeDash, order: { field: 'x', type: 'quantitative' } } },
      {
        mark: { type: 'point', filled: true, size: 42, opacity: 0.75 },
        encoding: {
          ...at, color, shape,
          tooltip: [{ field: 'system', title: 'System', type: 'nominal' }, { field: 'cell', title: 'Setting', type: 'nominal' }, { field: 'x', title: axes.xTitle, ...number }, { field: 'y', title: axes.yTitle, ...number }],
        },
      },
    ],
  };
}

function inSentence(label: string): string {
  return label.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
}
