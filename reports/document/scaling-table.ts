import { metricOf } from '../study/metric.ts';
import { formatMeasure, formatNumber } from '../study/number-format.ts';
import { printable } from '../study/printable.ts';
import { type Study, bySeed, findRow, heldSettings, slice } from '../study/study.ts';
import { pairedComparison } from '../statistics/paired-difference.ts';
import { fitLine } from '../statistics/line-fit.ts';
import type { Table, TableCell } from './table.ts';

/** Throughput against the number of nodes: efficiency against as many times the smallest cluster, and a line through the points. */
export function scalingTable(study: Study): Table | undefined {
  const nodes = study.variables.find((v) => v.key === 'cluster.nodes');
  if (nodes === undefined || nodes.values.length < 3) return undefined;
  const cells = slice(study, [nodes]);
  const count = (cell: (typeof cells)[number]): number => nodes.values.find((v) => v.raw === cell[nodes.key])?.number ?? NaN;
  const rows = study.systems.flatMap((system): TableCell[][] => {
    const points = cells.flatMap((cell) => {
      const throughput = metricOf(findRow(study, cell, system.name), 'throughputRps');
      return throughput === undefined ? [] : [{ cell, x: count(cell), y: throughput.mean }];
    });
    const fit = fitLine(points);
    if (fit === undefined) return [];
    const [first] = points;
    return points.map(({ cell, x, y }, i) => {
      const { ratio } = pairedComparison(bySeed(study, cell, system.name, 'throughputRps'), bySeed(study, first.cell, system.name, 'throughputRps'));
      const scale = first.x / x;
      const range = Number.isFinite(ratio.low) && Number.isFinite(ratio.high) && i > 0 ? ` [${formatNumber(100 * ratio.low * scale, 3)}–${formatNumber(100 * ratio.high * scale, 3)}]` : '';
      const row = findRow(study, cell, system.name);
      const busiest = metricOf(row, 'busiestUtilisation');
      const label = row?.labels['busiestResource'];
      return [
        { text: system.label }, { text: String(x), sort: x }, { text: formatMeasure(y, 'requests/s'), sort: y },
        { text: `${formatNumber(100 * ratio.estimate * scale, 3)} %${range}`, sort: ratio.estimate * scale },
        { text: label === undefined || busiest === undefined ? '–' : `${printable(label)} (${formatMeasure(busiest.mean, 'fraction', 2)})` },
        i === 0 ? { text: `${formatNumber(fit.slope, 3)} /s a node`, sort: fit.slope } : { text: '' }, i === 0 ? { text: formatNumber(fit.rSquared, 4), sort: fit.rSquared } : { text: '' },
      ];
    });
  });
  if (rows.length === 0) return undefined;
  const held = heldSettings(study, [nodes]);
  return {
    caption: `Scaling of throughput with the nodes: efficiency against the smallest cluster times as many, 95 % interval, and a least-squares line${held === '' ? '' : `, at ${held}`}`,
    head: [
      { text: 'System', numeric: false }, { text: 'Nodes', numeric: true }, { text: 'Throughput', numeric: true }, { text: 'Efficiency', numeric: true },
      { text: 'Busiest resource', numeric: false }, { text: 'Slope of the line', numeric: true }, { text: 'r²', numeric: true },
    ],
    rows,
    note: '',
  };
}
