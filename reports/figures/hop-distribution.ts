import { capital, formatMeasure, roundSignificant } from '../study/number-format.ts';
import { type Study, heldSettings, slice, trialsOf } from '../study/study.ts';
import { settingTitle } from '../study/swept-variable.ts';
import { systemChannels } from './channels.ts';
import { evenly } from './evenly.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalNote } from './figure-text.ts';
import { systemItem } from './legend.ts';
import { axisChannel, linearScale, measureScale } from './scales.ts';
import type { ChartSpec } from './render.ts';
import { LIGHT } from './theme.ts';

const MOST_PANELS = 3;
/** Counts above this are folded into the last dot: a tail of single lookups would stretch the axis. */
const MOST_HOPS = 40;

/** Share of lookups by hops: a line of dots per protocol, a panel per value of the first swept variable; the lookups of all seeds together. */
export function hopDistribution(study: Study): FigureDraft | Omission {
  const name = 'hop-distribution';
  const headline = 'Lookups by hops';
  const x = study.variables.at(0);
  const values = x === undefined ? [] : evenly(x.values, MOST_PANELS);
  const cells = slice(study, x === undefined ? [] : [x]).filter((cell) => x === undefined || values.some((v) => v.raw === cell[x.key]));
  const rows = cells.flatMap((cell) => study.systems.flatMap((system) => {
    const counts: number[] = [];
    for (const trial of trialsOf(study, cell, system.name)) {
      const histogram = trial.histograms?.['hops'];
      histogram?.counts.forEach((count, i) => {
        const hops = Math.min(MOST_HOPS, histogram.from + i);
        while (counts.length <= hops) counts.push(0);
        counts[hops] += count;
      });
    }
    const total = counts.reduce((sum, count) => sum + count, 0);
    const panel = x === undefined ? '' : settingTitle(x, cell[x.key]);
    return counts.map((count, hops) => ({ system: system.label, panel, hops, share: roundSignificant((100 * count) / total, 4) }));
  }));
  if (rows.length === 0) return { name, headline, reason: 'no trial counted the hops of its lookups' };
  const systems = study.systems.filter((s) => rows.some((r) => r.system === s.label));
  const panels = x === undefined ? [] : values.map((v) => settingTitle(x, v.raw));
  const held = heldSettings(study, x === undefined ? [] : [x]);
  return {
    name, kind: 'hop-distribution', headline, rows,
    view: (plotWidthPx) => view(rows, panels, systems, plotWidthPx),
    legend: systems.map(systemItem), filterField: 'system',
    conditions: [held === '' ? '' : `At ${held}.`, 'All seeds together.'].filter((s) => s !== '').join(' '),
    interval: intervalNote(study, false).replace(/^Mean of/, 'Lookups of'),
    description: `Share of lookups by hops. Most frequent: ${systems.map((s) => {
      const top = rows.filter((r) => r.system === s.label).reduce((a, b) => (b.share > a.share ? b : a));
      return `${s.label} ${top.hops} hops (${formatMeasure(top.share / 100, 'fraction')}${top.panel === '' ? '' : `, ${top.panel}`})`;
    }).join('; ')}.`,
    tips: rows.map((r) => [r.system, ...(r.panel === '' ? [] : [r.panel]), `${r.hops} hops: ${formatMeasure(r.share / 100, 'fraction')}`]),
    table: {
      head: [...(x === undefined ? [] : [capital(x.label)]), 'System', 'Hops', 'Share of lookups'],
      rows: rows.map((r) => [...(x === undefined ? [] : [r.panel.slice(r.panel.indexOf(':') + 2)]), r.system, String(r.hops), formatMeasure(r.share / 100, 'fraction')]),
    },
  };
}

interface Row {
  readonly system: string;
  readonly panel: string;
  readonly hops: number;
  readonly share: number;
}

function view(rows: readonly Row[], panels: readonly string[], systems: Study['systems'], plotWidthPx: number): ChartSpec {
  const { color, shape, strokeDash } = systemChannels(systems);
  const x = { field: 'hops', type: 'quantitative', ...axisChannel(linearScale(0, Math.max(1, ...rows.map((r) => r.hops))), 'Hops') };
  const y = { field: 'share', type: 'quantitative', ...axisChannel(measureScaleFromZero(rows), 'Lookups (%)') };
  const number = { type: 'quantitative', format: ',.4~r' };
  const inner = {
    width: plotWidthPx,
    height: panels.length === 0 ? 220 : 110,
    layer: [
      { mark: { type: 'line', strokeWidth: 1.5, opacity: 0.8 }, encoding: { x, y, color, strokeDash } },
      {
        mark: { type: 'point', filled: true, size: 55, opacity: 1, stroke: LIGHT.page, strokeWidth: 1 },
        encoding: { x, y, color, shape, tooltip: [{ field: 'system', title: 'System', type: 'nominal' }, { field: 'hops', title: 'Hops', ...number }, { field: 'share', title: 'Lookups (%)', ...number }] },
      },
    ],
  };
  if (panels.length === 0) return inner;
  return { facet: { field: 'panel', type: 'nominal', sort: panels, header: { title: null } }, columns: 1, spacing: 14, spec: inner };
}

function measureScaleFromZero(rows: readonly Row[]): ReturnType<typeof measureScale> {
  return measureScale([0, ...rows.map((r) => r.share)], 100);
}
