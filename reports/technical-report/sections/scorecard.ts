import { type Section, fineList, paragraph, table } from '../../prose/blocks.ts';
import { type Prose, code, prose, sourced } from '../../prose/inline.ts';
import { VERDICT_WORDS } from '../../scorecard/scorecard-table.ts';
import type { Target } from '../../scorecard/target.ts';
import type { ReportInput } from '../report-input.ts';
import { targets } from './abstract.ts';

/** Text of the plan, which states its own numbers. */
export function stated(target: Target, field: 'title' | 'goal' | 'rule'): Prose {
  return [sourced(target[field], { file: 'reports/scorecard/targets.ts', metric: target.name, cell: field })];
}

/** Each target of the plan with its verdict in the default regime, and where it is met. */
export function scorecard(input: ReportInput): Section {
  return {
    kind: 'section', id: 'scorecard', title: prose`Scorecard`, layout: 'plain',
    blocks: [
      paragraph(prose`${targets(input)} A target missed in the default regime stays missed; the setting where it is met is named beside it. Pass and fail are said only where the whole interval lies on one side of the limit.`),
      table(prose`Targets of the research plan`, ['Target', 'Goal', 'Verdict', 'Measured in the default regime', 'Where it is met'], input.board.map(({ target, verdict, measured, met }) => [
        stated(target, 'title'), stated(target, 'goal'), prose`${VERDICT_WORDS[verdict]}`, measured, met.length === 0 ? prose`–` : met,
      ])),
      paragraph(prose`How each is measured, and the command that does it again:`),
      fineList(input.board.map(({ target, commands }): Prose => prose`${stated(target, 'title')}: ${stated(target, 'rule')}${commands.slice(0, 1).flatMap((command) => [' ', code(command)])}`)),
    ],
  };
}
