/** A talk of twenty to thirty minutes from the same results as the technical report. */
import { type Block, list, paragraph, table } from '../prose/blocks.ts';
import { type Prose, code, plainText, prose, sourced } from '../prose/inline.ts';
import { cellOf, sourceIn } from '../prose/quantities.ts';
import { VERDICT_WORDS } from '../scorecard/scorecard-table.ts';
import { formatSeeds } from '../study/number-format.ts';
import { printable } from '../study/printable.ts';
import { fitting } from '../told/fitting.ts';
import { commandOf } from '../technical-report/catalogue.ts';
import { type ReportInput, defaultStudy } from '../technical-report/report-input.ts';
import { abstract, extent, inDefault, targets } from '../technical-report/sections/abstract.ts';
import { defaultItems, design } from '../technical-report/sections/design.ts';
import { lossRow, lossesOf } from '../technical-report/sections/losses.ts';
import { stated } from '../technical-report/sections/scorecard.ts';
import { validation } from '../technical-report/sections/validation.ts';
import type { Story } from '../technical-report/stories.ts';
import type { Slide } from './slide.ts';

/** Studies with a slide of their own, the most telling first. */
const PREFERRED = [
  'break-even', 'paper', 'scaling', 'parallel-sources', 'baselines', 'quality-frontier', 'prefix-routing', 'grand-comparison', 'dht-comparison', 'dht-scaling', 'faults',
  'long-context', 'load', 'tenant-isolation', 'prefetch-threshold', 'prefix-hotspots', 'dht-churn', 'replication',
];
/** With the other slides this makes a talk of at most half an hour. */
const MOST_STUDIES = 11;

export function slides(input: ReportInput): Slide[] {
  return [
    titleSlide(input), question(), systems(input), fairness(input), measurement(input), models(), checks(input), text(input),
    ...scorecard(input), ...losses(input), ...chosen(input).map(studySlide), answers(input), limits(), again(input), ...missing(input),
  ];
}

function slide(id: string, title: Prose, blocks: readonly Block[], notes: readonly Prose[], footer: Prose = []): Slide {
  return { id, title, layout: 'text', blocks, notes, footer };
}

function titleSlide(input: ReportInput): Slide {
  return {
    id: 'title', layout: 'title', title: prose`When does it pay to fetch a KV cache from peers?`, footer: [],
    blocks: [paragraph(prose`P2P-RAGCache: a deterministic simulator of peer-to-peer KV-cache serving`), paragraph(extent(input), 'setting')],
    notes: [prose`Everything shown was generated from saved results; each number carries the file, the metric and the cell that it was read from. Press n for these notes, the arrows, Home and End to move.`],
  };
}

function question(): Slide {
  return slide('question', prose`The question`, [list([
    prose`A retrieval-augmented request puts long chunks of text in front of a short question.`,
    prose`Computing their keys and values takes most of the time to first token, and the same chunks come again and again.`,
    prose`So keep the caches: on the node, in one central store, or spread over the nodes and found through an overlay.`,
    prose`Or leave them where they are, and send the requests to them.`,
    prose`Each is a bet that bytes, or requests, move faster than a GPU computes. When is it won?`,
  ])], [prose`The bet depends on the GPU, the link, the size of the cache, on who else is using the link, and on how long the queue is. That is why it takes a simulator with all of them on one clock.`]);
}

function systems(input: ReportInput): Slide {
  return slide('systems', prose`Systems under test`, design(input).blocks.filter(({ kind }) => kind === 'table'), [prose`All of them share one request pipeline. They differ in one place: where it gets KV from, or which node a request goes to.`]);
}

