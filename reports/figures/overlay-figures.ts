/** Which charts fit a study of overlay protocols. */
import { metricOf } from '../study/metric.ts';
import { type Study, isCrossed } from '../study/study.ts';
import { costPerformance } from './cost-performance.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { hopDistribution } from './hop-distribution.ts';
import { metricBySystem } from './metric-by-system.ts';
import { metricByVariable } from './metric-by-variable.ts';

/** Keys that say what overlays are put through; a frontier over them would compare circumstances, not settings. */
const CONDITIONS = /^(nodes|idBits|start|join|network|failures|churn|lookups|values|balanceKeys)\b/;

/** Charts in the order of a report; those whose metric says nothing here are left out. */
export function overlayFigures(study: Study): (FigureDraft | Omission)[] {
  const tuned = study.variables.length > 0 && study.variables.every(({ key }) => !CONDITIONS.test(key));
  const frontier = tuned && reports(study, 'maintenanceBytesPerNode') ? costFigures(study) : [];
  const metrics: readonly [name: string, drawn: boolean][] = [
    ['hopsMean', true],
    ['lookupP50Ms', true],
    ['lookupP95Ms', true],
    // Where nothing failed the summary says so; a chart of zeros would say no more.
    ['failedShare', study.rows.some((row) => (metricOf(row, 'failedShare')?.mean ?? 0) > 0)],
    ['correctShare', hasPublished(study, 'correctShare')],
    ['timeoutsPerLookup', hasPublished(study, 'timeoutsPerLookup') || study.rows.some((row) => (metricOf(row, 'timeoutsPerLookup')?.mean ?? 0) > 0)],
    ['messagesPerLookup', true],
    ['maintenanceBytesPerNode', reports(study, 'maintenanceBytesPerNode')],
    ['joinMessages', reports(study, 'joinMessages')],
    ['tableEntriesMean', true],
    ['staleShare', study.rows.some((row) => (metricOf(row, 'staleShare')?.mean ?? 0) > 0)],
    ['keyMaxOverMean', reports(study, 'keyMaxOverMean')],
  ];
  const charts = metrics.filter(([, drawn]) => drawn).flatMap(([name]) => byVariable(study, name));
  return [...frontier, ...charts.slice(0, 1), hopDistribution(study), ...charts.slice(1)];
}

/** Maintenance traffic against how fast lookups are and how many fail. */
export function costFigures(study: Study): (FigureDraft | Omission)[] {
  return [costPerformance(study, 'maintenanceBytesPerNode', 'lookupP50Ms'), costPerformance(study, 'maintenanceBytesPerNode', 'failedShare')];
}

function byVariable(study: Study, name: string): (FigureDraft | Omission)[] {
  const x = study.variables.at(0);
  const y = study.variables.at(1);
  if (x === undefined) return [metricBySystem(study, name)];
  if (y !== undefined && !isCrossed(study, x, y)) return study.variables.map((variable) => metricByVariable(study, name, variable));
  return [metricByVariable(study, name, x, y)];
}

function reports(study: Study, name: string): boolean {
  return study.rows.some((row) => metricOf(row, name) !== undefined);
}

function hasPublished(study: Study, name: string): boolean {
  return (study.manifest.published ?? []).some(({ metric }) => metric === name);
}
