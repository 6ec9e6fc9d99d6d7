import { meanOf, metricOf } from '../study/metric.ts';
import { capital, formatMeasure, formatNumber, formatRange, roundSignificant } from '../study/number-format.ts';
import { type Study, findRow, heldSettings, slice } from '../study/study.ts';
import { settingTitle, valueText } from '../study/swept-variable.ts';
import { evenly } from './evenly.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { textWidthPx } from './font.ts';
import { type StackRow, stackedView } from './stacked-bars.ts';
import { LIGHT, TEXT_PX } from './theme.ts';

const MOST_PANELS = 4;
const PLACES = ['Local', 'Remote', 'Missed'].map((label, i) => ({ label, colour: LIGHT.places[i] }));

/** Where the reusable units of the prompts were found: on the node, fetched, or nowhere. */
export function hitRate(study: Study): FigureDraft | Omission {
  const name = 'hit-rate';
  const headline = 'Where reusable units were found';
  const x = study.variables.at(0);
  const values = x === undefined ? [] : evenly(x.values, MOST_PANELS);
  const found = slice(study, x === undefined ? [] : [x])
    .filter((cell) => x === undefined || values.some((v) => v.raw === cell[x.key]))
    .flatMap((cell) => study.systems.flatMap((system) => {
      const row = findRow(study, cell, system.name);
      const rate = metricOf(row, 'hitRate');
      return row === undefined || rate === undefined ? [] : [{ cell, system, row, rate }];
    }));
  if (found.length === 0) return { name, headline, reason: 'no trial reports its hit rate' };

  const rows = found.flatMap(({ cell, system, row, rate }): StackRow[] => {
    const local = meanOf(row, 'hitRateLocal');
    const remote = meanOf(row, 'hitRateRemote', Math.max(0, rate.mean - local));
    const base = { system: system.label, panel: x === undefined ? '' : settingTitle(x, cell[x.key]), low: null, high: null, text: '' };
    const ends = [0, local, local + remote, 1].map((share) => roundSignificant(100 * share));
    const bounded = Number.isFinite(rate.low);
    return [
      ...PLACES.flatMap((place, i): StackRow[] => (ends[i + 1] > ends[i] ? [{ ...base, lane: 'part', part: place.label, start: ends[i], end: ends[i + 1], size: roundSignificant(ends[i + 1] - ends[i]) }] : [])),
      {
        ...base, lane: 'total', part: '', start: 0, end: 100, text: `${formatMeasure(rate.mean, 'fraction')} hit`,
        low: bounded ? Math.max(0, roundSignificant(100 * rate.low)) : null, high: bounded ? Math.min(100, roundSignificant(100 * rate.high)) : null,
      },
    ];
  });
  const chart = {
    rows, parts: PLACES, scale: { log: false, domain: [0, 100] as const, ticks: [0, 25, 50, 75, 100] }, xTitle: 'Share of reusable units (%)',
    panels: x === undefined ? [] : values.map((v) => settingTitle(x, v.raw)),
    textPx: 8 + Math.max(...rows.map((r) => textWidthPx(r.text, TEXT_PX))),
  };
  const held = heldSettings(study, x === undefined ? [] : [x]);
  return {
    name, kind: 'hit-rate', headline, rows,
    legend: PLACES.map((p) => ({ ...p, shape: 'square' })),
    conditions: held === '' ? '' : `At ${held}.`,
    interval: `Mean of ${study.manifest.seeds.length} seed${study.manifest.seeds.length === 1 ? '' : 's'}${rows.some((r) => r.low !== null) ? ', 95\u00A0% t\u00A0interval of the hit rate' : ''}`,
    description: `Share of reusable units found on the serving node, fetched from elsewhere, or recomputed. Hit rates: ${found.slice(0, study.systems.length).map((f) => `${f.system.label} ${formatMeasure(f.rate.mean, 'fraction')}`).join('; ')}.`,
    view: (plotWidthPx) => stackedView(chart, plotWidthPx),
    tips: rows.map((r) => [`${r.system}: ${r.lane === 'total' ? r.text : r.part}`, ...(r.panel === '' ? [] : [r.panel]), ...(r.lane === 'total' ? [] : [`${formatNumber(r.end - r.start)} % of reusable units`])]),
    table: {
      head: [...(x === undefined ? [] : [capital(x.label)]), 'System', 'Hit rate', '95 % interval', 'Local', 'Remote'],
      rows: found.map(({ cell, system, row, rate }) => [
        ...(x === undefined ? [] : [valueText(x, cell[x.key])]), system.label, formatMeasure(rate.mean, 'fraction'), formatRange(rate.low, rate.high, 'fraction'),
        formatMeasure(meanOf(row, 'hitRateLocal', NaN), 'fraction'), formatMeasure(meanOf(row, 'hitRateRemote', NaN), 'fraction'),
      ]),
    },
  };
}
