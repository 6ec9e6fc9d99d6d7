import { ATTRIBUTION_PARTS, HIDDEN_PARTS } from '../../experiments/results/query-columns.ts';
import type { SummaryRow } from '../../experiments/results/summary.ts';
import { meanOf, metricOf, requireMetric } from '../study/metric.ts';
import { capital, displayUnit, formatMeasure, formatNumber, roundSignificant } from '../study/number-format.ts';
import { type Study, findRow, heldSettings, slice } from '../study/study.ts';
import { settingTitle, valueText } from '../study/swept-variable.ts';
import { evenly } from './evenly.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { textWidthPx } from './font.ts';
import { linearScale } from './scales.ts';
import { type StackRow, stackedView } from './stacked-bars.ts';
import { LIGHT, TEXT_PX } from './theme.ts';

const MOST_PANELS = 3;
/** Longest ÷ shortest stack from which the short ones could not be read on one linear axis. */
const SHARES_FROM_RATIO = 12;

/** Label and colour of each part of a TTFT, in the order of a request's life. */
export const TTFT_PARTS = ATTRIBUTION_PARTS.map((part, i) => ({
  part, metric: `${part}Ms`, hiddenMetric: `hidden${capital(part)}Ms`, canHide: (HIDDEN_PARTS as readonly string[]).includes(part),
  label: requireMetric(`${part}Ms`).label, colour: LIGHT.parts[i],
}));

/**
 * Where the mean TTFT goes: one stack per system of its critical-path parts, which add up to the TTFT, and under it a thin
 * stack of work hidden behind them. Stacks that differ more than twelvefold are drawn as shares of their own TTFT.
 */
export function ttftAttribution(study: Study): FigureDraft | Omission {
  const name = 'ttft-attribution';
  const headline = 'Where the time to first token goes';
  const x = study.variables.at(0);
  const values = x === undefined ? [] : evenly(x.values, MOST_PANELS);
  const found = slice(study, x === undefined ? [] : [x])
    .filter((cell) => x === undefined || values.some((v) => v.raw === cell[x.key]))
    .flatMap((cell) => study.systems.flatMap((system) => {
      const row = findRow(study, cell, system.name);
      return row === undefined || partsOf(row) === 0 ? [] : [{ cell, system, row, total: partsOf(row) }];
    }));
  if (found.length === 0) return { name, headline, reason: 'no trial reports the parts of its TTFT' };

  const totals = found.map((f) => f.total);
  const shares = Math.max(...totals) / Math.min(...totals) > SHARES_FROM_RATIO;
  const unit = shares ? { unit: '%', factor: 1 } : displayUnit('ms', Math.max(...totals));
  const rows = found.flatMap(({ cell, system, row, total }): StackRow[] => {
    const factor = shares ? 100 / total : unit.factor;
    const panel = x === undefined ? '' : settingTitle(x, cell[x.key]);
    const base = { system: system.label, panel, low: null, high: null, text: '' };
    const stack = (lane: 'part' | 'hidden', metricOf: (p: (typeof TTFT_PARTS)[number]) => string): StackRow[] => {
      let start = 0;
      return TTFT_PARTS.flatMap((part) => {
        const value = meanOf(row, metricOf(part)) * factor;
        if (!(value > 0)) return [];
        const segment = { ...base, lane, part: part.label, start: roundSignificant(start), end: roundSignificant(start + value), size: roundSignificant(value) };
        start += value;
        return [segment];
      });
    };
    const ttft = metricOf(row, 'ttftMeanMs');
    const bounded = !shares && ttft !== undefined && Number.isFinite(ttft.low);
    return [
      ...stack('part', (p) => p.metric),
      ...stack('hidden', (p) => (p.canHide ? p.hiddenMetric : '')),
      {
        ...base, lane: 'total', part: '', start: 0, end: roundSignificant(total * factor), text: formatMeasure(total, 'ms'),
        low: bounded ? roundSignificant(ttft.low * factor) : null, high: bounded ? roundSignificant(ttft.high * factor) : null,
      },
    ];
  });
  const present = TTFT_PARTS.filter((p) => rows.some((r) => r.part === p.label));
  const hidden = rows.some((r) => r.lane === 'hidden');
  const ends = rows.flatMap((r) => [r.end, r.high ?? 0]);
  const chart = {
    rows, parts: present, scale: linearScale(0, shares ? Math.max(100, ...ends) : Math.max(...ends) * 1.02),
    xTitle: shares ? 'Share of the mean TTFT (%)' : `Mean TTFT (${unit.unit})`,
    panels: x === undefined ? [] : values.map((v) => settingTitle(x, v.raw)),
    textPx: 8 + Math.max(...rows.map((r) => textWidthPx(r.text, TEXT_PX))),
  };
  const held = heldSettings(study, x === undefined ? [] : [x]);
  return {
    name, kind: 'attribution', headline, rows,
    legend: present.map((p) => ({ label: p.label, colour: p.colour, shape: 'square' })),
    conditions: [
      held === '' ? '' : `At ${held}.`,
      shares ? 'Critical path as shares, because the means (at the right) differ too much for one axis.' : 'Critical path; the mean at the right.',
      hidden ? 'Thin bars: work hidden behind it, outside the sum.' : '',
    ].filter((s) => s !== '').join(' '),
    interval: `Mean of ${study.manifest.seeds.length} seed${study.manifest.seeds.length === 1 ? '' : 's'}${rows.some((r) => r.low !== null) ? ', 95\u00A0% t\u00A0interval of the mean TTFT' : ''}`,
    description: `Mean TTFT split by critical path. ${found.slice(0, study.systems.length).map(({ system, row, total }) => `${system.label}: ${formatMeasure(total, 'ms')}, most of it ${largestPart(row)}`).join('; ')}.`,
    view: (plotWidthPx) => stackedView(chart, plotWidthPx),
    tips: rows.map((r) => (r.lane === 'total'
      ? [r.system, ...(r.panel === '' ? [] : [r.panel]), `Mean TTFT: ${r.text}`]
      : [`${r.system}: ${r.part}${r.lane === 'hidden' ? ', hidden' : ''}`, ...(r.panel === '' ? [] : [r.panel]), `${formatNumber(r.end - r.start)} ${unit.unit}`])),
    table: {
      head: [...(x === undefined ? [] : [capital(x.label)]), 'System', 'Mean TTFT', ...present.map((p) => p.label), ...present.filter((p) => p.canHide && hidden).map((p) => `Hidden ${p.label.toLowerCase()}`)],
      rows: found.map(({ cell, system, row, total }) => [
        ...(x === undefined ? [] : [valueText(x, cell[x.key])]), system.label, formatMeasure(total, 'ms'),
        ...present.map((p) => formatMeasure(meanOf(row, p.metric), 'ms')),
        ...present.filter((p) => p.canHide && hidden).map((p) => formatMeasure(meanOf(row, p.hiddenMetric), 'ms')),
      ]),
    },
  };
}

function partsOf(row: SummaryRow): number {
  return TTFT_PARTS.reduce((sum, p) => sum + Math.max(0, meanOf(row, p.metric)), 0);
}

function largestPart(row: SummaryRow): string {
  return TTFT_PARTS.reduce((a, b) => (meanOf(row, b.metric) > meanOf(row, a.metric) ? b : a)).label.toLowerCase();
}
