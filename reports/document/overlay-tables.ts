import { publishedValues } from '../figures/beside.ts';
import { fitLogarithm } from '../statistics/logarithmic-fit.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { formatEstimate, formatMeasure, formatNumber } from '../study/number-format.ts';
import { printable } from '../study/printable.ts';
import { type Study, describeCell, findRow, heldSettings, slice } from '../study/study.ts';
import type { Table, TableCell } from './table.ts';

/** Ours beside the published values that the config states; undefined where it states none that belong to a cell. */
export function publishedTable(study: Study): Table | undefined {
  const metrics = [...new Set((study.manifest.published ?? []).map(({ metric }) => metric))];
  const found = metrics.flatMap((name) => publishedValues(study, name).map((value) => ({ metric: requireMetric(name), ...value })));
  if (found.length === 0) return undefined;
  const rows = found.map(({ metric, series, cell, value }): TableCell[] => {
    const system = study.systems.find((s) => s.name === series.system);
    const ours = metricOf(findRow(study, cell, series.system), metric.name);
    const difference = ours === undefined ? undefined : ours.mean - value;
    return [
      { text: metric.label },
      { text: system?.label ?? series.system },
      { text: describeCell(study, cell) },
      ours === undefined ? { text: '–' } : { text: formatEstimate(ours.mean, ours.low, ours.high, metric.unit), sort: ours.mean },
      { text: formatMeasure(value, metric.unit), sort: value },
      difference === undefined ? { text: '–' } : { text: signed(difference, metric.unit), sort: difference },
      difference === undefined || value === 0 ? { text: '–' } : { text: signed(difference / value, 'fraction', 2), sort: difference / value },
      { text: printable(series.note) },
    ];
  });
  const sources = [...new Set(found.map(({ series }) => printable(series.source)).filter((source) => source !== ''))];
  return {
    caption: 'Ours beside published values: mean over seeds, 95 % interval in brackets',
    head: [
      { text: 'Metric', numeric: false }, { text: 'System', numeric: false }, { text: 'Setting', numeric: false }, { text: 'Ours', numeric: true },
      { text: 'Published', numeric: true }, { text: 'Difference', numeric: true }, { text: 'Relative', numeric: true }, { text: 'Definition', numeric: false },
    ],
    rows,
    note: sources.length === 0 ? '' : `Published in: ${sources.join('; ')}.`,
  };
}

function signed(value: number, unit: string, digits = 3): string {
  return `${value > 0 ? '+' : ''}${formatMeasure(value, unit, digits)}`;
}

/** Metrics whose growth with the number of nodes is fitted. */
const GROWING = ['hopsMean', 'lookupMeanMs', 'messagesPerLookup', 'lookupBytes'] as const;

/** Least-squares fits of metrics against the logarithm of the nodes; undefined where fewer than three sizes were run. */
export function growthTable(study: Study): Table | undefined {
  const nodes = study.variables.find((v) => v.key === 'nodes');
  if (study.kind !== 'overlay' || nodes === undefined || nodes.values.length < 3) return undefined;
  const rows = GROWING.map(requireMetric).flatMap((metric) => study.systems.flatMap((system) => {
    const points = slice(study, [nodes]).flatMap((cell) => {
      const value = metricOf(findRow(study, cell, system.name), metric.name);
      const at = nodes.values.find((v) => v.raw === cell['nodes'])?.number;
      return value === undefined || at === undefined || at < 1 ? [] : [{ x: at, y: value.mean }];
    });
    const fit = fitLogarithm(points);
    if (fit === undefined) return [];
    return [[
      { text: metric.label }, { text: system.label }, { text: formatMeasure(fit.perDoubling, metric.unit), sort: fit.perDoubling },
      { text: formatMeasure(fit.atOne, metric.unit), sort: fit.atOne }, { text: formatNumber(fit.rSquared, 4), sort: fit.rSquared }, { text: formatMeasure(fit.largestResidual, metric.unit), sort: fit.largestResidual },
    ]];
  }));
  if (rows.length === 0) return undefined;
  const held = heldSettings(study, [nodes]);
  return {
    caption: `Growth with the number of nodes N: least-squares fit of a + b · log₂ N${held === '' ? '' : `, at ${held}`}`,
    head: [
      { text: 'Metric', numeric: false }, { text: 'System', numeric: false }, { text: 'b: per doubling of N', numeric: true }, { text: 'a: at N = 1', numeric: true },
      { text: 'r²', numeric: true }, { text: 'Largest residual', numeric: true },
    ],
    rows,
    note: '',
  };
}
