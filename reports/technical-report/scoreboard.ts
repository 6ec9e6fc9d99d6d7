/** The targets of the research plan judged over all studies: in the default regime, and wherever else they are met. */
import { type Prose, joined, prose, sourced } from '../prose/inline.ts';
import { type SourcedStudy, cellOf, quoted, settingOf, sourceIn } from '../prose/quantities.ts';
import { SUBJECT } from '../scorecard/readings.ts';
import { type Score, type Verdict, judge, shownReading } from '../scorecard/scorecard.ts';
import type { Reading, Target } from '../scorecard/target.ts';
import { MOST_PERPLEXITY_INCREASE, TARGETS } from '../scorecard/targets.ts';
import { formatEstimate } from '../study/number-format.ts';
import type { QualityRow, QualityTable } from './quality-tables.ts';

export interface BoardRow {
  readonly target: Target;
  readonly verdict: Verdict;
  readonly measured: Prose;
  /** Where the target is met, or how close it comes. */
  readonly met: Prose;
  readonly commands: readonly string[];
}

/** Studies that stand in the plan's default regime, the first of which with a reading is the one judged. */
const DEFAULT_REGIME = ['paper', 'replication', 'scaling', 'parallel-sources', 'nodes'];

export function makeScoreboard(studies: readonly SourcedStudy[], quality: readonly QualityTable[]): BoardRow[] {
  return TARGETS.map((target) => (target.name === 'perplexity' ? perplexityRow(target, quality) : simulatedRow(target, studies)));
}

interface Judged {
  readonly study: SourcedStudy;
  readonly score: Score;
}

function simulatedRow(target: Target, studies: readonly SourcedStudy[]): BoardRow {
  const judged = studies
    .filter(({ kind, systems }) => kind === 'serving' && systems.some(({ name }) => name === SUBJECT))
    .map((study): Judged => ({ study, score: judge(study, target) }))
    .filter(({ score }) => score.own !== undefined);
  const rank = ({ study, score }: Judged): number => {
    const place = DEFAULT_REGIME.indexOf(study.folder);
    return (place < 0 ? DEFAULT_REGIME.length : place) + (score.verdict === 'void' ? 100 : 0);
  };
  const [own] = [...judged].sort((a, b) => rank(a) - rank(b));
  if (judged.length === 0) return { target, verdict: 'unmeasured', measured: prose`not measured: no study among the results can judge it`, met: [], commands: [target.elsewhere] };
  return { target, verdict: own.score.verdict, measured: measuredIn(own, target), met: metIn(judged, own, target), commands: own.score.commands };
}

function measuredIn({ study, score }: Judged, target: Target): Prose {
  const own = score.own!;
  const barred = own.barred === '' ? [] : prose`; it does not count: ${sourced(own.barred, sourceIn(study, 'trials', 'busiestUtilisation', cellOf(study, SUBJECT, own.cell)))}`;
  return prose`${readingIn(study, target, own)} in study ${quoted(study, 'name')} at ${settingOf(study, own.cell)}${barred}`;
}

function readingIn(study: SourcedStudy, target: Target, reading: Reading): Prose {
  return [sourced(shownReading(target, reading), sourceIn(study, 'trials', `target ${target.name}`, cellOf(study, SUBJECT, reading.cell)), reading.value.estimate)];
}

/** The best setting that meets the target, over all studies; else the one that comes closest. */
function metIn(judged: readonly Judged[], own: Judged, target: Target): Prose {
  const met = judged.flatMap(({ study, score }) => (score.best === undefined ? [] : [{ study, reading: score.best }])).sort((a, b) => b.reading.value.low - a.reading.value.low);
  if (met.length > 0) {
    const [{ study, reading }] = met;
    if (own.score.verdict === 'pass' && study === own.study && reading.cell === own.score.own!.cell) return prose`there, most of all`;
    return prose`most in study ${quoted(study, 'name')} at ${settingOf(study, reading.cell)}: ${readingIn(study, target, reading)}`;
  }
  const counted = judged.flatMap(({ study }) => target.readings(study).filter(({ barred }) => barred === '').map((reading) => ({ study, reading })));
  if (counted.length === 0) return prose`nowhere: no setting counts`;
  const closest = counted.reduce((a, b) => (b.reading.value.estimate > a.reading.value.estimate ? b : a));
  return prose`nowhere; closest in study ${quoted(closest.study, 'name')} at ${settingOf(closest.study, closest.reading.cell)}: ${readingIn(closest.study, target, closest.reading)}`;
}

/** The stitching that the simulator charges for: keys rotated to their true positions, nothing recomputed. */
export const ROTATED = 'adjust';
export const UNCOMPRESSED = 'float32';

/** Model → the row that speaks worst for it, among those of a stitching policy and a level. */
export function worstRow(table: QualityTable, policy: string, level: string): QualityRow | undefined {
  const rows = table.rows.filter((row) => row.policy === policy && row.level === level && row.shift === 'start');
  return rows.length === 0 ? undefined : rows.reduce((a, b) => (b.perplexityIncrease.high > a.perplexityIncrease.high ? b : a));
}

/** `+0.97 % [0.67–1.28]` of one row. */
export function increaseOf(table: QualityTable, row: QualityRow): Prose {
  const { value, low, high } = row.perplexityIncrease;
  return [sourced(formatEstimate(value, low, high, 'fraction'), { file: table.file, metric: 'perplexityIncrease', cell: `${row.policy}, ${row.level}, ${row.chunks} chunks of ${row.chunkTokens} tokens` }, value)];
}

function perplexityRow(target: Target, tables: readonly QualityTable[]): BoardRow {
  const readings = tables.flatMap((table) => {
    const row = worstRow(table, ROTATED, UNCOMPRESSED);
    return row === undefined ? [] : [{ table, row }];
  });
  if (readings.length === 0) return { target, verdict: 'unmeasured', measured: prose`not measured: there is no table of npm run quality`, met: [], commands: [target.elsewhere] };
  const worst = readings.reduce((a, b) => (b.row.perplexityIncrease.high > a.row.perplexityIncrease.high ? b : a));
  const { low, high } = worst.row.perplexityIncrease;
  const verdict = high < MOST_PERPLEXITY_INCREASE ? 'pass' : low >= MOST_PERPLEXITY_INCREASE ? 'fail' : 'undecided';
  const each = readings.map(({ table, row }) => prose`${modelOf(table)} ${increaseOf(table, row)}`);
  return {
    target, verdict,
    measured: prose`${joined(each, '; ')}: caches rotated to their true positions and not compressed, in the shape of context that is worst for each model`,
    met: prose`measured on these models alone; nothing is claimed of the simulated one`,
    commands: readings.map(({ table }) => table.command),
  };
}

export function modelOf(table: QualityTable): Prose {
  return [sourced(table.model, { file: table.file, metric: 'model', cell: '' })];
}
