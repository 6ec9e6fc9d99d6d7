import { type Metric, METRICS } from '../../experiments/results/metrics.ts';
import type { Interval } from '../statistics/interval.ts';
import type { EffectSummary } from '../statistics/effects.ts';
import { effectsOf } from '../summary/study-effects.ts';
import { againstFirst } from '../summary/against-first.ts';
import { baselines, compareEverywhere, relevantVerdict, subjects } from '../summary/comparisons.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { capital, formatEstimate, formatMeasure, formatNumber } from '../study/number-format.ts';
import { describeCell, type Study } from '../study/study.ts';
import { type SweptVariable, valueText } from '../study/swept-variable.ts';
import type { Cell } from '../../experiments/results/trial-result.ts';
import type { Table, TableCell } from './table.ts';

const OVERLAY_RESULT_METRICS = ['hopsMean', 'hopsP95', 'hopsMax', 'roundsMean', 'ownerRoundsMean', 'lookupP50Ms', 'lookupP95Ms', 'correctShare', 'imperfectOverlays', 'timeoutsPerLookup', 'deadEntriesPerLookup', 'messagesPerLookup', 'maintenanceBytesPerNode', 'joinMessages', 'tableEntriesMean', 'staleShare'] as const;
const RESULT_METRICS = ['ttftMeanMs', 'ttftP50Ms', 'ttftP95Ms', 'ttftP99Ms', 'throughputRps', 'goodputRps', 'hitRate', 'busiestUtilisation'] as const;
const VERDICTS = { better: 'better', worse: 'worse', unclear: 'no clear difference' } as const;

/** One row per cell and system: the main metrics with their intervals. */
export function resultTable(study: Study): Table {
  const metrics = (study.kind === 'overlay' ? OVERLAY_RESULT_METRICS : RESULT_METRICS).map(requireMetric).filter((m) => study.rows.some((row) => metricOf(row, m.name) !== undefined));
  return {
    caption: 'Results per setting and system: mean over seeds, 95 % interval in brackets',
    head: [...study.variables.map((v) => ({ text: capital(v.label), numeric: v.numeric })), { text: 'System', numeric: false }, ...metrics.map((m) => ({ text: m.label, numeric: true })), { text: 'Seeds', numeric: true }],
    rows: study.rows.map((row) => [
      ...study.variables.map((v) => settingCell(v, row.cell)),
      { text: labelOf(study, row.system) },
      ...metrics.map((m) => measureCell(m, metricOf(row, m.name))),
      { text: String(row.seeds), sort: row.seeds },
    ]),
    note: '',
  };
}

/** Every paired comparison on mean TTFT: subjects against baselines. */
export function comparisonTable(study: Study): Table | undefined {
  const rows = subjects(study).flatMap((system) => baselines(study).flatMap((baseline) => compareEverywhere(study, system, baseline, 'ttftMeanMs')));
  if (rows.length === 0) return undefined;
  return {
    caption: 'Mean TTFT, paired on common seeds: system − baseline, and system ÷ baseline',
    head: [
      { text: 'System', numeric: false }, { text: 'Baseline', numeric: false }, ...study.variables.map((v) => ({ text: capital(v.label), numeric: v.numeric })),
      { text: 'Difference', numeric: true }, { text: 'Ratio', numeric: true }, { text: 'System is', numeric: false },
    ],
    rows: rows.map((c) => [
      { text: c.system.label }, { text: c.baseline.label }, ...study.variables.map((v) => settingCell(v, c.cell)),
      { text: withRange(c.difference, 'ms'), sort: c.difference.estimate }, { text: withRange(c.ratio, ''), sort: c.ratio.estimate }, { text: VERDICTS[relevantVerdict(c)] },
    ]),
    note: '',
  };
}

