import { capital } from '../study/number-format.ts';
import type { ReportModel } from './report-model.ts';
import { type Table, cutRows } from './table.ts';
import type { Scorecard } from '../scorecard/scorecard.ts';
import { scorecardRules, scorecardTable } from '../scorecard/scorecard-table.ts';

const MOST_ROWS = 200;
const MARKS = { loss: '**Loses.** ', unclear: '**Undecided.** ', win: '**Wins.** ', note: '' } as const;

/** The report as Markdown, with the figures of `figures/` linked. */
export function markdownReport(model: ReportModel): string {
  const blocks = [
    `# ${escapeMarkdown(model.question === '' ? model.title : model.question)}`,
    ...(model.question === '' ? [] : [`Study \`${model.title.replaceAll('`', "'")}\`.`]),
    '## In short',
    model.findings.length === 0 ? 'Nothing can be said: no trial reports what the summary is made from.' : model.findings.map((f) => `- ${MARKS[f.kind]}${escapeMarkdown(f.text)}`).join('\n'),
    ...(model.scorecard === undefined ? [] : scorecardBlocks(model.scorecard)),
    ...(model.warnings.length === 0 ? [] : ['## Read this before trusting a number', model.warnings.map((w) => `- ${escapeMarkdown(`${w.what}: ${w.where}.`)}`).join('\n')]),
    '## Figures',
    ...model.figures.flatMap((figure) => [
      `### ${escapeMarkdown(figure.headline)}`,
      `![${escapeMarkdown(figure.description)}](figures/${figure.name}.svg)`,
      `*${escapeMarkdown([figure.conditions, figure.caption].filter((s) => s !== '').join(' '))}*`,
    ]),
    ...(model.omissions.length === 0 ? [] : ['Left out:', model.omissions.map((o) => `- ${escapeMarkdown(`${o.headline}: ${o.reason}.`)}`).join('\n')]),
    '## Tables',
    ...model.tables.flatMap((table) => markdownTable(cutRows(table, MOST_ROWS, 'summary.csv'))),
    '## Definitions',
    model.metrics.map((m) => `- **${escapeMarkdown(m.label)}**${m.unit === '' ? '' : ` (${escapeMarkdown(m.unit)})`}: ${escapeMarkdown(sentence(m.definition))}`).join('\n'),
    model.methods.map((m) => `- ${escapeMarkdown(m)}`).join('\n'),
    '## Provenance',
    model.provenance.map(([label, value]) => `- ${escapeMarkdown(label)}: \`${value.replaceAll('`', "'")}\``).join('\n'),
    `\`\`\`sh\n${model.commands.join('\n')}\n\`\`\``,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function scorecardBlocks(scorecard: Scorecard): string[] {
  return [
    '## Targets',
    escapeMarkdown(scorecard.lead),
    ...markdownTable(scorecardTable(scorecard)),
    scorecardRules(scorecard).map(({ title, rule, commands }) => `- **${escapeMarkdown(title)}**: ${escapeMarkdown(rule)}${commands.map((command) => `\n  \`${command.replaceAll('`', "'")}\``).join('')}`).join('\n'),
  ];
}

function markdownTable(table: Table): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `**${escapeMarkdown(table.caption)}**`,
    [
      line(table.head.map((h) => escapeMarkdown(h.text))), line(table.head.map((h) => (h.numeric ? '---:' : '---'))),
      ...table.rows.map((row) => line(row.map((cell) => escapeMarkdown(cell.text)))),
    ].join('\n'),
    ...(table.note === '' ? [] : [escapeMarkdown(table.note)]),
  ];
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? capital(text) : `${capital(text)}.`;
}

/** Text that Markdown and HTML leave as it is: no markup, no table cell, no line break. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/[\\`*_[\]|#~]/g, '\\$&')
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
