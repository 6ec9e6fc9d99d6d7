import { type Block, type Section, paragraph } from '../../prose/blocks.ts';
import { code, prose, sourced } from '../../prose/inline.ts';
import { cellOf, sourceIn } from '../../prose/quantities.ts';
import { CHAPTERS } from '../catalogue.ts';
import type { ReportInput } from '../report-input.ts';
import type { Story } from '../stories.ts';

/** Every study among the results, by chapter: question, setting, chart, findings. */
export function results(input: ReportInput): Section {
  const chapters = CHAPTERS.flatMap(({ name, title }): Section[] => {
    const told = input.stories.filter(({ entry }) => entry.chapter === name);
    if (told.length === 0) return [];
    return [{ kind: 'section', id: `chapter-${name}`, title: prose`${title}`, layout: 'columns', blocks: told.map((story, i) => studySection(story, `${name}-${i}`)) }];
  });
  const intro = chapters.length === 0
    ? prose`There are no results to tell of.`
    : prose`Each study is told in the same way: its question, what was compared, a chart, and what its numbers say, losses of the system in question first. “At” names a setting of the study; where no setting is named it is the study’s reference, its own values of all keys that are not being compared. Bars and brackets are intervals.`;
  return { kind: 'section', id: 'results', title: prose`Results`, layout: 'plain', blocks: [paragraph(intro), ...chapters] };
}

const ORDER = ['loss', 'unclear', 'win', 'note'] as const;

function studySection({ entry, study, question, setting, figures, noFigure, told }: Story, id: string): Section {
  const heading = entry.chapter === 'other' ? prose`${entry.title}: ${sourced(study.folder, sourceIn(study, 'manifest', 'name'))}` : prose`${entry.title}`;
  // The sort is stable, so tellers keep their order among findings of a kind.
  const sorted = [...told].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const blocks: Block[] = [
    ...(question.length === 0 ? [] : [paragraph(question, 'question')]),
    paragraph(prose`${setting} ${sourced(seedsText(study.manifest.seeds.length), sourceIn(study, 'manifest', 'seeds', cellOf(study, '', undefined)), study.manifest.seeds.length)}; results in ${code(`${study.folder}/`)}.`, 'setting'),
    ...figures.map((figure): Block => ({ kind: 'figure', figure, folder: study.folder })),
    ...(noFigure.length === 0 ? [] : [paragraph(noFigure)]),
    sorted.length === 0 ? paragraph(prose`Nothing can be said of it: no trial reports what it is about.`) : { kind: 'list', items: sorted.map(({ kind, text }) => ({ mark: kind, text })) },
    ...(entry.remark === undefined ? [] : [paragraph(entry.remark, 'remark')]),
  ];
  return { kind: 'section', id: `study-${id}`, title: heading, layout: 'study', blocks };
}

function seedsText(count: number): string {
  return count === 1 ? 'One seed' : `${count} seeds`;
}