function fairness(input: ReportInput): Slide {
  const items = defaultItems(defaultStudy(input));
  const half = Math.ceil(items.length / 2);
  const rows = items.slice(0, half).map(([name, value], i): Prose[] => {
    const [other, otherValue] = items[half + i] ?? [prose`–`, prose`–`];
    return [name, value, other, otherValue];
  });
  return slide('fairness', prose`A fair comparison`, [
    list([
      prose`The same GPUs, model, requests, retrieval, routing and seeds for all systems.`,
      prose`One server with the NIC and the drive of a peer holds the whole corpus; peers hold what fits.`,
      prose`Connections, compression and prefetch are there for every baseline too.`,
    ]),
    ...(rows.length === 0 ? [paragraph(prose`No study of the default setting is among the results.`)] : [table(prose`The default setting`, ['Key', 'Value', 'Key', 'Value'], rows)]),
  ], [prose`No baseline is denied what peers have. The corpus is larger than what peers hold, so that capacity matters.`, inDefault(input)].filter((note) => note.length > 0));
}

function measurement(input: ReportInput): Slide {
  return slide('measurement', prose`How it is measured`, design(input).blocks.filter(({ kind }) => kind === 'list'), [prose`Systems see the same requests, seed by seed, so differences are paired. Nothing is called better unless its interval excludes zero.`]);
}

function models(): Slide {
  return slide('models', prose`What is simulated, and what is not`, [list([
    prose`Overlays are message protocols: nodes know what messages told them, crashes are found by timeout.`,
    prose`Bulk data are fluid flows under max-min fairness, with drives and per-connection caps as links.`,
    prose`GPUs take time by cost models fitted to published measurements, with batching, KV blocks and preemption.`,
    prose`Codecs, rotation of keys and a small transformer are real code: what stitching does to text is measured.`,
    prose`Every part of a TTFT is found on its critical path; the parts add up exactly.`,
  ])], [prose`Each model has a page with its equations, the source of each constant, and where it stops being valid. A question outside that range is answered and flagged.`]);
}

function checks(input: ReportInput): Slide {
  const blocks = validation(input).blocks.filter((block) => block.kind !== 'table' || plainText(block.caption).startsWith('Overlays beside'));
  const told = blocks.filter((block) => block.kind === 'table' || (block.kind === 'paragraph' && plainText(block.text).includes('validate:overlay'))).slice(0, 2);
  return slide('checks', prose`Overlays beside the tables of their papers`, told, [prose`The misses are printed like the hits, and what is behind each stands in the documentation.`]);
}

function text(input: ReportInput): Slide {
  const blocks = validation(input).blocks.filter((block) => block.kind === 'table' && plainText(block.caption).startsWith('What stitching'));
  const none = paragraph(prose`No table of ${code('npm run quality')} is there.`);
  return slide('text', prose`What stitching does to text`, [
    ...(blocks.length === 0 ? [none] : blocks), paragraph(prose`Caches of chunks that were computed apart stand at wrong positions. Rotating their keys restores most of what a full prefill would say; wrong positions do not.`),
  ], [prose`Measured on small models with real tensors. They say how policies and levels order, not what a large model would lose.`]);
}

function scorecard(input: ReportInput): Slide[] {
  return [slide('scorecard', prose`Scorecard of the research plan`, [
    table(prose`Judged in the default regime`, ['Target', 'Goal', 'Verdict', 'Measured'], input.board.map(({ target, verdict, measured }) => [stated(target, 'title'), stated(target, 'goal'), prose`${VERDICT_WORDS[verdict]}`, measured])),
  ], [targets(input), prose`A target missed in the default regime stays missed, wherever else it is met.`].filter((note) => note.length > 0))];
}

const MOST_LOSSES = 7;

function losses(input: ReportInput): Slide[] {
  const found = lossesOf(input);
  const blocks = found.length === 0
    ? [paragraph(prose`No study among these results has a setting in which peers clearly lose, or too few seeds were run to tell.`)]
    : [table(prose`The farthest losses, of each study no more than two`, ['Study', 'Who loses', 'Settings', 'By how much, at most', 'Where'], found.slice(0, MOST_LOSSES).map(lossRow))];
  return [slide('losses', prose`Where peers lose`, blocks, [prose`Fetching loses where the GPU is fast and idle, the link slow, or popular chunks fill the uplinks of their holders.`])];
}

