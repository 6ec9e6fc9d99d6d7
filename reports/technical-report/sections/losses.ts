import { type Block, type Section, list, paragraph, table } from '../../prose/blocks.ts';
import { type Inline, type Prose, prose } from '../../prose/inline.ts';
import { changeOf, labelOf, quoted, reckoned, settingOf } from '../../prose/quantities.ts';
import { type Comparison, baselines, compareEverywhere, relevantVerdict, subjects } from '../../summary/comparisons.ts';
import { farthest } from '../../told/duels.ts';
import type { ReportInput } from '../report-input.ts';
import type { Story } from '../stories.ts';

/** The metrics on which a loss is told. */
const METRICS = ['ttftMeanMs', 'throughputRps'] as const;

interface Loss {
  readonly story: Story;
  readonly worse: readonly Comparison[];
  readonly of: number;
  readonly worst: Comparison;
}

/** A study with many systems would fill the table by itself. */
const MOST_OF_A_STUDY = 2;

/** Studies and baselines to which a peer-to-peer system loses anywhere, the farthest first, and of each study no more than the two farthest. */
export function lossesOf({ stories }: ReportInput): Loss[] {
  const losses = stories.filter(({ study }) => study.manifest.seeds.length > 1).flatMap((story) => subjects(story.study).flatMap((subject) => METRICS.flatMap((metric) => baselines(story.study).flatMap((baseline): Loss[] => {
    const all = compareEverywhere(story.study, subject, baseline, metric);
    const worse = all.filter((c) => relevantVerdict(c) === 'worse');
    return worse.length === 0 ? [] : [{ story, worse, of: all.length, worst: farthest(worse) }];
  }))));
  const distance = ({ worst }: Loss): number => Math.abs(Math.log(Math.max(worst.ratio.estimate, 1e-12)));
  const taken = new Map<Story, number>();
  return losses.sort((a, b) => distance(b) - distance(a)).filter(({ story }) => {
    const count = (taken.get(story) ?? 0) + 1;
    taken.set(story, count);
    return count <= MOST_OF_A_STUDY;
  });
}

export function lossRow({ story: { study }, worse, of, worst }: Loss): Prose[] {
  const what = `settings lost on ${worst.metric}`;
  const count = (n: number): Inline => reckoned(study, n, '', what, `${worst.system.name} against ${worst.baseline.name}`);
  return [
    [quoted(study, 'name')], prose`${labelOf(study, worst.system.name)} to ${labelOf(study, worst.baseline.name)}`, prose`${count(worse.length)} of ${count(of)}`,
    prose`${worst.metric === 'throughputRps' ? 'throughput' : 'mean TTFT'} ${changeOf(study, worst.ratio, worst.metric, `${worst.system.name} ÷ ${worst.baseline.name}`, worst.cell)}`, settingOf(study, worst.cell),
  ];
}

/** Rows of the table; the rest is in each study's own section. */
const MOST_ROWS = 12;

/** Where peers lose, before a reader has to look for it. */
export function losses(input: ReportInput): Section {
  const found = lossesOf(input);
  const blocks: Block[] = found.length === 0
    ? [paragraph(prose`No study among these results has a setting in which a peer-to-peer system clearly loses to a baseline on mean TTFT or throughput, or too few seeds were run to tell.`)]
    : [
        paragraph(prose`Fetching is a bet that bytes arrive sooner than they could be computed. It is lost where GPUs are fast and idle, links slow, popular chunks few enough to fill the uplinks of their holders, or caches too large for what is left of the prompt. The next table counts the settings that a peer-to-peer system loses to a baseline, with the one where it loses most; of each study it has the two farthest.`),
        table(prose`Where peers lose, farthest first`, ['Study', 'Who loses', 'Settings', 'By how much, at most', 'Where'], found.slice(0, MOST_ROWS).map(lossRow)),
      ];
  const missed = input.board.filter(({ verdict }) => verdict === 'fail' || verdict === 'void');
  const targets = missed.map(({ target, measured }): Prose => prose`${[{ kind: 'sourced', text: `${target.title} (${target.goal})`, source: { file: 'reports/scorecard/targets.ts', metric: target.name, cell: 'goal' } }]}: ${measured}.`);
  return {
    kind: 'section', id: 'losses', title: prose`Where peer to peer loses`, layout: 'plain',
    blocks: [...blocks, ...(targets.length === 0 ? [] : [paragraph(prose`Targets of the plan that are missed, or not judged by their rule, in the default regime:`), list(targets)])],
  };
}
