import type { Cell } from '../../experiments/results/trial-result.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import { isBounded } from '../statistics/interval.ts';
import { pairedComparison } from '../statistics/paired-difference.ts';
import { findRow, bySeed, describeCell, heldSettings, slice, type Study } from '../study/study.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { capital, formatMeasure, joinWords } from '../study/number-format.ts';
import { printable } from '../study/printable.ts';
import { type SweptVariable, valueText } from '../study/swept-variable.ts';
import { change } from './change.ts';
import { type Comparison, RELEVANT_SHARE, type Verdict, baselines, compareEverywhere, relevantVerdict, subjects } from './comparisons.ts';
import { effectFindings } from './effect-findings.ts';
import type { Finding } from './finding.ts';
import { leaders } from './leaders.ts';

/** Metrics on which a loss is told; wins are told on the first only. */
const TOLD_METRICS = ['ttftMeanMs', 'ttftP99Ms', 'throughputRps', 'goodputRps'] as const;
/** Utilisation from which a resource counts as saturated. */
const SATURATED = 0.9;
const MOST_CELLS_NAMED = 3;

/** The study in plain sentences, computed from the numbers alone: losses, draws, wins, then what the sweep changes. */
export function findings(study: Study): Finding[] {
  if (study.manifest.seeds.length < 2) {
    return [{ kind: 'note', text: 'Only one seed was run, so no interval can be given and no winner is named. The tables hold single values.' }, ...bottlenecks(study)];
  }
  const versus = subjects(study).flatMap((system) => duels(study, system));
  // Losses first, or the sentence that there are none; then what is undecided, then wins.
  const order: Finding['kind'][] = ['loss', 'note', 'unclear', 'win'];
  return [...versus.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)), ...leaders(study), ...sweepEffects(study), ...effectFindings(study, 'ttftMeanMs'), ...bottlenecks(study)];
}

/** One system against every baseline. */
function duels(study: Study, system: SystemStyle): Finding[] {
  const found: Finding[] = [];
  /** In a study of one setting, draws differ in the name of the other alone. */
  const drawn: Comparison[] = [];
  let compared = 0;
  for (const metric of TOLD_METRICS) {
    for (const baseline of baselines(study)) {
      const comparisons = compareEverywhere(study, system, baseline, metric);
      if (comparisons.length === 0) continue;
      const by = (verdict: Verdict): Comparison[] => comparisons.filter((c) => relevantVerdict(c) === verdict);
      if (by('worse').length > 0) found.push({ kind: 'loss', text: duel('loses to', by('worse'), comparisons.length, study) });
      if (metric !== 'ttftMeanMs') continue;
      compared += comparisons.length;
      if (study.cells.length === 1) drawn.push(...by('unclear'));
      else if (by('unclear').length > 0) found.push({ kind: 'unclear', text: draw(by('unclear'), comparisons.length, study) });
      if (by('better').length > 0) found.push({ kind: 'win', text: duel('beats', by('better'), comparisons.length, study) });
    }
  }
  if (drawn.length > 0) found.push({ kind: 'unclear', text: drawTogether(drawn) });
  if (compared > 0 && !found.some((f) => f.kind === 'loss')) {
    found.unshift({ kind: 'note', text: `${system.label} loses to no baseline in any setting of this study, on mean TTFT, P99 TTFT or throughput.` });
  }
  return found;
}

function duel(verb: string, cases: readonly Comparison[], of: number, study: Study): string {
  const { system, baseline, metric } = cases[0];
  const distance = (c: Comparison): number => Math.abs(Math.log(Math.max(c.ratio.estimate, 1e-12)));
  const sorted = [...cases].sort((a, b) => distance(b) - distance(a));
  const told = (c: Comparison): string => `${change(c.ratio, metric)}${at(study, c.cell)}`;
  const label = `its ${inSentence(requireMetric(metric).label)} is`;
  const where = settings(cases.length, of);
  const extremes = sorted.length === 1 ? told(sorted[0]) : `from ${told(sorted.at(-1)!)} to ${told(sorted[0])}`;
  return `${system.label} ${verb} ${baseline.label}${where}: ${label} ${extremes}.`;
}