/** At most so many studies, in the order of the report; the preferred ones first, then others that are there. */
function chosen({ stories }: ReportInput): Story[] {
  const rank = ({ entry }: Story): number => (PREFERRED.includes(entry.folder) ? PREFERRED.indexOf(entry.folder) : PREFERRED.length);
  const picked = new Set([...stories].sort((a, b) => rank(a) - rank(b)).slice(0, MOST_STUDIES));
  return stories.filter((story) => picked.has(story));
}

/** Characters of text that fit beside a chart. */
const MOST_CHARACTERS = 900;

function studySlide({ entry, study, question: asked, setting, figures, noFigure, told }: Story): Slide {
  const shown = fitting(told, MOST_CHARACTERS);
  const rest = told.filter((each) => !shown.includes(each));
  const { seeds, configHash } = study.manifest;
  const heading = entry.chapter === 'other' ? prose`${entry.title}: ${sourced(study.folder, sourceIn(study, 'manifest', 'name'))}` : prose`${entry.title}`;
  return {
    id: `study-${printable(study.folder).replace(/[^a-z0-9]+/gi, '-')}`, layout: figures.length === 0 ? 'text' : 'chart', title: heading,
    blocks: [
      ...figures.slice(0, 1).map((figure): Block => ({ kind: 'figure', figure, folder: study.folder })),
      ...(noFigure.length === 0 ? [] : [paragraph(noFigure)]),
      shown.length === 0 ? paragraph(prose`Nothing can be said of it: no trial reports what it is about.`) : { kind: 'list', layout: 'plain', items: shown.map(({ kind, text: item }) => ({ mark: kind, text: item })) },
    ],
    notes: [asked, setting, ...rest.map(({ text: item }) => item), ...(entry.remark === undefined ? [] : [entry.remark])].filter((note) => note.length > 0),
    footer: prose`results in ${code(`${study.folder}/`)}, ${sourced(`seeds ${printable(formatSeeds(seeds))}`, sourceIn(study, 'manifest', 'seeds'))}, ${sourced(`config ${configHash.slice(0, 12)}`, sourceIn(study, 'manifest', 'configHash', cellOf(study, '', undefined)))}`,
  };
}

function answers(input: ReportInput): Slide {
  return slide('answers', prose`What to take away`, abstract(input).blocks.filter(({ kind }) => kind === 'list'), [prose`Each of these sentences is filled from results; the report has the chart and the table behind it.`]);
}

function limits(): Slide {
  return slide('limits', prose`What could be wrong`, [list([
    prose`Intervals cover the noise of the workload, not the error of the cost models; the report has both.`,
    prose`Bulk data are fluid: no packets, no slow start, no loss of bulk data.`,
    prose`Requests are synthetic unless a trace is named; the central store is one server of ours.`,
    prose`Quality was measured on small models; nothing is claimed of the large one that is simulated.`,
    prose`Nodes are alike, and hardware is equal, not cost.`,
  ])], [prose`The simulator can also be wrong in ways its tests do not see: hence second implementations, invariants and digests.`]);
}

function again(input: ReportInput): Slide {
  return slide('again', prose`Run it again`, [
    paragraph(prose`The same config and seed give the same bytes on any machine, with any number of workers, interrupted or not.`),
    { kind: 'commands', lines: ['npm ci', 'npm run experiment -- configs/replication.yaml', 'npm run report -- --make', 'npm run report'] },
    paragraph(prose`Report and deck are generated from saved results; ${code('numbers.json')} beside them lists every number with its file, metric and cell. ${extent(input)}`),
  ], [prose`A config is a YAML file with a question; one command gives charts, tables and this deck.`]);
}

const MOST_MISSING = 10;

function missing(input: ReportInput): Slide[] {
  if (input.missing.length === 0) return [];
  const shown = input.missing.slice(0, MOST_MISSING);
  const more = input.missing.length > shown.length ? prose` The report lists the others.` : [];
  return [slide('missing', prose`Not shown: no results yet`, [
    paragraph(prose`Nothing is said of these studies; each is made by ${code('npm run report -- --make')} or by its own command.${more}`),
    list(shown.map((entry): Prose => prose`${entry.title}: ${code(commandOf(entry))}`)),
  ], [prose`This slide is gone once all results are there.`])];
}
