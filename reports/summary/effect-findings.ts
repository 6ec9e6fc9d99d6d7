import { plainText } from '../prose/inline.ts';
import type { Study } from '../study/study.ts';
import { effects } from '../told/sweeps.ts';
import { subjects } from './comparisons.ts';
import type { Finding } from './finding.ts';

/** Which swept keys matter most for a metric, and which pairs beyond their sum: a sentence for each subject, or for every system where there is none. */
export function effectFindings(study: Study, metricName: string): Finding[] {
  const systems = subjects(study).length > 0 ? subjects(study) : study.systems;
  const sourced = { ...study, folder: study.manifest.name };
  return systems.flatMap(({ name }) => effects(metricName, name)(sourced).map(({ text }): Finding => ({ kind: 'note', text: plainText(text) })));
}
