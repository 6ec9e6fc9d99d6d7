import { findMetric } from '../../experiments/results/metrics.ts';
import type { Series } from '../../experiments/results/trial-result.ts';
import { studentInterval } from '../statistics/student-interval.ts';
import { capital, displayUnit, formatNumber, formatRange, roundSignificant } from '../study/number-format.ts';
import { type Study, configValue, heldSettings, trialsOf } from '../study/study.ts';
import { parseSweptQuantity } from '../study/swept-variable.ts';
import { systemChannels } from './channels.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalTip, metricSlug } from './figure-text.ts';
import { systemItem } from './legend.ts';
import { type AxisScale, axisChannel, linearScale, measureScale } from './scales.ts';
import type { ChartSpec } from './render.ts';
import type { SystemStyle } from './system-style.ts';
import { LIGHT } from './theme.ts';

/** Stretches of time that a series is averaged over. */
const BINS = 120;
/** Bands of more systems than this cover each other and the lines; then they are told in the table and the tooltips alone. */
const MOST_BANDS = 6;

/** A fault of the config, in seconds of simulated time; `untilS` is absent for one that does not end. */
export interface FaultWindow {
  readonly what: string;
  readonly atS: number;
  readonly untilS?: number;
}

/** Kinds of fault by their key in the config; one that is over as soon as it has begun is drawn as a line. */
const FAULT_KINDS: Readonly<Record<string, { readonly what: string; readonly instant?: boolean }>> = {
  crash: { what: 'crash' },
  leave: { what: 'leave' },
  partition: { what: 'partition' },
  degrade: { what: 'slow links' },
  slow: { what: 'slow GPUs' },
  router: { what: 'router down' },
  loss: { what: 'message loss' },
  corrupt: { what: 'corrupt segments', instant: true },
};

/** The faults that the config schedules; malformed entries are left out. */
export function scheduledFaults(config: unknown): FaultWindow[] {
  const list = configValue(config, 'faults');
  if (!Array.isArray(list)) return [];
  return list.flatMap((fault: unknown): FaultWindow[] => {
    const at = seconds(configValue(fault, 'at'));
    if (at === undefined) return [];
    const kind = Object.keys(FAULT_KINDS).find((key) => happens(configValue(fault, key)));
    const { what, instant = false } = kind === undefined ? { what: 'fault' } : FAULT_KINDS[kind];
    const length = instant ? 0 : seconds(configValue(fault, 'for'));
    return [{ what, atS: at, ...(length === undefined ? {} : { untilS: at + length }) }];
  });
}

/** Is this part of a fault more than its default, which does nothing? */
function happens(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return happens(configValue(value, 'nodes'));
  return value === true || (typeof value === 'number' && value > 0);
}

/** `crash 100–160 s, partition 220–280 s`. */
function listFaults(faults: readonly FaultWindow[]): string {
  return faults.map(({ what, atS, untilS }) => `${what} ${untilS === undefined ? `from ${formatNumber(atS)}` : untilS === atS ? `at ${formatNumber(atS)}` : `${formatNumber(atS)}–${formatNumber(untilS)}`}\u00A0s`).join(', ');
}

function seconds(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const quantity = parseSweptQuantity(value);
  return quantity?.family === 'time' ? (quantity.value * quantity.perUnit) / 1e9 : undefined;
}

/** Names of the time lines that trials of the reference cell saved, in order of first appearance. */
export function seriesNames(study: Study): string[] {
  const names = study.systems.flatMap((s) => trialsOf(study, study.reference, s.name).flatMap((trial) => Object.keys(trial.series ?? {})));
  return [...new Set(names)];
}