/** Mean TTFT of each subject at each value of the first swept key against that key's first value, paired. */
export function againstFirstTable(study: Study): Table | undefined {
  const systems = subjects(study).length > 0 ? subjects(study) : study.systems;
  const rows = study.kind === 'overlay' ? [] : systems.flatMap((system) => againstFirst(study, system, 'ttftMeanMs'));
  const variable = study.variables.at(0);
  if (rows.length === 0 || variable === undefined) return undefined;
  return {
    caption: `Mean TTFT, paired on common seeds: ${variable.label} as stated against ${variable.label} ${valueText(variable, variable.values[0].raw)}, all else equal`,
    head: [
      { text: 'System', numeric: false }, ...study.variables.map((v) => ({ text: capital(v.label), numeric: v.numeric })),
      { text: 'Difference', numeric: true }, { text: 'Ratio', numeric: true }, { text: 'This is', numeric: false },
    ],
    rows: rows.map((c) => [
      { text: c.system.label }, ...study.variables.map((v) => settingCell(v, c.cell)),
      { text: withRange(c.difference, 'ms'), sort: c.difference.estimate }, { text: withRange(c.ratio, ''), sort: c.ratio.estimate }, { text: VERDICTS[c.verdict] },
    ]),
    note: '',
  };
}

/** How much of the variation of mean TTFT each swept key explains, per system; undefined with fewer than two swept keys. */
export function effectTable(study: Study): Table | undefined {
  const metric = requireMetric(study.kind === 'overlay' ? 'lookupMeanMs' : 'ttftMeanMs');
  if (study.variables.length < 2) return undefined;
  const systems = subjects(study).length > 0 ? subjects(study) : study.systems;
  const labelOf = (key: string): string => study.variables.find((v) => v.key === key)!.label;
  const rows = systems.flatMap((system) => {
    const summary = effectsOf(study, system.name, metric.name);
    return summary === undefined ? [] : effectRows(system.label, summary, labelOf);
  });
  if (rows.length === 0) return undefined;
  return {
    caption: `What matters for ${metric.name === 'ttftMeanMs' ? 'mean TTFT' : 'mean lookup latency'}: share of its variation (analysis of variance), largest first`,
    head: [{ text: 'System', numeric: false }, { text: 'Effect', numeric: false }, { text: 'Share of variation', numeric: true }, { text: 'Size', numeric: true }, { text: 'p', numeric: true }],
    rows,
    note: '',
  };
}

function effectRows(system: string, summary: EffectSummary, labelOf: (key: string) => string): TableCell[][] {
  const share = (value: number): TableCell => ({ text: formatMeasure(value, 'fraction', 2), sort: value });
  const p = (value: number): TableCell => (Number.isNaN(value) ? { text: '' } : { text: value < 0.001 ? '< 0.001' : formatNumber(value, 2), sort: value });
  return [
    ...summary.main.map((m) => [{ text: system }, { text: capital(labelOf(m.factor)) }, share(m.share), { text: formatMeasure(m.range, 'ms'), sort: m.range }, p(m.pValue)]),
    ...summary.interactions.slice(0, 3).map((i) => [
      { text: system }, { text: `${capital(labelOf(i.factors[0]))} × ${labelOf(i.factors[1])}, most at ${i.strongest.levels.join(' and ')}` }, share(i.share),
      { text: formatMeasure(i.strongest.departure, 'ms'), sort: i.strongest.departure }, p(i.pValue),
    ]),
    [{ text: system }, { text: 'Seeds (unexplained)' }, share(summary.residualShare), { text: '' }, { text: '' }],
  ];
}

/** The metrics that any row reports, in the order of the registry. */
export function reportedMetrics(study: Study): Metric[] {
  return METRICS.filter((m) => study.rows.some((row) => metricOf(row, m.name) !== undefined));
}

function settingCell(variable: SweptVariable, cell: Cell): TableCell {
  const raw = cell[variable.key]!;
  const number = variable.values.find((v) => v.raw === raw)?.number;
  return { text: valueText(variable, raw), ...(number === undefined ? {} : { sort: number }) };
}

function measureCell(metric: Metric, value: { mean: number; low: number; high: number } | undefined): TableCell {
  if (value === undefined) return { text: '–' };
  return { text: formatEstimate(value.mean, value.low, value.high, metric.unit), sort: value.mean };
}

function withRange(interval: Interval, unit: string): string {
  return formatEstimate(interval.estimate, interval.low, interval.high, unit);
}

function labelOf(study: Study, system: string): string {
  return study.systems.find((s) => s.name === system)?.label ?? system;
}

/** A cell in words, or 'the one setting of this study'. */
export function settingText(study: Study, cell: Cell): string {
  const text = describeCell(study, cell);
  return text === '' ? 'the one setting of this study' : text;
}
