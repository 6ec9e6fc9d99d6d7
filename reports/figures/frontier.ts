import { type Metric } from '../../experiments/results/metrics.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { displayUnit, formatMeasure, formatRange, roundSignificant } from '../study/number-format.ts';
import { type Study, describeCell, findRow, heldSettings, slice } from '../study/study.ts';
import type { SweptVariable } from '../study/swept-variable.ts';
import { systemChannels } from './channels.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalNote, metricSlug } from './figure-text.ts';
import { systemItem } from './legend.ts';
import { type AxisScale, axisChannel, endsOnScale, measureScale } from './scales.ts';
import type { ChartSpec } from './render.ts';
import type { SystemStyle } from './system-style.ts';
import { LIGHT } from './theme.ts';

interface Row extends Readonly<Record<string, unknown>> {
  readonly system: string;
  readonly cell: string;
  readonly order: number;
  readonly x: number;
  readonly xLow: number | null;
  readonly xHigh: number | null;
  readonly y: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly best: boolean;
}

/**
 * One metric against another, a dot per system and value of the swept variable. Ringed dots are on the frontier: no other
 * dot is at least as good in both metrics and better in one.
 */
export function frontier(study: Study, variable: SweptVariable, xName: string, yName: string): FigureDraft | Omission {
  const [xMetric, yMetric] = [requireMetric(xName), requireMetric(yName)];
  const name = `frontier-${metricSlug(yMetric.name)}-${metricSlug(xMetric.name)}`;
  const headline = `${yMetric.label} against ${xMetric.label.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())}`;
  const found = slice(study, [variable]).flatMap((cell, order) => study.systems.flatMap((system) => {
    const row = findRow(study, cell, system.name);
    const [x, y] = [metricOf(row, xMetric.name), metricOf(row, yMetric.name)];
    return x === undefined || y === undefined ? [] : [{ cell, order, system, x, y }];
  }));
  if (found.length === 0) return { name, headline, reason: `no trial reports both ${xMetric.label} and ${yMetric.label}` };

  const xUnit = displayUnit(xMetric.unit, Math.max(...found.map((f) => f.x.mean)));
  const yUnit = displayUnit(yMetric.unit, Math.max(...found.map((f) => f.y.mean)));
  const scaled = (value: number, factor: number): number | null => (Number.isFinite(value) ? roundSignificant(value * factor) : null);
  const rows = found.map(({ cell, order, system, x, y }): Row => ({
    system: system.label, cell: describeCell(study, cell), order,
    x: scaled(x.mean, xUnit.factor)!, xLow: scaled(x.low, xUnit.factor), xHigh: scaled(x.high, xUnit.factor),
    y: scaled(y.mean, yUnit.factor)!, low: scaled(y.low, yUnit.factor), high: scaled(y.high, yUnit.factor),
    best: !found.some((other) => dominates(other.x.mean, other.y.mean, x.mean, y.mean, xMetric, yMetric)),
  }));
  const systems = study.systems.filter((s) => found.some((f) => f.system === s));
  const held = heldSettings(study, [variable]);
  const titled = (metric: Metric, unit: string): string => (unit === '' ? metric.label : `${metric.label} (${unit})`);
  const axes = { x: measureScale(rows.map((r) => r.x)), y: measureScale(rows.map((r) => r.y)), xTitle: titled(xMetric, xUnit.unit), yTitle: titled(yMetric, yUnit.unit) };
  return {
    name, kind: 'frontier', headline, rows,
    legend: systems.map(systemItem), filterField: 'system',
    conditions: [`Each dot is a value of ${variable.label}, joined in order.`, held === '' ? '' : `At ${held}.`, 'Rings: no other dot is better in both.'].filter((s) => s !== '').join(' '),
    interval: intervalNote(study, rows.some((r) => r.low !== null)),
    description: `${headline}. On the frontier: ${rows.filter((r) => r.best).map((r) => `${r.system} at ${r.cell}`).join('; ')}.`,
    view: (plotWidthPx) => view(systems, rows, axes, plotWidthPx),
    tips: found.map((f, i) => [f.system.label, rows[i].cell, `${xMetric.label}: ${formatMeasure(f.x.mean, xMetric.unit)}`, `${yMetric.label}: ${formatMeasure(f.y.mean, yMetric.unit)}`]),
    table: {
      head: ['System', 'Setting', xMetric.label, '95 % interval', yMetric.label, '95 % interval', 'On the frontier'],
      rows: found.map((f, i) => [
        f.system.label, rows[i].cell, formatMeasure(f.x.mean, xMetric.unit), formatRange(f.x.low, f.x.high, xMetric.unit),
        formatMeasure(f.y.mean, yMetric.unit), formatRange(f.y.low, f.y.high, yMetric.unit), rows[i].best ? 'yes' : 'no',
      ]),
    },
  };
}

/** Whether (x1, y1) is at least as good as (x2, y2) in both metrics and better in one. A metric without a better way is read as lower. */
function dominates(x1: number, y1: number, x2: number, y2: number, xMetric: Metric, yMetric: Metric): boolean {
  const gain = (a: number, b: number, metric: Metric): number => (metric.better === 'higher' ? a - b : b - a);
  const [gx, gy] = [gain(x1, x2, xMetric), gain(y1, y2, yMetric)];
  return gx >= 0 && gy >= 0 && (gx > 0 || gy > 0);
}

function view(
  systems: readonly SystemStyle[],
  rows: readonly Row[],
  axes: { x: AxisScale; y: AxisScale; xTitle: string; yTitle: string },
  plotWidthPx: number,
): ChartSpec {
  const { color, shape, strokeDash } = systemChannels(systems);
  const x = { type: 'quantitative', ...axisChannel(axes.x, axes.xTitle) };
  const y = { type: 'quantitative', ...axisChannel(axes.y, axes.yTitle) };
  const bounded = { transform: [{ filter: 'datum.low != null && datum.xLow != null' }, ...endsOnScale(axes.y, 'low', 'high'), ...endsOnScale(axes.x, 'xLow', 'xHigh')] };
  const at = { x: { field: 'x', ...x }, y: { field: 'y', ...y } };
  const number = { type: 'quantitative', format: ',.4~r' };
  return {
    width: plotWidthPx,
    height: 230,
    layer: [
      { mark: { type: 'line', strokeWidth: 1.5, opacity: 0.6 }, encoding: { ...at, color, strokeDash, order: { field: 'order', type: 'quantitative' } } },
      ...(rows.some((r) => r.low !== null) ? [
        { ...bounded, mark: { type: 'rule', strokeWidth: 1.5, clip: true, aria: false }, encoding: { x: at.x, y: { field: 'low', ...y }, y2: { field: 'high' }, color } },
        { ...bounded, mark: { type: 'rule', strokeWidth: 1.5, clip: true, aria: false }, encoding: { y: at.y, x: { field: 'xLow', ...x }, x2: { field: 'xHigh' }, color } },
      ] : []),
      { transform: [{ filter: 'datum.best' }], mark: { type: 'point', shape: 'circle', filled: false, size: 190, stroke: LIGHT.muted, strokeWidth: 1.5, opacity: 1 }, encoding: at },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1, stroke: LIGHT.page, strokeWidth: 1 },
        encoding: {
          ...at, color, shape,
          tooltip: [{ field: 'system', title: 'System', type: 'nominal' }, { field: 'cell', title: 'Setting', type: 'nominal' }, { field: 'x', title: axes.xTitle, ...number }, { field: 'y', title: axes.yTitle, ...number }],
        },
      },
    ],
  };
}
