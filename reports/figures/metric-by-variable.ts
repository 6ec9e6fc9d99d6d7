import type { Metric } from '../../experiments/results/metrics.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { capital, displayUnit, formatMeasure, formatNumber, formatRange, joinWords, roundSignificant } from '../study/number-format.ts';
import { type Study, findRow, heldSettings, slice } from '../study/study.ts';
import { type SweptVariable, settingTitle, valueText } from '../study/swept-variable.ts';
import { besideItems, besideRows } from './beside.ts';
import { evenly } from './evenly.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { axisTitleOf, intervalNote, intervalTip, metricSlug } from './figure-text.ts';
import { systemItem } from './legend.ts';
import { linearScale, measureScale } from './scales.ts';
import type { SystemStyle } from './system-style.ts';
import { type VariableRow, variableView } from './variable-chart.ts';

/** More panels than this do not fit a page; evenly spaced values are shown and the figure says so. */
const MOST_PANELS = 4;

/**
 * One metric against one swept variable, a line or a row of dots per system, with 95 % intervals across seeds; a second
 * variable gives one panel per value.
 */
export function metricByVariable(study: Study, metricName: string, x: SweptVariable, panels?: SweptVariable, mostPanels: number = MOST_PANELS): FigureDraft | Omission {
  const metric = requireMetric(metricName);
  const name = `${metricSlug(metric.name)}-by-${x.slug}${panels === undefined ? '' : `-and-${panels.slug}`}`;
  const headline = `${metric.label} by ${x.label}${panels === undefined ? '' : ` and ${panels.label}`}`;
  const free = panels === undefined ? [x] : [x, panels];
  const shown = panels === undefined ? [] : evenly(panels.values, mostPanels);
  const found = slice(study, free)
    .filter((cell) => panels === undefined || shown.some((v) => v.raw === cell[panels.key]))
    .flatMap((cell) => study.systems.flatMap((system) => {
      const estimate = metricOf(findRow(study, cell, system.name), metric.name);
      return estimate === undefined ? [] : [{ cell, system, estimate }];
    }));
  if (found.length === 0) return { name, headline, reason: `no trial reports ${metric.label}` };

  const unit = displayUnit(metric.unit, Math.max(...found.map(({ estimate }) => Math.abs(estimate.mean))));
  const scaled = (value: number): number | null => (Number.isFinite(value) ? roundSignificant(value * unit.factor) : null);
  const rows = found.map(({ cell, system, estimate }): VariableRow => {
    const value = x.values.find((v) => v.raw === cell[x.key]);
    return {
      system: system.label,
      x: (x.numeric ? value?.number : undefined) ?? valueText(x, cell[x.key]),
      panel: panels === undefined ? '' : settingTitle(panels, cell[panels.key]),
      value: scaled(estimate.mean)!, low: scaled(estimate.low), high: scaled(estimate.high),
    };
  });
  const systems = study.systems.filter((s) => found.some((f) => f.system === s));
  const besides = besideRows(study, metric, x, panels, shown.map(({ raw }) => raw), unit.factor);
  const drawn = [...rows, ...besides.map(({ row }) => row)];
  // A law of the logarithm is a straight line only on a linear axis.
  const hasLaw = besides.some(({ row }) => row.beside === 'curve');
  const scale = hasLaw ? linearScale(0, 1.03 * Math.max(...drawn.map((r) => r.value))) : scaleFor(drawn, metric.unit === 'fraction' ? 100 : Infinity);
  const chart = {
    variable: x, systems, rows: drawn, scale, columns: 1, panelHeightPx: panels === undefined ? 230 : 130,
    yTitle: axisTitleOf(metric.label, unit.unit, scale.log, panels === undefined ? 240 : 136),
    panels: panels === undefined ? [] : shown.map((v) => settingTitle(panels, v.raw)),
  };
  const held = heldSettings(study, free);
  return {
    name, kind: 'metric', headline, rows: chart.rows,
    view: (plotWidthPx) => variableView(chart, plotWidthPx),
    legend: [...systems.map(systemItem), ...besideItems(besides.map(({ row }) => row))],
    filterField: 'system',
    tips: [
      ...found.map(({ cell, system, estimate }) => [
        system.label, ...free.map((v) => settingTitle(v, cell[v.key])), `${metric.label}: ${formatMeasure(estimate.mean, metric.unit)}`, ...intervalTip(estimate.low, estimate.high, metric.unit),
      ]),
      ...besides.map(({ tip }) => tip),
    ],
    conditions: [
      held === '' ? '' : `At ${held}.`,
      panels !== undefined && shown.length < panels.values.length ? `${shown.length} of ${panels.values.length} values of ${panels.label} shown.` : '',
      coincidence(systems, rows, scale.log),
    ].filter((s) => s !== '').join(' '),
    interval: intervalNote(study, rows.some((r) => r.low !== null)),
    description: describe(metric, x, systems, rows, unit.unit),
    table: {
      head: [capital(x.label), ...(panels === undefined ? [] : [capital(panels.label)]), 'System', metric.label, '95 % interval', 'Seeds'],
      rows: found.map(({ cell, system, estimate }) => [
        valueText(x, cell[x.key]), ...(panels === undefined ? [] : [valueText(panels, cell[panels.key])]), system.label,
        formatMeasure(estimate.mean, metric.unit), formatRange(estimate.low, estimate.high, metric.unit), String(estimate.n),
      ]),
    },
  };
}

