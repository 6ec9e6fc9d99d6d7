import { metricOf, requireMetric } from '../study/metric.ts';
import { capital, formatMeasure, formatRange, roundSignificant } from '../study/number-format.ts';
import { type Study, findRow, heldSettings, slice } from '../study/study.ts';
import { type SweptVariable, settingTitle, valueText } from '../study/swept-variable.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalNote, intervalTip } from './figure-text.ts';
import { systemItem } from './legend.ts';
import { type VariableRow, variableView } from './variable-chart.ts';

const RESOURCES = ['gpuUtilisation', 'cpuUtilisation', 'linkUpUtilisationMax', 'linkDownUtilisationMax', 'diskUtilisationMax'] as const;
const SHORT = ['GPU', 'CPU', 'Uplink', 'Downlink', 'Disk'] as const;
const PERCENT_SCALE = { log: false, domain: [0, 100] as const, ticks: [0, 50, 100] };

/** How busy GPUs, CPUs, links and disks are: a panel per resource against the first swept variable, or a row of dots. */
export function utilisation(study: Study): FigureDraft | Omission {
  const name = 'utilisation';
  const headline = 'Utilisation of the resources';
  const swept = study.variables.at(0);
  const metrics = RESOURCES.map(requireMetric);
  const found = slice(study, swept === undefined ? [] : [swept]).flatMap((cell) => study.systems.flatMap((system) => metrics.flatMap((metric) => {
    const estimate = metricOf(findRow(study, cell, system.name), metric.name);
    return estimate === undefined ? [] : [{ cell, system, metric, estimate }];
  })));
  if (found.length === 0) return { name, headline, reason: 'no trial reports utilisation' };

  const drawn = metrics.filter((metric) => found.some((f) => f.metric === metric));
  // Without a sweep the resources themselves take the place of the swept variable.
  const variable: SweptVariable = swept ?? {
    key: 'resource', label: 'resource', slug: 'resource', unit: '', numeric: false, values: drawn.map((m) => ({ raw: m.name, text: SHORT[metrics.indexOf(m)] })),
  };
  const percent = (value: number): number | null => (Number.isFinite(value) ? Math.min(100, Math.max(0, roundSignificant(100 * value, 5))) : null);
  const rows = found.map(({ cell, system, metric, estimate }): VariableRow => {
    const raw = swept === undefined ? metric.name : cell[swept.key]!;
    const value = variable.values.find((v) => v.raw === raw);
    return {
      system: system.label, panel: swept === undefined ? '' : metric.label, x: (variable.numeric ? value?.number : undefined) ?? valueText(variable, raw),
      value: percent(estimate.mean)!, low: percent(estimate.low), high: percent(estimate.high),
    };
  });
  const systems = study.systems.filter((s) => found.some((f) => f.system === s));
  const held = heldSettings(study, swept === undefined ? [] : [swept]);
  const chart = {
    variable, systems, rows, scale: swept === undefined ? { ...PERCENT_SCALE, ticks: [0, 25, 50, 75, 100] } : PERCENT_SCALE, yTitle: 'Busy (%)',
    panels: swept === undefined ? [] : drawn.map((m) => m.label), columns: swept === undefined ? 1 : 2, panelHeightPx: swept === undefined ? 200 : 95,
  };
  return {
    name, kind: 'utilisation', headline, rows,
    view: (plotWidthPx) => variableView(chart, plotWidthPx),
    legend: systems.map(systemItem), filterField: 'system',
    conditions: [held === '' ? '' : `At ${held}.`, 'GPU and CPU: mean over the nodes; links and disks: the busiest one, central store included.'].filter((s) => s !== '').join(' '),
    interval: intervalNote(study, rows.some((r) => r.low !== null)),
    description: `Utilisation per resource. Highest: ${systems.map((s) => {
      const top = found.filter((f) => f.system === s).reduce((a, b) => (b.estimate.mean > a.estimate.mean ? b : a));
      return `${s.label} ${top.metric.label} ${formatMeasure(top.estimate.mean, 'fraction')}`;
    }).join('; ')}.`,
    tips: found.map(({ cell, system, metric, estimate }) => [
      system.label, ...(swept === undefined ? [] : [settingTitle(swept, cell[swept.key])]), `${metric.label}: ${formatMeasure(estimate.mean, 'fraction')}`, ...intervalTip(estimate.low, estimate.high, 'fraction'),
    ]),
    table: {
      head: [...(swept === undefined ? [] : [capital(swept.label)]), 'System', 'Resource', 'Utilisation', '95 % interval'],
      rows: found.map(({ cell, system, metric, estimate }) => [
        ...(swept === undefined ? [] : [valueText(swept, cell[swept.key])]), system.label, metric.label, formatMeasure(estimate.mean, 'fraction'), formatRange(estimate.low, estimate.high, 'fraction'),
      ]),
    },
  };
}
