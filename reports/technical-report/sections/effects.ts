import { type Section, paragraph, table } from '../../prose/blocks.ts';
import { type Prose, cite, code, prose, sourced } from '../../prose/inline.ts';
import { type SourcedStudy, cellOf, labelOf, metricWords, quoted, sourceIn, variableOf } from '../../prose/quantities.ts';
import { SUBJECT } from '../../scorecard/readings.ts';
import { formatMeasure, formatNumber } from '../../study/number-format.ts';
import { valueText } from '../../study/swept-variable.ts';
import { effectsOf } from '../../summary/study-effects.ts';
import { CATALOGUE, commandOf } from '../catalogue.ts';
import { type ReportInput, storyNamed } from '../report-input.ts';

const METRIC = 'ttftMeanMs';
const FACTORIAL = 'paper-factorial';
/** Interactions shown, the strongest first. */
const MOST_PAIRS = 4;
/** Shares below this are not told apart. */
const LEAST_SHARE = 0.0001;
/** P-values below this are not told apart. */
const LEAST_P = 0.001;

/** Which of the plan's variables matter, from all combinations where they were run, else one at a time; undefined without either. */
export function effectsSection(input: ReportInput): Section | undefined {
  const study = (storyNamed(input, FACTORIAL) ?? storyNamed(input, 'paper'))?.study;
  const summary = study === undefined ? undefined : effectsOf(study, SUBJECT, METRIC);
  if (study === undefined || summary === undefined) return undefined;
  const number = (text: string, value: number, what: string): Prose => [sourced(text, sourceIn(study, 'trials', `${METRIC}, ${what}`, cellOf(study, SUBJECT, undefined)), value)];
  const share = (value: number, what: string): Prose => number(value > 0 && value < LEAST_SHARE ? `<\u00A0${formatMeasure(LEAST_SHARE, 'fraction', 1)}` : formatMeasure(value, 'fraction', 2), value, `share of variation: ${what}`);
  const size = (value: number, what: string): Prose => number(formatMeasure(value, 'ms'), value, what);
  const p = (value: number, what: string): Prose => (Number.isNaN(value) ? prose`–` : number(value < LEAST_P ? `<\u00A0${LEAST_P}` : formatNumber(value, 2), value, `p-value: ${what}`));
  const variable = (key: string): Prose => [variableOf(study, study.variables.find((v) => v.key === key)!)];
  const rows = [
    ...summary.main.map(({ factor, share: part, range, pValue }): Prose[] => [variable(factor), share(part, factor), size(range, `largest − smallest mean by ${factor}`), p(pValue, factor)]),
    ...summary.interactions.slice(0, MOST_PAIRS).map(({ factors: [a, b], share: part, strongest, pValue }): Prose[] => {
      const pair = `${a} × ${b}`;
      return [prose`${variable(a)} with ${variable(b)}, most at ${levelOf(study, a, strongest.levels[0])} and ${levelOf(study, b, strongest.levels[1])}`, share(part, pair), size(strongest.departure, `departure from the sum of ${pair}`), p(pValue, pair)];
    }),
    ...(summary.balanced ? [[prose`between seeds`, share(summary.residualShare, 'between seeds'), prose`–`, prose`–`]] : []),
  ];
  const alone = summary.balanced ? [] : [paragraph(prose`One variable at a time tells no interactions; all combinations do: ${code(commandOf(CATALOGUE.find(({ folder }) => folder === FACTORIAL)!))}.`, 'remark')];
  return {
    kind: 'section', id: 'study-effects', title: prose`What matters`, layout: 'study',
    blocks: [
      table(prose`Main effects on the ${metricWords(METRIC)} of ${labelOf(study, SUBJECT)} and the strongest interactions, by analysis of variance over study ${quoted(study, 'name')} ${cite('jain')}`, ['Effect', 'Share', 'Size', 'p'], rows, [1, 2, 3]),
      ...alone,
    ],
  };
}

function levelOf(study: SourcedStudy, key: string, level: string): Prose {
  const variable = study.variables.find((v) => v.key === key)!;
  const value = variable.values.find(({ raw }) => valueText(variable, raw) === level);
  return [sourced(value?.text ?? level, sourceIn(study, 'manifest', 'sweep', key))];
}
