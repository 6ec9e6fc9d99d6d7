import { ATTRIBUTION_PARTS } from '../../experiments/results/query-columns.ts';
import type { Series } from '../../experiments/results/trial-result.ts';
import { type FaultWindow, scheduledFaults } from '../figures/time-series.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import { studentInterval } from '../statistics/student-interval.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { formatMeasure, formatNumber, joinWords } from '../study/number-format.ts';
import { bySeed, findRow, heldSettings, type Study, trialsOf } from '../study/study.ts';
import { RELEVANT_SHARE } from './comparisons.ts';
import type { Finding } from './finding.ts';

/** Fewer systems than this are told in pairs. */
const FEWEST_SYSTEMS = 5;
/** What is ranked, and how its two ends are called. */
const RANKED: readonly (readonly [metric: string, best: string, worst: string])[] = [
  ['ttftMeanMs', 'Lowest', 'highest'],
  ['ttftP99Ms', 'Lowest', 'highest'],
  ['throughputRps', 'Highest', 'lowest'],
  ['hitRate', 'Highest', 'lowest'],
  ['gpuSecondsSaved', 'Most', 'least'],
  ['bytesFetched', 'Least', 'most'],
  ['bytesControl', 'Least', 'most'],
];

interface Ranked {
  readonly system: SystemStyle;
  readonly mean: number;
}

/** Who comes first and last in each respect at the reference setting, what makes the difference, and whom a fault hurts. Empty for few systems. */
export function leaders(study: Study): Finding[] {
  if (study.systems.length < FEWEST_SYSTEMS || study.manifest.seeds.length < 2) return [];
  if (ranked(study, 'ttftMeanMs').length < 2) return [];
  const texts = RANKED.flatMap(([metric, best, worst]) => ranking(study, metric, best, worst) ?? []);
  const held = heldSettings(study, []);
  const where = held === '' ? '' : ` (at ${held})`;
  const all = [...texts, ...(reason(study) ?? []), ...scheduledFaults(study.config).flatMap((fault) => throughFault(study, fault) ?? [])];
  return all.map((text, i) => ({ kind: 'note', text: i === 0 ? `Who wins where${where}. ${text}` : text }));
}

function ranked(study: Study, metric: string): Ranked[] {
  const found = study.systems.flatMap((system) => {
    const mean = metricOf(findRow(study, study.reference, system.name), metric)?.mean;
    return mean === undefined || !Number.isFinite(mean) ? [] : [{ system, mean }];
  });
  const sign = requireMetric(metric).better === 'higher' ? -1 : 1;
  return found.sort((a, b) => sign * (a.mean - b.mean));
}

function ranking(study: Study, metric: string, best: string, worst: string): string[] | undefined {
  const order = ranked(study, metric);
  if (order.length < 2) return undefined;
  const { label, unit } = requireMetric(metric);
  const told = ({ system, mean }: Ranked): string => `${system.label} (${formatMeasure(mean, unit)})`;
  const first = order[0];
  const last = order[order.length - 1];
  if (first.mean === last.mean) return first.mean === 0 ? undefined : [`${label}: ${formatMeasure(first.mean, unit)} for all.`];
  const ties = order.slice(1).filter(({ system }) => isTie(study, system, first.system, metric));
  const next = order.slice(1).find((each) => !ties.includes(each));
  const beside = ties.length === 0 ? '' : `, without a clear difference to ${joinWords(ties.map(told))}`;
  const then = next === undefined || next === last ? '' : `; then ${told(next)}`;
  const end = ties.includes(last) ? '' : `; ${worst}: ${told(last)}`;
  return [`${best} ${label.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())}: ${told(first)}${beside}${then}${end}.`];
}

/**
 * No clear difference between the two, paired on seeds, or one too small to matter. Judged on logarithms where all values are positive: a
 * system that saturates has times that differ from seed to seed by a factor, and is many times slower with each.
 */
