import type { Cell } from '../../experiments/results/trial-result.ts';
import { type Inline, type Prose, joined, listed, prose, sourced } from '../prose/inline.ts';
import { type SourcedStudy, cellOf, changeOf, labelOf, metricWords, reckoned, settingOf, sourceIn, valueOf, variableOf } from '../prose/quantities.ts';
import { type Comparison, type Verdict, baselines, compare, compareEverywhere, relevantVerdict, subjects } from '../summary/comparisons.ts';
import { slice } from '../study/study.ts';
import { type SweptVariable, valueText } from '../study/swept-variable.ts';
import { type Teller, type Told, note, notReported, subjectOf } from './told.ts';

export interface Sides {
  /** The peer-to-peer system where absent. */
  readonly subject?: string;
  /** All systems that are no subjects where absent. */
  readonly against?: readonly string[];
}

/** One system against each of others in all settings, paired on seeds. */
export function duels(metricName: string, sides: Sides = {}): Teller {
  return (study) => {
    const subject = subjectOf(study, sides.subject);
    if (subject === undefined) return [];
    const names = sides.against ?? (subjects(study).some(({ name }) => name === subject.name) ? baselines(study).map(({ name }) => name) : []);
    const others = study.systems.filter(({ name }) => names.includes(name) && name !== subject.name);
    if (others.length === 0) return [];
    if (study.manifest.seeds.length < 2) return [note(prose`Only one seed was run, so no interval can be given and no winner is named.`)];
    const told = others.flatMap((other): Told[] => {
      const all = compareEverywhere(study, subject, other, metricName);
      return all.length === 0 ? [] : [duel(study, all, metricName)];
    });
    return told.length === 0 ? [notReported(metricName)] : told;
  };
}

function duel(study: SourcedStudy, all: readonly Comparison[], metricName: string): Told {
  const by = (verdict: Verdict): Comparison[] => all.filter((c) => relevantVerdict(c) === verdict);
  const [better, worse, unclear] = [by('better'), by('worse'), by('unclear')];
  const kind = worse.length > 0 ? 'loss' : better.length === 0 ? 'unclear' : 'win';
  const [{ system, baseline }] = all;
  const head = prose`Against ${labelOf(study, baseline.name)}, ${labelOf(study, system.name)} `;
  const metric = metricWords(metricName);
  if (all.length === 1) {
    const [only] = all;
    const verb = { better: 'wins', worse: 'loses', unclear: 'is level' }[relevantVerdict(only)];
    return { kind, text: prose`${head}${verb}: its ${metric} is ${shown(study, only, metricName)}.` };
  }
  const clauses = [
    ...(worse.length === 0 ? [] : [prose`loses in ${settings(study, worse.length, all.length, metricName)}, most at ${settingOf(study, farthest(worse).cell)}, where its ${metric} is ${shown(study, farthest(worse), metricName)}`]),
    ...(better.length === 0 ? [] : [prose`wins in ${settings(study, better.length, all.length, metricName)}, most at ${settingOf(study, farthest(better).cell)}, where its ${metric} is ${shown(study, farthest(better), metricName)}`]),
    ...(unclear.length === 0 ? [] : [prose`shows no clear difference in ${settings(study, unclear.length, all.length, metricName)}`]),
  ];
  return { kind, text: prose`${head}${joined(clauses, '; ')}.` };
}

function shown(study: SourcedStudy, { ratio, system, baseline, cell }: Comparison, metricName: string): Inline {
  return changeOf(study, ratio, metricName, `${system.name} ÷ ${baseline.name}`, cell);
}

/** The comparison whose ratio is farthest from one. */
export function farthest(cases: readonly Comparison[]): Comparison {
  const distance = ({ ratio }: Comparison): number => Math.abs(Math.log(Math.max(ratio.estimate, 1e-12)));
  return cases.reduce((a, b) => (distance(b) > distance(a) ? b : a));
}

function settings(study: SourcedStudy, count: number, of: number, metricName: string): Prose {
  const what = `settings compared on ${metricName}`;
  if (count === of) return prose`all ${reckoned(study, of, '', what)} settings`;
  return prose`${reckoned(study, count, '', what)} of ${reckoned(study, of, '', what)} settings`;
}

/** From which value of a swept key on one system is ahead of another, for each value of the other swept key. */
export function crossing(metricName: string, over: string, sides: { readonly subject?: string; readonly against: string }): Teller {
  return (study) => {
    const subject = subjectOf(study, sides.subject);
    const other = study.systems.find(({ name }) => name === sides.against);
    const variable = study.variables.find(({ key }) => key === over);
    if (subject === undefined || other === undefined || variable === undefined || study.manifest.seeds.length < 2) return [];
    const panels = study.variables.find((v) => v !== variable);
    const cells = slice(study, panels === undefined ? [variable] : [variable, panels]);
    const clauses = (panels?.values ?? [undefined]).flatMap((panel): Prose[] => {
      const own = panel === undefined ? cells : cells.filter((cell) => cell[panels!.key] === panel.raw);
      const verdicts = own.flatMap((cell) => {
        const found = compare(study, subject, other, cell, metricName);
        return found === undefined ? [] : [{ cell, verdict: relevantVerdict(found) }];
      });
      if (verdicts.length === 0) return [];
      const told = switchOf(study, variable, verdicts, `${metricName}, paired difference`, `${subject.name} − ${other.name}`);
      return [panel === undefined ? told : prose`at ${variableOf(study, panels!)} ${valueOf(study, panels!, panel.raw)} it is ${told}`];
    });
    if (clauses.length === 0) return [notReported(metricName)];
    const head = prose`By ${variableOf(study, variable)}, ${labelOf(study, subject.name)} against ${labelOf(study, other.name)} in ${metricWords(metricName)}: `;
    return [note(prose`${head}${joined(clauses, '; ')}.`)];
  };
}

/** Where the verdict changes along a variable, if it does so once. */
function switchOf(study: SourcedStudy, variable: SweptVariable, verdicts: readonly { readonly cell: Cell; readonly verdict: Verdict }[], metric: string, systems: string): Prose {
  const at = (i: number): Inline => sourced(valueText(variable, verdicts[i].cell[variable.key]), sourceIn(study, 'trials', metric, cellOf(study, systems, verdicts[i].cell)));
  const clear = verdicts.flatMap(({ verdict }, i) => (verdict === 'unclear' ? [] : [{ verdict, i }]));
  if (clear.length === 0) return prose`not clearly different anywhere`;
  const changes = clear.filter(({ verdict }, k) => k > 0 && clear[k - 1].verdict !== verdict);
  const words = (verdict: Verdict): string => (verdict === 'better' ? 'ahead' : 'behind');
  if (changes.length === 0) {
    const everywhere = clear.length === verdicts.length ? 'everywhere' : 'wherever the difference is clear';
    return prose`${words(clear[0].verdict)} ${everywhere}`;
  }
  if (changes.length > 1) return prose`ahead and behind in turn`;
  const [{ verdict, i }] = changes;
  const before = clear[clear.findIndex((each) => each.i === i) - 1];
  return prose`${words(before.verdict)} up to ${at(before.i)} and ${words(verdict)} from ${at(i)} on`;
}

/** Names of systems in a sentence. */
export function systemList(study: SourcedStudy, systems: readonly { readonly name: string }[]): Prose {
  return listed(systems.map(({ name }) => labelOf(study, name)));
}
