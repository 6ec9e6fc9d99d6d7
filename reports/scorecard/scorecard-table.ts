import type { Table } from '../document/table.ts';
import type { Scorecard, Verdict } from './scorecard.ts';

/** Verdicts as the reader meets them. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = { pass: 'Pass', fail: 'Fail', undecided: 'Undecided', void: 'Does not count', unmeasured: 'Not measured' };

/** One row a target: verdict and value in the study's own setting, then where it is met. */
export function scorecardTable({ scores }: Scorecard): Table {
  return {
    caption: 'Targets of the research plan: value with its 95 % interval in the study’s own setting, and where the target is met',
    head: ['Target', 'Goal', 'Verdict', 'Measured', 'Setting', 'Met'].map((text) => ({ text, numeric: false })),
    rows: scores.map(({ target, verdict, measured, setting, met }) => [
      { text: target.title }, { text: target.goal }, { text: VERDICT_WORDS[verdict] }, { text: measured }, { text: setting === '' ? '–' : setting }, { text: met === '' ? '–' : met },
    ]),
    note: 'A target missed in the study’s own setting stays missed, wherever else it is met. Pass and fail are said only where the whole interval lies on one side of the limit.',
  };
}

/** How each target is measured, and the commands that do it again. */
export function scorecardRules({ scores }: Scorecard): { title: string; rule: string; commands: readonly string[] }[] {
  return scores.map(({ target, commands }) => ({ title: target.title, rule: target.rule, commands }));
}