/** Fits values and whiskers, but no whisker may pull a positive metric below a quarter of its smallest value. */
function scaleFor(rows: readonly VariableRow[], ceiling: number): ReturnType<typeof measureScale> {
  const values = rows.map((r) => r.value);
  const ends = rows.flatMap((r) => [r.value, r.low, r.high]).filter((v) => v !== null);
  if (values.some((v) => v < 0)) return measureScale(ends);
  const floor = Math.min(...values) / 4;
  return measureScale(ends.map((v) => Math.min(Math.max(v, floor), Math.max(ceiling, ...values))), ceiling);
}

/** Says so where systems lie on top of each other, because only the last of them can be seen. */
function coincidence(systems: readonly SystemStyle[], rows: readonly VariableRow[], log: boolean): string {
  const span = Math.max(...rows.map((r) => Math.abs(r.value)));
  // What the eye cannot tell apart is a share of the axis: of its length on a linear one, of the value on a logarithmic one.
  const same = (a: number, b: number): boolean => Math.abs(a - b) <= 0.002 * (log ? Math.max(Math.abs(a), Math.abs(b)) : span);
  const lines = systems.map((s) => rows.filter((r) => r.system === s.label));
  const groups: SystemStyle[][] = [];
  const placed = new Set<number>();
  systems.forEach((_, i) => {
    if (placed.has(i)) return;
    const group = systems.filter((_, j) => j >= i && lines[j].length === lines[i].length && lines[j].every((r, k) => same(r.value, lines[i][k].value)));
    group.forEach((s) => placed.add(systems.indexOf(s)));
    if (group.length > 1) groups.push(group);
  });
  return groups.map((group) => `${joinWords(group.map((s) => s.label))} coincide.`).join(' ');
}

function describe(metric: Metric, x: SweptVariable, systems: readonly SystemStyle[], rows: readonly VariableRow[], unit: string): string {
  const parts = systems.map(({ label }) => {
    const values = rows.filter((r) => r.system === label).map((r) => r.value);
    const [low, high] = [formatNumber(Math.min(...values)), formatNumber(Math.max(...values))];
    return `${label} ${low === high ? low : `${low} to ${high}`}${unit === '' ? '' : ` ${unit}`}`;
  });
  return `${metric.label} against ${x.label}, one ${x.numeric ? 'line' : 'row of dots'} per system: ${parts.join('; ')}.`;
}
