/** What a config asks to be shown beside results: published values, and laws that results should follow. */
import type { PublishedSeries, ReferenceCurve } from '../../experiments/results/manifest.ts';
import type { Metric } from '../../experiments/results/metrics.ts';
import type { Cell, CellValue } from '../../experiments/results/trial-result.ts';
import { formatMeasure, roundSignificant } from '../study/number-format.ts';
import { printable } from '../study/printable.ts';
import { type Study, configValue } from '../study/study.ts';
import { type SweptVariable, settingTitle, valueText } from '../study/swept-variable.ts';
import type { LegendItem } from './legend.ts';
import { LIGHT } from './theme.ts';
import type { VariableRow } from './variable-chart.ts';

/** Steps of a law between two neighbouring swept values. */
const LAW_STEPS = 8;

/** One published value and the cell it belongs to. */
export interface PublishedValue {
  readonly series: PublishedSeries;
  readonly cell: Cell;
  readonly value: number;
}

/** Published values of a metric that belong to a cell of this study. */
export function publishedValues(study: Study, metric: string): PublishedValue[] {
  return (study.manifest.published ?? []).filter((series) => series.metric === metric).flatMap((series) =>
    series.values.flatMap((value, i): PublishedValue[] => {
      const stated: [string, CellValue][] = [...Object.entries(series.where), ...(series.over === '' ? [] : [[series.over, series.at[i]] satisfies [string, CellValue]])];
      const cell = cellOf(study, Object.fromEntries(stated));
      return cell === undefined ? [] : [{ series, cell, value }];
    }),
  );
}

/** The cell that agrees with the stated values, the reference's elsewhere; undefined where the study has none. */
function cellOf(study: Study, stated: Readonly<Record<string, CellValue>>): Cell | undefined {
  const unswept = Object.entries(stated).filter(([key]) => !study.variables.some((v) => v.key === key));
  if (unswept.some(([key, value]) => configValue(study.config, key) !== value)) return undefined;
  return study.cells.find((cell) => study.variables.every((v) => cell[v.key] === (Object.hasOwn(stated, v.key) ? stated[v.key] : study.reference[v.key])));
}

/** Rows of a chart of `metric` against `x`, and their tooltips. `factor` brings the metric's unit to the one shown. */
export function besideRows(study: Study, metric: Metric, x: SweptVariable, panels: SweptVariable | undefined, shownPanels: readonly CellValue[], factor: number): { row: VariableRow; tip: string[] }[] {
  const panelOf = (raw: CellValue): string => (panels === undefined ? '' : settingTitle(panels, raw));
  const held = study.variables.filter((v) => v !== x && v !== panels);
  const published = publishedValues(study, metric.name)
    .filter(({ cell }) => held.every((v) => cell[v.key] === study.reference[v.key]) && (panels === undefined || shownPanels.includes(cell[panels.key])))
    .flatMap(({ series, cell, value }) => {
      const system = study.systems.find((s) => s.name === series.system);
      const at = x.values.find((v) => v.raw === cell[x.key]);
      if (system === undefined || at === undefined) return [];
      const row: VariableRow = {
        system: system.label, x: (x.numeric ? at.number : undefined) ?? at.text, panel: panels === undefined ? '' : panelOf(cell[panels.key]),
        value: roundSignificant(value * factor), low: null, high: null, beside: 'published',
      };
      return [{ row, tip: [`${system.label}, published`, settingTitle(x, cell[x.key]), `${metric.label}: ${formatMeasure(value, metric.unit)}`, ...(series.note === '' ? [] : [printable(series.note)])] }];
    });
  const laws = (study.manifest.curves ?? []).filter((curve) => curve.metric === metric.name && curve.over === x.key && x.numeric).flatMap((curve) =>
    (panels === undefined ? [''] : shownPanels.map(panelOf)).flatMap((panel) => lawPoints(curve, x).map(({ at, value }) => {
      const row: VariableRow = { system: printable(curve.label), x: at, panel, value: roundSignificant(value * factor), low: null, high: null, beside: 'curve' };
      return { row, tip: [printable(curve.label), `${x.label} ${valueText(x, at)}`, `${metric.label}: ${formatMeasure(value, metric.unit)}`] };
    })),
  );
  return [...published, ...laws];
}

/** Points of offset + factor · log_base(x), evenly spaced by logarithm between the smallest and the largest swept value. */
function lawPoints(curve: ReferenceCurve, x: SweptVariable): { at: number; value: number }[] {
  const numbers = x.values.flatMap((v) => (v.number !== undefined && v.number > 0 ? [v.number] : []));
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const steps = Math.max(1, LAW_STEPS * (numbers.length - 1));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const at = roundSignificant(low * Math.exp((Math.log(high / low) * i) / steps));
    return { at, value: curve.offset + (curve.factor * Math.log(at)) / Math.log(curve.base) };
  });
}

/** Entries of the legend for what is drawn beside results. */
export function besideItems(rows: readonly VariableRow[]): LegendItem[] {
  const laws = [...new Set(rows.filter((r) => r.beside === 'curve').map((r) => r.system))];
  return [
    ...(rows.some((r) => r.beside === 'published') ? [{ label: 'published', colour: LIGHT.muted, shape: 'hollow' }] : []),
    ...laws.map((label) => ({ label, colour: LIGHT.axis, shape: 'line' })),
  ];
}
