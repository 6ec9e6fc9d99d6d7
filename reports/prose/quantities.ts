/** Numbers of a study as pieces of a sentence, each with the results file, metric and cell it comes from. */
import { RESULT_FILES } from '../../experiments/results/layout.ts';
import type { Cell } from '../../experiments/results/trial-result.ts';
import type { Interval } from '../statistics/interval.ts';
import type { Metric } from '../../experiments/results/metrics.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { formatCount, formatEstimate, formatMeasure, formatSeeds } from '../study/number-format.ts';
import { printable } from '../study/printable.ts';
import { type Study, configValue, describeCell, findRow } from '../study/study.ts';
import { type SweptVariable, sweptText, valueText } from '../study/swept-variable.ts';
import type { CellValue } from '../../experiments/results/trial-result.ts';
import { change } from '../summary/change.ts';
import { type Prose, type Source, type Sourced, prose, sourced } from './inline.ts';

/** A study and the folder, below the results folder, that it was read from. */
export interface SourcedStudy extends Study {
  readonly folder: string;
}

/** `p2p; placement.replicas=3; seeds 1–5`: which row of the file. */
export function cellOf(study: SourcedStudy, systems: string, cell: Cell | undefined): string {
  const settings = cell === undefined ? [] : study.variables.map((v) => `${v.key}=${printable(String(cell[v.key]))}`);
  const seeds = `seed${study.manifest.seeds.length === 1 ? '' : 's'} ${printable(formatSeeds(study.manifest.seeds))}`;
  return [printable(systems), ...settings, seeds].filter((part) => part !== '').join('; ');
}

export function sourceIn(study: SourcedStudy, file: keyof typeof RESULT_FILES, metric: string, cell = ''): Source {
  return { file: `${study.folder}/${RESULT_FILES[file]}`, metric, cell };
}

/** `946 ms [874–1,020]` of one system in one cell; undefined where no trial reports it. */
export function estimate(study: SourcedStudy, cell: Cell, system: string, metricName: string): Sourced | undefined {
  const metric = requireMetric(metricName);
  const found = metricOf(findRow(study, cell, system), metricName);
  if (found === undefined || !Number.isFinite(found.mean)) return undefined;
  return sourced(formatEstimate(found.mean, found.low, found.high, unitBeside(metric)), sourceIn(study, 'summary', metricName, cellOf(study, system, cell)), found.mean);
}

/** The same without its interval, where the interval stands elsewhere in the sentence. */
export function mean(study: SourcedStudy, cell: Cell, system: string, metricName: string): Sourced | undefined {
  const found = metricOf(findRow(study, cell, system), metricName);
  if (found === undefined || !Number.isFinite(found.mean)) return undefined;
  return sourced(formatMeasure(found.mean, unitBeside(requireMetric(metricName))), sourceIn(study, 'summary', metricName, cellOf(study, system, cell)), found.mean);
}

/** The unit to print beside a value whose metric is named in the same sentence: none where the name says it ('mean hops'). */
export function unitBeside({ label, unit }: Metric): string {
  return label.toLowerCase().includes(unit.toLowerCase()) ? '' : unit;
}

/** `34 % longer (95 % interval 30–38 %)`: a paired ratio of means in words. */
export function changeOf(study: SourcedStudy, ratio: Interval, metricName: string, what: string, cell: Cell | undefined): Sourced {
  // No line ends between a number and its per cent.
  return sourced(change(ratio, metricName).replaceAll(' %', '\u00A0%'), sourceIn(study, 'trials', `${metricName}, paired ratio of means`, cellOf(study, what, cell)), ratio.estimate);
}

/** A share, a count or another number that was reckoned from all trials of the study. */
export function reckoned(study: SourcedStudy, value: number, unit: string, what: string, systems = ''): Sourced {
  return sourced(unit === '' ? formatCount(value) : formatMeasure(value, unit, 2), sourceIn(study, 'trials', what, cellOf(study, systems, undefined)), value);
}

/** The label of a system, as the results give it. */
export function labelOf(study: SourcedStudy, system: string): Sourced {
  const label = study.systems.find(({ name }) => name === system)?.label ?? system;
  return sourced(label, sourceIn(study, 'manifest', 'systems', printable(system)));
}

/** A setting in words: `replicas per chunk 3`; 'the one setting of this study' without a sweep. */
export function settingOf(study: SourcedStudy, cell: Cell): Prose {
  const text = describeCell(study, cell);
  if (text === '') return prose`the one setting of this study`;
  return [sourced(text, sourceIn(study, 'manifest', 'cells', study.variables.map((v) => printable(v.key)).join(', ')))];
}

export function variableOf(study: SourcedStudy, variable: SweptVariable): Sourced {
  return sourced(variable.label, sourceIn(study, 'manifest', 'sweep', printable(variable.key)));
}

export function valueOf(study: SourcedStudy, variable: SweptVariable, raw: CellValue): Sourced {
  return sourced(valueText(variable, raw), sourceIn(study, 'manifest', 'sweep', printable(variable.key)));
}

/** A value of the resolved config; undefined where it has none of this key, or a whole section. */
export function configured(study: SourcedStudy, key: string): Sourced | undefined {
  const value = configValue(study.config, key);
  if (value === undefined || (typeof value === 'object' && value !== null)) return undefined;
  return sourced(sweptText(value as CellValue), sourceIn(study, 'config', key));
}

/** Free text of the manifest: name, question. */
export function quoted(study: SourcedStudy, field: 'name' | 'question'): Sourced {
  return sourced(printable(study.manifest[field]), sourceIn(study, 'manifest', field));
}

/** Metrics named after an activity: what is measured is its time. */
const PARTS = /^(?:routing|retrieval|queueing|lookup|transfer|copy|adjust|prefill)Ms$/;

/** A metric's name inside a sentence: 'mean TTFT', 'P99 TTFT', 'transfer time'. */
export function metricWords(metricName: string): string {
  const words = requireMetric(metricName).label.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
  return PARTS.test(metricName) ? `${words} time` : words;
}
