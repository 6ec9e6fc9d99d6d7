import { type Prose, listed, prose, sentence, sourced } from '../prose/inline.ts';
import { type SourcedStudy, cellOf, estimate, labelOf, mean, metricWords, settingOf, sourceIn } from '../prose/quantities.ts';
import { requireMetric } from '../study/metric.ts';
import { findRow } from '../study/study.ts';
import { printable } from '../study/printable.ts';
import { type Teller, note, notReported, subjectOf } from './told.ts';

/** More systems than this make a list nobody reads: the best and the last are told. */
const MOST_SYSTEMS = 5;

/** A metric of every system at the study's reference setting, best first. */
export function levels(metricName: string): Teller {
  return (study) => {
    const metric = requireMetric(metricName);
    const found = study.systems.flatMap(({ name }) => {
      const shown = estimate(study, study.reference, name, metricName);
      return shown === undefined ? [] : [{ name, shown }];
    });
    if (found.length === 0) return [notReported(metricName)];
    const sign = metric.better === 'higher' ? -1 : 1;
    const ranked = [...found].sort((a, b) => sign * (a.shown.value! - b.shown.value!));
    const shown = ranked.length <= MOST_SYSTEMS ? ranked : [...ranked.slice(0, MOST_SYSTEMS - 1), ranked.at(-1)!];
    const items = shown.map((each, i): Prose => {
      const last = i === shown.length - 1 && shown.length < ranked.length ? 'last ' : '';
      return prose`${last}${each.shown} with ${labelOf(study, each.name)}`;
    });
    return [note(prose`${where(study)}, the ${metricWords(metricName)} is ${listed(items)}.`)];
  };
}

/** 'At replicas per chunk 3', 'In the study’s own setting', 'In its one setting'. */
export function where(study: SourcedStudy): Prose {
  if (study.variables.length === 0) return prose`In the one setting of this study`;
  return prose`At ${settingOf(study, study.reference)}`;
}

/** Where a metric of one system is least and most over all settings. */
export function range(metricName: string, systemName?: string): Teller {
  return (study) => {
    const system = subjectOf(study, systemName);
    if (system === undefined) return [];
    const found = study.cells.flatMap((cell) => {
      const shown = estimate(study, cell, system.name, metricName);
      return shown === undefined ? [] : [{ cell, shown }];
    });
    if (found.length === 0) return [notReported(metricName)];
    const sorted = [...found].sort((a, b) => a.shown.value! - b.shown.value!);
    const [least, most] = [sorted[0], sorted.at(-1)!];
    const what = prose`The ${metricWords(metricName)} of ${labelOf(study, system.name)}`;
    if (least.shown.value === most.shown.value) return [note(prose`${what} is ${least.shown} in every setting.`)];
    return [note(prose`${what} runs from ${least.shown} at ${settingOf(study, least.cell)} to ${most.shown} at ${settingOf(study, most.cell)}.`)];
  };
}

/** The busiest resource of each system at the reference setting. */
export const bottlenecks: Teller = (study) => {
  const items = study.systems.flatMap(({ name }): Prose[] => {
    const row = findRow(study, study.reference, name);
    const share = mean(study, study.reference, name, 'busiestUtilisation');
    const resource = row !== undefined && Object.hasOwn(row.labels, 'busiestResource') ? row.labels['busiestResource'] : undefined;
    if (share === undefined || resource === undefined) return [];
    const what = sourced(printable(resource), sourceIn(study, 'trials', 'busiestResource', cellOf(study, name, study.reference)));
    return [prose`${what} with ${labelOf(study, name)} (${share})`];
  });
  return items.length === 0 ? [] : [note(sentence(prose`${where(study)}, the busiest resource is ${listed(items)}.`))];
};
