import { type Block, type Section, list, paragraph } from '../../prose/blocks.ts';
import { type Prose, joined, listed, prose, sentence } from '../../prose/inline.ts';
import { changeOf, labelOf, metricWords, quoted } from '../../prose/quantities.ts';
import { SUBJECT } from '../../scorecard/readings.ts';
import { crossing } from '../../told/duels.ts';
import { correctness } from '../../told/overlays.ts';
import { baselines, compare } from '../../summary/comparisons.ts';
import { type ReportInput, confidence, countOver, defaultStudy, storyNamed } from '../report-input.ts';

export function abstract(input: ReportInput): Section {
  return {
    kind: 'section', id: 'abstract', title: prose`Abstract`, layout: 'plain',
    blocks: [paragraph(prose`When does it pay to fetch a precomputed KV cache from peers instead of recomputing it, or reading it from one central store, and how should the peers be organised? A deterministic discrete-event simulator puts overlays, links, stores, queues and GPUs on one clock and runs every system on the same requests; what stitching and compressing caches does to text is measured on real models beside it. ${extent(input)}`), answers(input)],
  };
}

/** How much was run. */
export function extent({ stories }: ReportInput): Prose {
  const sum = (of: (story: (typeof stories)[number]) => number): number => stories.reduce((total, story) => total + of(story), 0);
  if (stories.length === 0) return prose`There are no results yet.`;
  const studies = countOver(stories.length, '*/manifest.json', 'name');
  const trials = countOver(sum(({ study }) => study.manifest.trials), '*/manifest.json', 'trials');
  const runs = countOver(sum(({ study }) => study.manifest.runs), '*/manifest.json', 'runs');
  return prose`The results behind it are ${studies} studies with ${trials} trials, of which ${runs} were run and the rest share a run; intervals are ${confidence()} across seeds.`;
}

function answers(input: ReportInput): Block {
  const told = [inDefault(input), targets(input), breakEven(input), routing(input), overlays(input)].filter((text) => text.length > 0);
  return list(told.length === 0 ? [prose`No results are there to answer from; the last section lists the commands that make them.`] : told);
}

/** The default setting: peers against each baseline. */
export function inDefault(input: ReportInput): Prose {
  const study = defaultStudy(input);
  const subject = study?.systems.find(({ name }) => name === SUBJECT);
  if (study === undefined || subject === undefined || study.manifest.seeds.length < 2) return [];
  const against = baselines(study).flatMap((baseline): Prose[] => {
    const found = compare(study, subject, baseline, study.reference, 'ttftMeanMs');
    return found === undefined ? [] : [prose`against ${labelOf(study, baseline.name)}, ${changeOf(study, found.ratio, 'ttftMeanMs', `${SUBJECT} ÷ ${baseline.name}`, study.reference)}`];
  });
  if (against.length === 0) return [];
  return prose`In the default setting (study ${quoted(study, 'name')}), the ${metricWords('ttftMeanMs')} of ${labelOf(study, SUBJECT)} is: ${joined(against, '; ')}.`;
}

/** Targets met and missed. */
export function targets({ board }: ReportInput): Prose {
  const judged = board.filter(({ verdict }) => verdict !== 'unmeasured');
  if (judged.length === 0) return [];
  const count = (verdict: string): Prose => [countOver(judged.filter((row) => row.verdict === verdict).length, '*/trials.jsonl', `targets: ${verdict}`)];
  const named = (verdict: string): Prose => {
    const titles = judged.filter((row) => row.verdict === verdict).map(({ target }): Prose => title(target.title, target.name));
    return titles.length === 0 ? [] : prose` (${listed(titles)})`;
  };
  return prose`Of the ${countOver(judged.length, '*/trials.jsonl', 'targets judged')} targets of the research plan that these results can judge, ${count('pass')} are met in the default regime${named('pass')} and ${count('fail')} are missed${named('fail')}; the others are undecided or do not count.`;
}

/** The name of a target, which states its own setting. */
export function title(text: string, name: string): Prose {
  return [{ kind: 'sourced', text, source: { file: 'reports/scorecard/targets.ts', metric: name, cell: 'title' } }];
}

function breakEven(input: ReportInput): Prose {
  const story = storyNamed(input, 'break-even');
  return story === undefined ? [] : (crossing('ttftMeanMs', 'network.down', { against: 'no-reuse' })(story.study).at(0)?.text ?? []);
}

function routing(input: ReportInput): Prose {
  const story = storyNamed(input, 'prefix-routing');
  return story === undefined ? [] : (crossing('ttftMeanMs', 'network.latency', { subject: 'prefix-routing', against: 'least-loaded-routing' })(story.study).at(0)?.text ?? []);
}

function overlays(input: ReportInput): Prose {
  const story = storyNamed(input, 'dht-comparison');
  const told = story === undefined ? undefined : correctness(story.study).at(-1);
  return told === undefined ? [] : sentence(told.text);
}
