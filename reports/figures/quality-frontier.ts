import { metricOf, requireMetric } from '../study/metric.ts';
import { capital, displayUnit, formatMeasure, formatRange, roundSignificant } from '../study/number-format.ts';
import { type Study, describeCell, findRow, heldSettings, slice } from '../study/study.ts';
import { type SweptVariable, settingTitle, valueText } from '../study/swept-variable.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalNote, metricSlug } from './figure-text.ts';
import type { LegendItem } from './legend.ts';
import type { ChartSpec } from './render.ts';
import { type AxisScale, axisChannel, endsOnScale, linearScale, measureScale } from './scales.ts';
import { type SystemStyle, styleSystems } from './system-style.ts';
import { LIGHT, SYSTEM_SHAPES } from './theme.ts';

interface Row extends Readonly<Record<string, unknown>> {
  /** What gives the dot its colour: a value of the first variable, or a system that reuses nothing. */
  readonly system: string;
  readonly shape: string;
  readonly cell: string;
  readonly x: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly y: number;
  readonly best: boolean;
}

/** The system without reuse stands beside the settings, which it does not read. */
const REFERENCE = 'no-reuse';

/**
 * What an answer costs in latency and what it is worth: mean TTFT against a quality measured on real text. Colour is a value of the first
 * variable, shape one of the second; ringed dots are on the frontier.
 */
export function qualityFrontier(study: Study, first: SweptVariable, second: SweptVariable | undefined, qualityName: string): FigureDraft | Omission {
  const [ttft, quality] = [requireMetric('ttftMeanMs'), requireMetric(qualityName)];
  const name = `quality-${metricSlug(qualityName)}`;
  const headline = `${quality.label} against mean TTFT`;
  const free = second === undefined ? [first] : [first, second];
  const seen = new Set<string>();
  const found = slice(study, free).flatMap((cell) => study.systems.flatMap((system) => {
    const row = findRow(study, cell, system.name);
    const [x, y] = [metricOf(row, ttft.name), metricOf(row, quality.name)];
    const isReference = system.name === REFERENCE;
    if (x === undefined || y === undefined || (isReference && seen.has(REFERENCE))) return [];
    seen.add(system.name);
    return [{ cell, system, x, y, isReference }];
  }));
  if (found.length === 0) return { name, headline, reason: `no trial reports ${quality.label}: the config names no quality table, or one without it` };
  const several = study.systems.filter(({ name: each }) => each !== REFERENCE && seen.has(each)).length > 1;
  const colourOf = ({ cell, system, isReference }: (typeof found)[number]): string =>
    isReference ? system.label : several ? `${system.label}, ${settingTitle(first, cell[first.key])}` : settingTitle(first, cell[first.key]);
  const styles = styleSystems([...new Set(found.map(colourOf))].map((label) => ({ name: label === study.systems.find((s) => s.name === REFERENCE)?.label ? REFERENCE : label, label })));
  const shapes = second?.values.map((value, i) => ({ text: settingTitle(second, value.raw), shape: SYSTEM_SHAPES[i % SYSTEM_SHAPES.length] })) ?? [];
  const unit = displayUnit(ttft.unit, Math.max(...found.map((f) => f.x.mean)));
  const scaled = (value: number): number | null => (Number.isFinite(value) ? roundSignificant(value * unit.factor) : null);
  const sign = quality.better === 'higher' ? 1 : -1;
  const rows = found.map((f): Row => ({
    system: colourOf(f),
    shape: f.isReference || second === undefined ? '' : settingTitle(second, f.cell[second.key]),
    cell: f.isReference ? f.system.label : describeCell(study, f.cell),
    x: scaled(f.x.mean)!, low: scaled(f.x.low), high: scaled(f.x.high),
    y: roundSignificant(100 * f.y.mean),
    best: !found.some((o) => o.x.mean <= f.x.mean && sign * (o.y.mean - f.y.mean) >= 0 && (o.x.mean < f.x.mean || o.y.mean !== f.y.mean)),
  }));
  const axes = {
    x: measureScale(rows.map((r) => r.x)), y: shareScale(rows.map((r) => r.y)),
    xTitle: `${ttft.label} (${unit.unit})`, yTitle: `${quality.label} (%)`,
  };
  const held = heldSettings(study, free);
  return {
    name, kind: 'quality-frontier', headline, rows, filterField: 'system',
    legend: legendItems(styles, shapes),
    conditions: ['Quality was measured on real text, not simulated.', held === '' ? '' : `At ${held}.`, 'Rings: no other dot is better in both.'].filter((s) => s !== '').join(' '),
    interval: intervalNote(study, rows.some((r) => r.low !== null)),
    description: `${headline}. On the frontier: ${rows.filter((r) => r.best).map((r) => r.cell).join('; ')}.`,
    view: (plotWidthPx) => view(styles, shapes, rows, axes, plotWidthPx),
    tips: found.map((f, i) => [rows[i].system, rows[i].cell, `${ttft.label}: ${formatMeasure(f.x.mean, ttft.unit)}`, `${quality.label}: ${formatMeasure(f.y.mean, quality.unit)}`]),
    table: {
      head: [...free.map((v) => capital(v.label)), 'System', ttft.label, '95 % interval', quality.label, 'On the frontier'],
      rows: found.map((f, i) => [
        ...free.map((v) => (f.isReference ? 'any' : valueText(v, f.cell[v.key]))), f.system.label,
        formatMeasure(f.x.mean, ttft.unit), formatRange(f.x.low, f.x.high, ttft.unit), formatMeasure(f.y.mean, quality.unit), rows[i].best ? 'yes' : 'no',
      ]),
    },
  };
}