function draw(cases: readonly Comparison[], of: number, study: Study): string {
  const { system, baseline, metric } = cases[0];
  const named = cases.slice(0, MOST_CELLS_NAMED).map((c) => describeCell(study, c.cell)).filter((text) => text !== '');
  const more = cases.length - named.length;
  const list = named.length === 0 ? '' : ` (${named.join('; ')}${more > 0 ? `; and ${more} more` : ''})`;
  return `No clear difference in ${inSentence(requireMetric(metric).label)} between ${system.label} and ${baseline.label}${settings(cases.length, of)}${list}: ${UNCLEAR}.`;
}

const UNCLEAR = `the 95 % interval includes zero, or the means differ by less than ${100 * RELEVANT_SHARE} %`;

function drawTogether(cases: readonly Comparison[]): string {
  const { system, metric } = cases[0];
  return `No clear difference in ${inSentence(requireMetric(metric).label)} between ${system.label} and ${joinWords(cases.map(({ baseline }) => baseline.label), 'or')}: ${UNCLEAR}.`;
}

function settings(count: number, of: number): string {
  if (of === 1) return '';
  return count === of ? ` in all ${of} settings` : ` in ${count} of ${of} settings`;
}

function at(study: Study, cell: Cell): string {
  const text = describeCell(study, cell);
  return text === '' ? '' : ` at ${text}`;
}

/** What each swept key does to the subjects (or, without one, to every system): last value against first, paired by seed. */
function sweepEffects(study: Study): Finding[] {
  const systems = subjects(study).length > 0 ? subjects(study) : study.systems;
  return study.variables.flatMap((variable) => systems.flatMap((system) => sweepEffect(study, variable, system)));
}

function sweepEffect(study: Study, variable: SweptVariable, system: SystemStyle): Finding[] {
  const cells = slice(study, [variable]);
  const first = cells.at(0);
  const last = cells.at(-1);
  const means = cells.map((cell) => metricOf(findRow(study, cell, system.name), 'ttftMeanMs')?.mean ?? NaN);
  if (first === undefined || last === undefined || cells.length < 2 || means.some((m) => !Number.isFinite(m))) return [];
  const { ratio, difference } = pairedComparison(bySeed(study, last, system.name, 'ttftMeanMs'), bySeed(study, first, system.name, 'ttftMeanMs'));
  const [from, to] = [valueText(variable, first[variable.key]), valueText(variable, last[variable.key])];
  const best = valueText(variable, cells[means.indexOf(Math.min(...means))][variable.key]);
  const held = heldSettings(study, [variable]);
  const clear = isBounded(difference) && (difference.low > 0 || difference.high < 0) && Math.abs(ratio.estimate - 1) >= RELEVANT_SHARE;
  const range = `from ${formatMeasure(means[0], 'ms')} to ${formatMeasure(means.at(-1)!, 'ms')}`;
  const what = `${capital(variable.label)} ${to} instead of ${from}`;
  const where = held === '' ? '' : ` (at ${held})`;
  return [{
    kind: 'note',
    text: clear
      ? `${what}${where}: the mean TTFT of ${system.label} is ${change(ratio, 'ttftMeanMs')}, ${range}. The lowest mean is at ${best}.`
      : `${what}${where}: no clear change in the mean TTFT of ${system.label}, ${range}.`,
  }];
}

/** The busiest resource of each system at the reference setting; a saturated one makes the TTFT depend on the length of the run. */
function bottlenecks(study: Study): Finding[] {
  const named = study.systems.flatMap((system) => {
    const row = findRow(study, study.reference, system.name);
    const busiest = metricOf(row, 'busiestUtilisation');
    const resource = row !== undefined && Object.hasOwn(row.labels, 'busiestResource') ? row.labels['busiestResource'] : undefined;
    return busiest === undefined || resource === undefined ? [] : [{ system, resource: printable(resource), share: busiest.mean }];
  });
  if (named.length === 0) return [];
  const saturated = named.filter((n) => n.share > SATURATED);
  const held = heldSettings(study, []);
  const list = named.map((n) => `${n.system.label}: ${n.resource} (${formatMeasure(n.share, 'fraction', 2)})`).join('; ');
  const warning = saturated.length === 0 ? '' : ` Above ${100 * SATURATED} % a queue grows with the length of the run, and so does the TTFT of ${joinWords(saturated.map((n) => n.system.label))} there.`;
  return [{ kind: 'note', text: `Busiest resource${held === '' ? '' : ` at ${held}`}: ${list}.${warning}` }];
}

/** A label inside a sentence: 'Mean TTFT' → 'mean TTFT', 'P99 TTFT' and 'KV fetched' as they are. */
function inSentence(label: string): string {
  return label.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
}
