import { type Block, type Section, fineList, list, paragraph } from '../../prose/blocks.ts';
import { type Prose, code, joined, prose, sourced } from '../../prose/inline.ts';
import { cellOf, sourceIn } from '../../prose/quantities.ts';
import { formatCount, formatSeeds } from '../../study/number-format.ts';
import { printable } from '../../study/printable.ts';
import { commandOf } from '../catalogue.ts';
import type { ReportInput } from '../report-input.ts';
import type { Story } from '../stories.ts';
import { validationCommands } from './validation.ts';

const HASH_DIGITS = 12;

/** What is needed to make every number again. */
export function provenance(input: ReportInput): Section {
  return {
    kind: 'section', id: 'provenance', title: prose`Provenance`, layout: 'plain',
    blocks: [
      paragraph(prose`Every number in this report was read from a file and carries its source: results file, metric and cell stand in the attribute ${code('data-source')}, are shown when it is clicked or focused, and are listed in ${code('numbers.json')} beside the report. Means and intervals are those of ${code('summary.csv')}; paired ratios and shares of variation are reckoned from ${code('trials.jsonl')}.`),
      ...studyTable(input),
      ...missingStudies(input),
      ...unusable(input),
      paragraph(prose`All results at once, then this report and the deck:`),
      { kind: 'commands', lines: ['npm ci', 'npm run report -- --make --dry-run', 'npm run report -- --make', 'npm run report'] },
      paragraph(prose`The tables of the section on validation:`),
      { kind: 'commands', lines: validationCommands(input) },
    ],
  };
}

function studyTable({ stories }: ReportInput): Block[] {
  if (stories.length === 0) return [];
  const packages = [...new Set(stories.map(({ study }) => `${study.manifest.package.name} ${study.manifest.package.version}`))].map(printable);
  return [
    paragraph(prose`Made by ${joined(packages.map((text): Prose => [sourced(text, { file: '*/manifest.json', metric: 'package', cell: '' })]), ', ')}. A study is made by ${code('npm run experiment -- configs/<name>.yaml')} where no command is given; ${code('npm run experiment -- results/<name>/config.resolved.yaml')} repeats exactly what was run, seeds included.`),
    fineList(stories.map(studyLine)),
  ];
}

function studyLine({ entry, study }: Story): Prose {
  const { manifest } = study;
  const from = (text: string, metric: string, value?: number): Prose => [sourced(text, sourceIn(study, 'manifest', metric, cellOf(study, '', undefined)), value)];
  // The command of a study that is a config as it stands follows from its name.
  const plain = entry.chapter !== 'other' && entry.folder === entry.config && study.folder === entry.folder;
  const command = plain ? [] : prose`: ${code(entry.chapter === 'other' ? `npm run experiment -- results/${study.folder}/config.resolved.yaml` : commandOf(entry))}`;
  return prose`${code(study.folder)} config ${from(manifest.configHash.slice(0, HASH_DIGITS), 'configHash')}, seeds ${from(printable(formatSeeds(manifest.seeds)), 'seeds')}, ${from(formatCount(manifest.trials), 'trials', manifest.trials)} trials, ${from(formatCount(manifest.runs), 'runs', manifest.runs)} runs${command}`;
}

/** Studies that the report knows and has no results of, with the command that makes them. */
function missingStudies({ missing }: ReportInput): Block[] {
  if (missing.length === 0) return [paragraph(prose`No study that this report knows is missing among the results.`)];
  return [
    paragraph(prose`These studies are missing among the results, so the report says nothing of them; each command makes one, and ${code('npm run report -- --make')} makes them all:`),
    fineList(missing.map((entry): Prose => prose`${entry.title}: ${code(commandOf(entry))}`)),
  ];
}

function unusable(input: ReportInput): Block[] {
  if (input.unusable.length === 0) return [];
  return [
    paragraph(prose`These folders could not be used:`),
    list(input.unusable.map(({ folder, reason }): Prose => [code(folder), ': ', sourced(reason, { file: folder, metric: '', cell: '' })])),
  ];
}
