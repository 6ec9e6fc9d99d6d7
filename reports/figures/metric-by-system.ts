import { metricOf, requireMetric } from '../study/metric.ts';
import { displayUnit, formatMeasure, formatRange, roundSignificant } from '../study/number-format.ts';
import { type Study, findRow, heldSettings } from '../study/study.ts';
import { systemChannels } from './channels.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalNote, intervalTip, metricSlug } from './figure-text.ts';
import { type AxisScale, axisChannel, endsOnScale, measureScale } from './scales.ts';
import type { ChartSpec } from './render.ts';
import { LIGHT, TEXT_PX } from './theme.ts';

/** One metric at the reference cell, a row per system: bars from zero, or dots where the values span decades. */
export function metricBySystem(study: Study, metricName: string): FigureDraft | Omission {
  const metric = requireMetric(metricName);
  const name = `${metricSlug(metric.name)}-by-system`;
  const headline = `${metric.label} by system`;
  const found = study.systems.flatMap((system) => {
    const estimate = metricOf(findRow(study, study.reference, system.name), metric.name);
    return estimate === undefined ? [] : [{ system, estimate }];
  });
  if (found.length === 0) return { name, headline, reason: `no trial reports ${metric.label}` };
  const unit = displayUnit(metric.unit, Math.max(...found.map(({ estimate }) => Math.abs(estimate.mean))));
  const scaled = (value: number): number | null => (Number.isFinite(value) ? roundSignificant(value * unit.factor) : null);
  const rows = found.map(({ system, estimate }) => ({
    system: system.label, value: scaled(estimate.mean)!, low: scaled(estimate.low), high: scaled(estimate.high), text: formatMeasure(estimate.mean, metric.unit),
  }));
  const scale = measureScale(rows.flatMap((r) => [r.value, r.high ?? r.value]), metric.unit === 'fraction' ? 100 : Infinity);
  const held = heldSettings(study, []);
  return {
    name, kind: 'metric', headline, rows, legend: [],
    conditions: held === '' ? '' : `At ${held}.`,
    interval: intervalNote(study, rows.some((r) => r.low !== null)),
    description: `${metric.label} of each system: ${rows.map((r) => `${r.system} ${r.text}`).join('; ')}.`,
    view: (plotWidthPx) => view(study, rows, scale, unit.unit === '' ? metric.label : `${metric.label} (${unit.unit})`, plotWidthPx),
    tips: found.map(({ system, estimate }) => [system.label, `${metric.label}: ${formatMeasure(estimate.mean, metric.unit)}`, ...intervalTip(estimate.low, estimate.high, metric.unit)]),
    filterField: 'system',
    table: {
      head: ['System', metric.label, '95 % interval', 'Seeds'],
      rows: found.map(({ system, estimate }) => [system.label, formatMeasure(estimate.mean, metric.unit), formatRange(estimate.low, estimate.high, metric.unit), String(estimate.n)]),
    },
  };
}

interface Row {
  readonly system: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Room at the right of the axis for the printed values. */
const VALUE_PX = 70;

function view(study: Study, rows: readonly Row[], scale: AxisScale, xTitle: string, plotWidthPx: number): ChartSpec {
  const { color, shape } = systemChannels(study.systems.filter((s) => rows.some((r) => r.system === s.label)));
  const x = { type: 'quantitative', ...axisChannel(scale, xTitle, { axis: { grid: true } }) };
  const width = Math.max(40, plotWidthPx - VALUE_PX);
  const bounded = { transform: [{ filter: 'datum.low != null && datum.high != null' }, ...endsOnScale(scale, 'low', 'high')] };
  return {
    width,
    height: { step: 34 },
    encoding: { y: { field: 'system', type: 'nominal', sort: rows.map((r) => r.system), title: null, axis: { labelColor: LIGHT.text, grid: false, labelLimit: 150 } } },
    layer: [
      scale.log
        ? { mark: { type: 'point', filled: true, size: 90, opacity: 1 }, encoding: { x: { field: 'value', ...x }, color, shape, tooltip: tooltips(xTitle) } }
        : { mark: { type: 'bar', height: 20 }, encoding: { x: { field: 'value', ...x }, color, tooltip: tooltips(xTitle) } },
      { ...bounded, mark: { type: 'rule', strokeWidth: 1.5, color: LIGHT.text, clip: true, aria: false }, encoding: { x: { field: 'low', ...x }, x2: { field: 'high' } } },
      ...['low', 'high'].map((end) => ({ ...bounded, mark: { type: 'tick', orient: 'vertical', size: 9, thickness: 1.5, opacity: 1, color: LIGHT.text, clip: true, aria: false }, encoding: { x: { field: end, ...x } } })),
      { mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: TEXT_PX, color: LIGHT.text }, encoding: { x: { value: width + 6 }, text: { field: 'text' } } },
    ],
  };
}

function tooltips(title: string): object[] {
  const number = { type: 'quantitative', format: ',.4~r' };
  return [{ field: 'system', title: 'System', type: 'nominal' }, { field: 'value', title, ...number }, { field: 'low', title: '95 % from', ...number }, { field: 'high', title: '95 % to', ...number }];
}