function isTie(study: Study, system: SystemStyle, first: SystemStyle, metric: string): boolean {
  const ours = bySeed(study, study.reference, system.name, metric);
  const theirs = bySeed(study, study.reference, first.name, metric);
  const seeds = [...ours.keys()].filter((seed) => theirs.has(seed));
  if (seeds.length < 2) return true;
  const pairs = seeds.map((seed) => [ours.get(seed)!, theirs.get(seed)!] as const);
  const [a, b] = [0, 1].map((side) => pairs.reduce((sum, pair) => sum + pair[side], 0));
  if (Math.abs(a - b) <= RELEVANT_SHARE * Math.abs(b)) return true;
  const isPositive = pairs.every(([x, y]) => x > 0 && y > 0);
  const { low, high } = studentInterval(pairs.map(([x, y]) => (isPositive ? Math.log(x / y) : x - y)));
  return !(low > 0 || high < 0);
}

/** Which parts of the TTFT set the first system apart from the one in the middle, and the last. */
function reason(study: Study): string[] | undefined {
  const order = ranked(study, 'ttftMeanMs');
  if (order.length < 2) return undefined;
  const parts = ({ system }: Ranked): { label: string; ms: number }[] =>
    ATTRIBUTION_PARTS.map((part) => ({ label: requireMetric(`${part}Ms`).label.toLowerCase(), ms: metricOf(findRow(study, study.reference, system.name), `${part}Ms`)?.mean ?? 0 }));
  const first = order[0];
  const firstParts = parts(first);
  const rest = order.slice(1);
  const against = [...new Set([rest[Math.floor((rest.length - 1) / 2)], rest[rest.length - 1]])];
  return against.map((other) => {
    const differences = parts(other)
      .map(({ label, ms }, i) => ({ label, ms: ms - firstParts[i].ms }))
      .filter(({ ms }) => ms > 0)
      .sort((a, b) => b.ms - a.ms)
      .slice(0, 2);
    const named = differences.map(({ label, ms }) => `${label} (+${formatMeasure(ms, 'ms')})`);
    const where = named.length === 0 ? 'no part of it is longer' : `where ${other.system.label} loses time is ${joinWords(named)}`;
    return `Mean TTFT of ${other.system.label} against ${first.system.label}, +${formatMeasure(other.mean - first.mean, 'ms')}: ${where}.`;
  });
}

/** Mean TTFT while a fault lasts against that before it, of those whose trials saved a time line. */
function throughFault(study: Study, fault: FaultWindow): string[] | undefined {
  if (fault.untilS === undefined || fault.untilS <= fault.atS) return undefined;
  const changes = study.systems.flatMap((system) => {
    const lines = trialsOf(study, study.reference, system.name).flatMap((trial) => trial.series?.['ttftMeanMs'] ?? []);
    const before = meanBetween(lines, 0, fault.atS);
    const during = meanBetween(lines, fault.atS, fault.untilS!);
    return before === undefined || during === undefined ? [] : [{ system, before, during }];
  });
  if (changes.length < 2) return undefined;
  changes.sort((a, b) => a.during / a.before - b.during / b.before);
  const told = ({ system, before, during }: (typeof changes)[number]): string => `${system.label} ${formatNumber(during / before)} times (${formatMeasure(before, 'ms')} to ${formatMeasure(during, 'ms')})`;
  return [`Through the ${fault.what} at ${formatNumber(fault.atS)}–${formatNumber(fault.untilS)} s, mean TTFT against before: least ${told(changes[0])}; most ${told(changes[changes.length - 1])}.`];
}

/** Mean of the points of all lines that begin in a stretch of time; undefined where none does. */
function meanBetween(lines: readonly Series[], fromS: number, toS: number): number | undefined {
  let sum = 0;
  let count = 0;
  for (const { timeS, value } of lines) {
    timeS.forEach((time, i) => {
      if (time < fromS || time >= toS) return;
      sum += value[i];
      count++;
    });
  }
  return count === 0 ? undefined : sum / count;
}
