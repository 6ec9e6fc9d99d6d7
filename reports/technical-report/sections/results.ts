import { type Block, type Section, paragraph } from '../../prose/blocks.ts';
import { code, prose, sourced } from '../../prose/inline.ts';
import { cellOf, sourceIn } from '../../prose/quantities.ts';
import { CHAPTERS } from '../catalogue.ts';
import type { ReportInput } from '../report-input.ts';
import { fitting } from '../../told/fitting.ts';
import type { Story } from '../stories.ts';
import { effectsSection } from './effects.ts';

/** Every study among the results, by chapter: question, setting, chart, findings. */
export function results(input: ReportInput): Section {
  const chapters = CHAPTERS.flatMap(({ name, title }): Section[] => {
    const told = input.stories.filter(({ entry }) => entry.chapter === name);
    if (told.length === 0) return [];
    const effects = name === 'variables' ? effectsSection(input) : undefined;
    return [{ kind: 'section', id: `chapter-${name}`, title: prose`${title}`, layout: 'columns', blocks: [...told.map((story, i) => studySection(story, `${name}-${i}`)), ...(effects === undefined ? [] : [effects])] }];
  });
  const intro = chapters.length === 0
    ? prose`There are no results to tell of.`
    : prose`Each study is told in the same way: its question, what was compared, a chart, and what its numbers say, losses of the system in question first. “At” names a setting of the study; where no setting is named it is the study’s reference, its own values of all keys that are not being compared. Bars and brackets are intervals.`;
  return { kind: 'section', id: 'results', title: prose`Results`, layout: 'plain', blocks: [paragraph(intro), ...chapters] };
}

/** Characters of findings beside one chart, so that a chart and its text fill about half a column; what is cut stands in the study's own report. */
const MOST_CHARACTERS = 540;
/** The same where there is no chart. */
const MOST_CHARACTERS_IN_WORDS = 400;

function studySection({ entry, study, question, setting, figures, noFigure, told }: Story, id: string): Section {
  const heading = entry.chapter === 'other' ? prose`${entry.title}: ${sourced(study.folder, sourceIn(study, 'manifest', 'name'))}` : prose`${entry.title}`;
  const shown = fitting(told, figures.length === 0 ? MOST_CHARACTERS_IN_WORDS : MOST_CHARACTERS * Math.max(1, figures.length / 2));
  const blocks: Block[] = [
    ...(question.length === 0 ? [] : [paragraph(question, 'question')]),
    paragraph(prose`${setting} ${sourced(seedsText(study.manifest.seeds.length), sourceIn(study, 'manifest', 'seeds', cellOf(study, '', undefined)), study.manifest.seeds.length)}; results in ${code(`${study.folder}/`)}.`, 'setting'),
    shown.length === 0 ? paragraph(prose`Nothing can be said of it: no trial reports what it is about.`) : { kind: 'list', layout: 'plain', items: shown.map(({ kind, text }) => ({ mark: kind, text })) },
    ...figures.map((figure): Block => ({ kind: 'figure', figure, folder: study.folder })),
    ...(noFigure.length === 0 ? [] : [paragraph(noFigure)]),
    ...(entry.remark === undefined ? [] : [paragraph(entry.remark, 'remark')]),
  ];
  return { kind: 'section', id: `study-${id}`, title: heading, layout: 'study', blocks };
}

function seedsText(count: number): string {
  return count === 1 ? 'One seed' : `${count} seeds`;
}
