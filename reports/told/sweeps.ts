import { type Prose, joined, listed, prose, sentence, sourced } from '../prose/inline.ts';
import { type SourcedStudy, changeOf, labelOf, mean, metricWords, reckoned, sourceIn, valueOf, variableOf } from '../prose/quantities.ts';
import type { Cell } from '../../experiments/results/trial-result.ts';
import { isBounded } from '../statistics/interval.ts';
import { pairedComparison } from '../statistics/paired-difference.ts';
import { requireMetric } from '../study/metric.ts';
import { formatMeasure } from '../study/number-format.ts';
import { bySeed, heldSettings, slice } from '../study/study.ts';
import type { SweptVariable } from '../study/swept-variable.ts';
import { RELEVANT_SHARE } from '../summary/comparisons.ts';
import { effectsOf } from '../summary/study-effects.ts';
import { type Teller, type Told, note, notReported, subjectOf } from './told.ts';

/** What each swept key (or the one named) does to a metric of one system: last value against first, paired on seeds, the rest held. */
export function sweeps(metricName: string, options: { readonly system?: string; readonly over?: readonly string[] } = {}): Teller {
  return (study) => {
    const system = subjectOf(study, options.system);
    if (system === undefined) return [];
    const variables = study.variables.filter(({ key }) => options.over === undefined || options.over.includes(key));
    const told = variables.flatMap((variable) => sweep(study, variable, system.name, metricName));
    return told.length === 0 && variables.length > 0 ? [notReported(metricName)] : told;
  };
}

function sweep(study: SourcedStudy, variable: SweptVariable, system: string, metricName: string): Told[] {
  const found = slice(study, [variable]).flatMap((cell) => {
    const shown = mean(study, cell, system, metricName);
    return shown === undefined ? [] : [{ cell, shown }];
  });
  if (found.length < 2) return [];
  const [first, last] = [found[0], found.at(-1)!];
  const { difference, ratio } = pairedComparison(bySeed(study, last.cell, system, metricName), bySeed(study, first.cell, system, metricName));
  const clear = isBounded(difference) && (difference.low > 0 || difference.high < 0) && Math.abs(ratio.estimate - 1) >= RELEVANT_SHARE;
  const name = variableOf(study, variable);
  const held = heldSettings(study, [variable]);
  const at = held === '' || study.manifest.design === 'one-at-a-time' ? [] : prose` (at ${sourced(held, sourceIn(study, 'manifest', 'cells'))})`;
  const head = prose`With ${name} ${valueOf(study, variable, last.cell[variable.key])} instead of ${valueOf(study, variable, first.cell[variable.key])}${at}, the ${metricWords(metricName)} of ${labelOf(study, system)} `;
  const fromTo = prose`from ${first.shown} to ${last.shown}`;
  const best = bestOf(metricName, found);
  const beyond = best === first || best === last || best === undefined ? [] : prose`; it is best at ${valueOf(study, variable, best.cell[variable.key])}, ${best.shown}`;
  if (!clear) return [note(prose`${head}shows no clear change, ${fromTo}${beyond}.`)];
  // A ratio to nothing says nothing.
  if (!Number.isFinite(ratio.estimate)) return [note(prose`${head}goes ${fromTo}${beyond}.`)];
  return [note(prose`${head}is ${changeOf(study, ratio, metricName, system, last.cell)}, ${fromTo}${beyond}.`)];
}

function bestOf<T extends { readonly cell: Cell; readonly shown: { readonly value?: number } }>(metricName: string, found: readonly T[]): T | undefined {
  const { better } = requireMetric(metricName);
  if (better === 'none') return undefined;
  const sign = better === 'higher' ? 1 : -1;
  return found.reduce((a, b) => (sign * (b.shown.value! - a.shown.value!) > 0 ? b : a));
}

/** Effects below this share are not named. */
const TOLD_SHARE = 0.01;
/** What differs between seeds is named from here on: it says how much the other shares can be trusted. */
const LEAST_SHARE = 0.001;

/** Main effects and the strongest interactions on a metric of one system, as shares of its variation. */
export function effects(metricName: string, systemName?: string): Teller {
  return (study) => {
    const system = subjectOf(study, systemName);
    if (system === undefined) return [];
    const summary = effectsOf(study, system.name, metricName);
    if (summary === undefined) return [];
    const { unit } = requireMetric(metricName);
    const variable = (key: string): SweptVariable => study.variables.find((v) => v.key === key)!;
    const share = (value: number, what: string): Prose => [reckoned(study, value, 'fraction', `${metricName}, share of variation: ${what}`, system.name)];
    const main = summary.main.filter((m) => m.share >= TOLD_SHARE).map((m): Prose => {
      const apart = sourced(formatMeasure(m.range, unit), sourceIn(study, 'trials', `${metricName}, largest − smallest mean by ${m.factor}`, system.name), m.range);
      return prose`${variableOf(study, variable(m.factor))} ${share(m.share, m.factor)} (means ${apart} apart)`;
    });
    if (main.length === 0) return [note(prose`No swept key explains a noticeable share of the variation in ${metricWords(metricName)} of ${labelOf(study, system.name)}.`)];
    const pairs = summary.interactions.filter((i) => i.share >= TOLD_SHARE).slice(0, 2).map(({ factors: [a, b], share: part }): Prose =>
      prose`${variableOf(study, variable(a))} with ${variableOf(study, variable(b))} ${share(part, `${a} × ${b}`)}`);
    const rest = summary.balanced && summary.residualShare >= LEAST_SHARE ? prose`; what differs between seeds ${share(summary.residualShare, 'between seeds')}` : [];
    const together = pairs.length === 0 ? [] : prose`; beyond their sum, ${listed(pairs)}`;
    return [note(sentence(prose`of the variation in ${metricWords(metricName)} of ${labelOf(study, system.name)}, these explain: ${joined(main, ', ')}${together}${rest}.`))];
  };
}