/** One saved time line against simulated time: the mean over seeds per system with a 95 % band; faults are shaded. */
export function timeSeries(study: Study, seriesName: string): FigureDraft | Omission {
  const metric = findMetric(seriesName);
  const label = metric?.label ?? capital(seriesName.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase());
  const name = `over-time-${metricSlug(seriesName).replace(/[^a-z0-9]+/g, '-')}`;
  const headline = `${label} over time`;
  const lines = study.systems.flatMap((system) => {
    const series = trialsOf(study, study.reference, system.name).flatMap((trial) => trial.series?.[seriesName] ?? []).filter((s) => s.timeS.length > 0);
    return series.length === 0 ? [] : [{ system, series }];
  });
  const ends = lines.flatMap((l) => l.series.map((s) => s.timeS.at(-1)!));
  const endS = Math.max(0, ...ends);
  if (lines.length === 0 || !(endS > 0)) return { name, headline, reason: `no trial saved the series ${seriesName}` };

  const startS = Math.min(endS, ...lines.flatMap((l) => l.series.map((s) => s.timeS[0])));
  const raw = lines.flatMap(({ system, series }) => bins(series, startS, endS).map((bin) => ({ system, ...bin })));
  const unit = displayUnit(metric?.unit ?? '', Math.max(...raw.map((r) => r.estimate.estimate)));
  const scaled = (value: number): number | null => (Number.isFinite(value) ? roundSignificant(value * unit.factor, 5) : null);
  const rows = raw.map(({ system, timeS, estimate }) => ({ system: system.label, time: roundSignificant(timeS, 5), value: scaled(estimate.estimate)!, low: scaled(estimate.low), high: scaled(estimate.high) }));
  const nonNegative = rows.every((r) => r.value >= 0);
  const clip = (v: number): number => (nonNegative ? Math.max(0, v) : v);
  const drawn = rows.map((r, i) => ({ ...r, low: r.low === null ? null : clip(r.low), marked: i % 4 === 0 }));
  const y = measureScale(drawn.map((r) => r.value), metric?.unit === 'fraction' ? 100 : Infinity);
  const scale = y.log ? linearScale(0, Math.max(...drawn.map((r) => r.value)) * 1.03) : y;
  const faults = scheduledFaults(study.config).filter((f) => f.atS < endS && (f.untilS ?? endS) > startS);
  const systems = lines.map((l) => l.system);
  const held = heldSettings(study, []);
  const hasIntervals = rows.some((r) => r.low !== null);
  const bands = hasIntervals && systems.length <= MOST_BANDS;
  return {
    name, kind: 'series', headline, rows: drawn,
    legend: systems.map(systemItem), filterField: 'system',
    conditions: [held === '' ? '' : `At ${held}.`, faults.length === 0 ? '' : `Shaded: ${listFaults(faults)}.`].filter((s) => s !== '').join(' '),
    interval: !hasIntervals ? 'One seed, so no interval' : `Mean of ${study.manifest.seeds.length} seeds${bands ? ', 95\u00A0% t\u00A0bands' : '; intervals in the table'}`,
    description: `${label} against simulated time. ${systems.map((s) => {
      const values = raw.filter((r) => r.system === s).map((r) => r.estimate.estimate * unit.factor);
      return `${s.label}: ${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))}${unit.unit === '' ? '' : ` ${unit.unit}`}`;
    }).join('; ')}.`,
    view: (plotWidthPx) => view(systems, faults, { startS, endS, scale, yTitle: unit.unit === '' ? label : `${label} (${unit.unit})`, bands }, plotWidthPx),
    tips: raw.map(({ system, timeS, estimate }) => [system.label, `At ${formatNumber(timeS)} s: ${formatNumber(estimate.estimate * unit.factor)}${unit.unit === '' ? '' : ` ${unit.unit}`}`, ...intervalTip(estimate.low * unit.factor, estimate.high * unit.factor, '')]),
    table: {
      head: ['System', 'From', 'To', 'Mean', '95 % interval'],
      rows: systems.flatMap((s) => {
        const mine = raw.filter((r) => r.system === s);
        // Ten lines a system are enough to read the course off.
        return mine.filter((_, i) => i % Math.ceil(mine.length / 10) === 0).map((r) => [
          s.label, `${formatNumber(r.timeS)} s`, `${formatNumber(r.timeS + (endS - startS) / BINS)} s`, formatNumber(r.estimate.estimate * unit.factor),
          formatRange(r.estimate.low * unit.factor, r.estimate.high * unit.factor, ''),
        ]);
      }),
    },
  };
}

