/** The scorecard: each target judged in the study's own setting, and the setting where it is met, if there is one. */
import type { Cell } from '../../experiments/results/trial-result.ts';
import { isBounded } from '../statistics/interval.ts';
import { formatEstimate, formatNumber, joinWords } from '../study/number-format.ts';
import { type Study, describeDeparture } from '../study/study.ts';
import { SUBJECT, isAt } from './readings.ts';
import type { Reading, Target } from './target.ts';
import { TARGETS } from './targets.ts';

/**
 * `pass`: the whole interval meets the target; `fail`: none of it does; `undecided`: the interval holds the limit, or there is none;
 * `void`: there is a reading, but the target's rule does not let it count; `unmeasured`: the study cannot tell.
 */
export type Verdict = 'pass' | 'fail' | 'undecided' | 'void' | 'unmeasured';

export interface Score {
  readonly target: Target;
  /** In the study's own setting; a target missed here stays missed, whatever holds elsewhere. */
  readonly verdict: Verdict;
  /** '86.1 % [85.0–87.2]', or why there is none. */
  readonly measured: string;
  /** The setting judged; '' where there is no reading. */
  readonly setting: string;
  /** Where it is met: how many of the settings that count, and the best of them with its value. */
  readonly met: string;
  /** Commands that reproduce the reading judged and, if that is another, the best setting's; where none meets the target, the study of other regimes. */
  readonly commands: readonly string[];
  /** The reading judged, and of those that meet the target the one that does so most surely; undefined where there is none. */
  readonly own: Reading | undefined;
  readonly best: Reading | undefined;
}

export interface Scorecard {
  /** In one sentence. */
  readonly lead: string;
  readonly scores: readonly Score[];
}

/** Undefined for a study without P2P-RAGCache, or one that can judge no target. */
export function makeScorecard(study: Study): Scorecard | undefined {
  if (study.kind !== 'serving' || !study.systems.some(({ name }) => name === SUBJECT)) return undefined;
  const scores = TARGETS.map((target) => judge(study, target));
  if (scores.every(({ verdict }) => verdict === 'unmeasured')) return undefined;
  return { lead: leadOf(scores), scores };
}

export function verdictOf({ from }: Target, { value, barred }: Reading): Verdict {
  if (barred !== '') return 'void';
  if (!isBounded(value)) return 'undecided';
  if (value.low >= from) return 'pass';
  return value.high < from ? 'fail' : 'undecided';
}

/** One target by one study. */
export function judge(study: Study, target: Target): Score {
  const readings = target.readings(study);
  const own = readings.find((reading) => isAt(study, reading, study.reference)) ?? nearestReading(study, readings);
  if (own === undefined) return { target, verdict: 'unmeasured', measured: 'not measured by this study', setting: '', met: '', commands: [target.elsewhere], own: undefined, best: undefined };
  const verdict = verdictOf(target, own);
  const beyond = verdict === 'pass' && target.upTo !== undefined && own.value.low > target.upTo ? `, beyond ${formatValue(target.upTo, target)}` : '';
  const best = bestOf(target, readings);
  const commands = [own, ...(best === undefined || best === own ? [] : [best])].map(({ cell }) => commandOf(study, target, cell, cell === own.cell ? '' : '-best'));
  // Not met here: the study that goes through other regimes, unless it is this one.
  if (best === undefined && !target.elsewhere.includes(`/${study.manifest.name}.yaml`)) commands.push(target.elsewhere);
  return {
    target, verdict,
    measured: `${shownReading(target, own)}${beyond}${own.barred === '' ? '' : ` (does not count: ${own.barred})`}`,
    setting: describeDeparture(study, own.cell), met: metWhere(study, target, readings, best), commands: [...new Set(commands)], own, best,
  };
}

/** A ratio between settings has no reading at the reference itself where that is its denominator: the first reading that differs in one key only. */
function nearestReading(study: Study, readings: readonly Reading[]): Reading | undefined {
  const distance = ({ cell }: Reading): number => study.variables.filter((v) => cell[v.key] !== study.reference[v.key]).length;
  return [...readings].sort((a, b) => distance(a) - distance(b)).at(0);
}

/** Of the readings that meet the target the one that does so most surely. */
function bestOf(target: Target, readings: readonly Reading[]): Reading | undefined {
  return readings.filter((reading) => verdictOf(target, reading) === 'pass').sort((a, b) => b.value.low - a.value.low).at(0);
}

function metWhere(study: Study, target: Target, readings: readonly Reading[], best: Reading | undefined): string {
  const counted = readings.filter(({ barred }) => barred === '');
  if (counted.length === 0) return 'nowhere: no setting counts';
  if (best === undefined) {
    const closest = counted.reduce((a, b) => (b.value.estimate > a.value.estimate ? b : a));
    return `${counted.length === 1 ? 'not in the one setting that counts' : `in none of the ${counted.length} settings that count`}; closest ${shownReading(target, closest)} at ${describeDeparture(study, closest.cell)}`;
  }
  const passed = counted.filter((reading) => verdictOf(target, reading) === 'pass').length;
  return `${counted.length === 1 ? 'in the one setting that counts' : `in ${passed} of the ${counted.length} settings that count`}; most ${shownReading(target, best)} at ${describeDeparture(study, best.cell)}`;
}

/** `86.1 % [85.0–87.2]`, `1.10 [1.08–1.13] ×`. */
export function shownReading(target: Target, { value }: Reading): string {
  return `${formatEstimate(value.estimate, value.low, value.high, target.unit)}${target.unit === '' ? ' ×' : ''}`;
}

function formatValue(value: number, { unit }: Target): string {
  return unit === 'fraction' ? `${formatNumber(100 * value)} %` : `${formatNumber(value)} ×`;
}

/** The command that runs one setting alone; a speedup takes the setting that it is compared with too. */
function commandOf(study: Study, target: Target, cell: Cell, suffix: string): string {
  const compared: Readonly<Record<string, string>> = { 'parallel-fetch': 'fetch.sources=[1, 5]', scaling: 'cluster.nodes=[1, 20]' };
  const extra = Object.hasOwn(compared, target.name) ? compared[target.name] : undefined;
  const settings = study.variables.filter((v) => extra?.startsWith(`${v.key}=`) !== true).map((v) => `${v.key}=${String(cell[v.key])}`);
  const all = ['sweep={}', ...settings, ...(extra === undefined ? [] : [`sweep.${extra}`])];
  return ['npm run experiment --', `results/${study.manifest.name}/config.resolved.yaml`, ...all.map((setting) => `--set ${quoted(setting)}`), `--out results/${study.manifest.name}-${target.name}${suffix}`].join(' ');
}

/** Quoted for a shell where it must be. */
function quoted(argument: string): string {
  return /^[\w./:=,@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

function leadOf(scores: readonly Score[]): string {
  const titles = (verdict: Verdict): string[] => scores.filter((score) => score.verdict === verdict).map(({ target }) => target.title);
  const judged = scores.filter(({ verdict }) => verdict !== 'unmeasured').length;
  const parts = ([['fail', 'missed'], ['undecided', 'undecided'], ['void', 'not judged by the rules'], ['pass', 'met']] as const).flatMap(([verdict, word]) => (titles(verdict).length === 0 ? [] : [`${word}: ${joinWords(titles(verdict))}`]));
  return `In its own setting this study meets ${titles('pass').length} of the ${judged} targets that it can judge (of ${scores.length}). ${parts.join('; ').replace(/^./, (c) => c.toUpperCase())}.`;
}
