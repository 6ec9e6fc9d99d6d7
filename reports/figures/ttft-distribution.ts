import { studentInterval } from '../statistics/student-interval.ts';
import { percentileOfSorted } from '../statistics/percentile.ts';
import { capital, displayUnit, formatMeasure, formatRange, roundSignificant } from '../study/number-format.ts';
import { type Study, heldSettings, slice, trialsOf } from '../study/study.ts';
import { settingTitle } from '../study/swept-variable.ts';
import { systemChannels } from './channels.ts';
import { evenly } from './evenly.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalTip } from './figure-text.ts';
import { systemItem } from './legend.ts';
import { type AxisScale, axisChannel, measureScale } from './scales.ts';
import type { ChartSpec } from './render.ts';
import type { SystemStyle } from './system-style.ts';
import { LIGHT } from './theme.ts';

/** Shares at which the curves are drawn, in percent; closer together in the tail. */
const PERCENTS = [0, 1, 2, 3, 5, 7.5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.5, 99.9, 100] as const;
/** Shares that carry a symbol and stand in the table. */
const MARKED: readonly number[] = [50, 95, 99];
const MOST_PANELS = 3;

interface Row extends Readonly<Record<string, unknown>> {
  readonly system: string;
  readonly panel: string;
  readonly percent: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly marked: boolean;
}

/**
 * Cumulative distribution of TTFT. Each curve is the mean over seeds of every percentile; its band is the 95 % t interval
 * of that percentile across seeds.
 */
export async function ttftDistribution(study: Study): Promise<FigureDraft | Omission> {
  const name = 'ttft-cdf';
  const headline = 'Distribution of TTFT';
  const { queries } = study;
  if (queries === undefined) return { name, headline, reason: 'no trial saved its queries' };
  const x = study.variables.at(0);
  const values = x === undefined ? [] : evenly(x.values, MOST_PANELS);
  const cells = slice(study, x === undefined ? [] : [x]).filter((cell) => x === undefined || values.some((v) => v.raw === cell[x.key]));
  const raw: { system: SystemStyle; panel: string; percent: number; estimate: ReturnType<typeof studentInterval> }[] = [];
  for (const cell of cells) {
    const panel = x === undefined ? '' : settingTitle(x, cell[x.key]);
    for (const system of study.systems) {
      const sorted: Float64Array[] = [];
      for (const trial of trialsOf(study, cell, system.name)) {
        if (queries.rows(trial.key.index) === 0) continue;
        const { ttftNs } = await queries.read(trial.key.index, ['ttftNs']);
        sorted.push(Float64Array.from(ttftNs as Float64Array, (ns) => ns / 1e6).sort());
      }
      if (sorted.length === 0) continue;
      for (const percent of PERCENTS) raw.push({ system, panel, percent, estimate: studentInterval(sorted.map((s) => percentileOfSorted(s, percent))) });
    }
  }
  if (raw.length === 0) return { name, headline, reason: 'no query was measured' };

  const shown = raw.filter((r) => r.percent >= 1 && r.percent <= 99.9).map((r) => r.estimate.estimate);
  const unit = displayUnit('ms', Math.max(...shown));
  const scale = measureScale(shown.map((v) => v * unit.factor));
  const inside = (value: number): number => roundSignificant(Math.min(scale.domain[1], Math.max(scale.domain[0], value * unit.factor)), 5);
  const rows = raw.map(({ system, panel, percent, estimate }): Row => {
    const bounded = Number.isFinite(estimate.low);
    return {
      system: system.label, panel, percent, value: inside(estimate.estimate), marked: MARKED.includes(percent),
      low: bounded ? inside(estimate.low) : null, high: bounded ? inside(estimate.high) : null,
    };
  });
  const systems = study.systems.filter((s) => raw.some((r) => r.system === s));
  const panels = x === undefined ? [] : values.map((v) => settingTitle(x, v.raw));
  const held = heldSettings(study, x === undefined ? [] : [x]);
  const marked = raw.filter((r) => MARKED.includes(r.percent));
  const bands = rows.some((r) => r.low !== null);
  return {
    name, kind: 'ttft-cdf', headline, rows,
    legend: systems.map(systemItem), filterField: 'system',
    conditions: [held === '' ? '' : `At ${held}.`, 'Symbols at P50, P95 and P99.'].filter((s) => s !== '').join(' '),
    interval: bands ? `Mean of ${study.manifest.seeds.length} seeds, 95\u00A0% t\u00A0bands of each percentile` : 'One seed, so no interval',
    description: `Share of requests whose TTFT is at most a given time. ${systems.map((s) => {
      const mine = marked.filter((m) => m.system === s).slice(0, MARKED.length);
      return `${s.label}: ${mine.map((m) => `P${m.percent} ${formatMeasure(m.estimate.estimate, 'ms')}`).join(', ')}`;
    }).join('; ')}${panels.length > 1 ? ` (${panels[0]})` : ''}.`,
    view: (plotWidthPx) => view(systems, panels, scale, `TTFT (${unit.unit})`, bands, plotWidthPx),
    tips: raw.map(({ system, panel, percent, estimate }) => [
      system.label, ...(panel === '' ? [] : [panel]), `P${percent}: ${formatMeasure(estimate.estimate, 'ms')}`, ...intervalTip(estimate.low, estimate.high, 'ms'),
    ]),
    table: {
      head: [...(x === undefined ? [] : [capital(x.label)]), 'System', 'Percentile', 'TTFT', '95 % interval'],
      rows: marked.map((m) => [
        ...(x === undefined ? [] : [m.panel.slice(x.label.length + 2)]), m.system.label, `P${m.percent}`, formatMeasure(m.estimate.estimate, 'ms'), formatRange(m.estimate.low, m.estimate.high, 'ms'),
      ]),
    },
  };
}

function view(systems: readonly SystemStyle[], panels: readonly string[], scale: AxisScale, xTitle: string, bands: boolean, plotWidthPx: number): ChartSpec {
  const { color, shape, strokeDash } = systemChannels(systems);
  const x = { field: 'value', type: 'quantitative', ...axisChannel(scale, xTitle) };
  const percents = { domain: [0, 100], nice: false };
  const y = { field: 'percent', type: 'quantitative', title: 'Share of requests (%)', scale: percents, axis: { values: [0, 25, 50, 75, 100], tickCount: 5 } };
  const number = { type: 'quantitative', format: ',.4~r' };
  const chart = {
    width: plotWidthPx,
    height: panels.length > 0 ? 135 : 220,
    layer: [
      ...(bands ? [{ mark: { type: 'area', orient: 'horizontal', opacity: 0.18 }, encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' }, color } }] : []),
      { mark: { type: 'line', strokeWidth: 2, orient: 'horizontal' }, encoding: { y, x, color, strokeDash, order: { field: 'percent', type: 'quantitative' } } },
      {
        transform: [{ filter: 'datum.marked' }],
        mark: { type: 'point', filled: true, size: 65, opacity: 1, stroke: LIGHT.page, strokeWidth: 1 },
        encoding: {
          y, x, color, shape,
          tooltip: [
            { field: 'system', title: 'System', type: 'nominal' }, { field: 'percent', title: 'Percentile', ...number }, { field: 'value', title: xTitle, ...number },
            ...(bands ? [{ field: 'low', title: '95 % from', ...number }, { field: 'high', title: '95 % to', ...number }] : []),
          ],
        },
      },
    ],
  };
  if (panels.length === 0) return chart;
  return { facet: { field: 'panel', type: 'nominal', sort: panels, header: { title: null, labelLimit: plotWidthPx } }, columns: 1, spacing: 14, spec: chart };
}