/** Percentages: from round ticks below the least to those above the greatest, and not beyond 100 where none is. */
function shareScale(values: readonly number[]): AxisScale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return linearScale(low === high ? low - 1 : low, high <= 100 ? 100 : high);
}

interface ShapeOf {
  readonly text: string;
  readonly shape: string;
}

function legendItems(styles: readonly SystemStyle[], shapes: readonly ShapeOf[]): LegendItem[] {
  return [
    ...styles.map((s) => ({ label: s.label, colour: s.light, shape: 'circle' })),
    ...shapes.map(({ text, shape }) => ({ label: text, colour: LIGHT.muted, shape })),
  ];
}

function view(styles: readonly SystemStyle[], shapes: readonly ShapeOf[], rows: readonly Row[], axes: { x: AxisScale; y: AxisScale; xTitle: string; yTitle: string }, plotWidthPx: number): ChartSpec {
  const color = { field: 'system', type: 'nominal', scale: { domain: styles.map((s) => s.label), range: styles.map((s) => s.light) }, legend: null };
  const shape = { field: 'shape', type: 'nominal', scale: { domain: ['', ...shapes.map((s) => s.text)], range: ['circle', ...shapes.map((s) => s.shape)] }, legend: null };
  const x = { type: 'quantitative', ...axisChannel(axes.x, axes.xTitle) };
  const at = { x: { field: 'x', ...x }, y: { field: 'y', type: 'quantitative', ...axisChannel(axes.y, axes.yTitle) } };
  const number = { type: 'quantitative', format: ',.4~r' };
  return {
    width: plotWidthPx,
    height: 230,
    layer: [
      ...(rows.some((r) => r.low !== null)
        ? [{
            transform: [{ filter: 'datum.low != null && datum.high != null' }, ...endsOnScale(axes.x, 'low', 'high')],
            mark: { type: 'rule', strokeWidth: 1.5, clip: true, aria: false }, encoding: { y: at.y, x: { field: 'low', ...x }, x2: { field: 'high' }, color },
          }]
        : []),
      { transform: [{ filter: 'datum.best' }], mark: { type: 'point', shape: 'circle', filled: false, size: 190, stroke: LIGHT.muted, strokeWidth: 1.5, opacity: 1 }, encoding: at },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1, stroke: LIGHT.page, strokeWidth: 1 },
        encoding: {
          ...at, color, shape,
          tooltip: [{ field: 'system', title: 'Setting', type: 'nominal' }, { field: 'cell', title: 'Cell', type: 'nominal' }, { field: 'x', title: axes.xTitle, ...number }, { field: 'y', title: axes.yTitle, ...number }],
        },
      },
    ],
  };
}