/** Time averages of each series over equal bins, and their interval across seeds. Bins before a series begins are left out. */
function bins(series: readonly Series[], startS: number, endS: number): { timeS: number; estimate: ReturnType<typeof studentInterval> }[] {
  const width = (endS - startS) / BINS;
  if (!(width > 0)) return [{ timeS: startS, estimate: studentInterval(series.map((s) => s.value.at(-1)!)) }];
  const averages = series.map((s) => binAverages(s, startS, width));
  return Array.from({ length: BINS }, (_, i) => i).flatMap((i) => {
    const values = averages.map((a) => a[i]).filter((v) => Number.isFinite(v));
    return values.length === 0 ? [] : [{ timeS: startS + i * width, estimate: studentInterval(values) }];
  });
}

/** Average of a step function over each bin; NaN for a bin that the series does not reach into. */
function binAverages(series: Series, startS: number, widthS: number): number[] {
  const area = new Float64Array(BINS);
  const covered = new Float64Array(BINS);
  const last = series.timeS.length - 1;
  series.timeS.forEach((from, k) => {
    const to = k === last ? startS + BINS * widthS : series.timeS[k + 1];
    const firstBin = Math.max(0, Math.floor((from - startS) / widthS));
    for (let i = firstBin; i < BINS && startS + i * widthS < to; i++) {
      const overlap = Math.min(to, startS + (i + 1) * widthS) - Math.max(from, startS + i * widthS);
      if (overlap <= 0) continue;
      area[i] += overlap * series.value[k];
      covered[i] += overlap;
    }
  });
  return Array.from(area, (sum, i) => (covered[i] > 0 ? sum / covered[i] : NaN));
}

function view(
  systems: readonly SystemStyle[],
  faults: readonly FaultWindow[],
  axes: { startS: number; endS: number; scale: AxisScale; yTitle: string; bands: boolean },
  plotWidthPx: number,
): ChartSpec {
  const { color, strokeDash } = systemChannels(systems);
  const time = linearScale(axes.startS, axes.endS);
  const x = { type: 'quantitative', ...axisChannel({ ...time, domain: [axes.startS, axes.endS], ticks: time.ticks.filter((t) => t >= axes.startS && t <= axes.endS) }, 'Simulated time (s)') };
  const y = { type: 'quantitative', ...axisChannel(axes.scale, axes.yTitle) };
  const number = { type: 'quantitative', format: ',.4~r' };
  return {
    width: plotWidthPx,
    height: 200,
    layer: [
      ...(faults.length === 0 ? [] : [{
        data: { values: faults.map((f) => ({ from: Math.max(axes.startS, f.atS), to: Math.min(axes.endS, Math.max(f.untilS ?? axes.endS, f.atS + (axes.endS - axes.startS) / 300)) })) },
        mark: { type: 'rect', color: LIGHT.axis, opacity: 0.22 }, encoding: { x: { field: 'from', ...x }, x2: { field: 'to' } },
      }]),
      ...(axes.bands ? [{ mark: { type: 'area', opacity: 0.18, clip: true }, encoding: { x: { field: 'time', ...x }, y: { field: 'low', ...y }, y2: { field: 'high' }, color } }] : []),
      {
        mark: { type: 'line', strokeWidth: 2, interpolate: 'step-after', clip: true },
        encoding: { x: { field: 'time', ...x }, y: { field: 'value', ...y }, color, strokeDash, tooltip: [{ field: 'system', title: 'System', type: 'nominal' }, { field: 'time', title: 'Time (s)', ...number }, { field: 'value', title: axes.yTitle, ...number }] },
      },
      // Unseen dots along the line give a pointer something to rest on.
      { transform: [{ filter: 'datum.marked' }], mark: { type: 'point', filled: true, size: 120, opacity: 0, clip: true }, encoding: { x: { field: 'time', ...x }, y: { field: 'value', ...y }, color } },
    ],
  };
}

