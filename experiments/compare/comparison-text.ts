/** A comparison as aligned text. */
import { formatEstimate, formatMeasure, formatNumber } from '../../reports/study/number-format.ts';
import { oneLine } from '../config/config-error.ts';
import type { Cell } from '../results/trial-result.ts';
import { textTable } from '../cli/text-table.ts';
import type { ComparedRow, Comparison, Verdict } from './comparison.ts';
import { isRegression } from './comparison.ts';
import type { Side } from './side.ts';

/** In the order in which rows are shown. */
const WORDS: Readonly<Record<Verdict, string>> = { worse: 'WORSE', gone: 'GONE', better: 'better', changed: 'changed', unclear: 'no clear change', equal: 'equal' };

/** Longer tables are cut, what is worse first. */
const MOST_ROWS = 60;

export function comparisonText(before: Side, after: Side, comparison: Comparison, options: { readonly all: boolean; readonly columns: number }): string {
  const { rows, commonSeeds } = comparison;
  const order = Object.keys(WORDS);
  const sorted = [...rows].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const shown = options.all ? sorted : sorted.filter(({ verdict }) => verdict !== 'equal').slice(0, MOST_ROWS);
  const count = (verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;
  const hidden = rows.length - shown.length - (options.all ? 0 : count('equal'));
  const how = commonSeeds >= 2 ? `${commonSeeds} common seeds, compared pair by pair` : `no two common seeds (${before.seeds.length} and ${after.seeds.length}), compared as independent samples`;
  return [
    `before: ${described(before)}`,
    `after:  ${described(after)}`,
    `${how}; intervals at ${percent(comparison.level)} each, jointly at the level asked for`,
    ...(before.configHash === after.configHash ? [] : ['note: the configs differ; the settings that both have are compared']),
    ...(comparison.onlyBefore + comparison.onlyAfter === 0 ? [] : [`note: left out are ${comparison.onlyBefore} rows that only the first has and ${comparison.onlyAfter} that only the second has`]),
    ...(rows.some(({ difference, verdict }) => verdict === 'unclear' && difference.n < 2) ? ['note: a single seed gives no interval, so no change can be called'] : []),
    '',
    ...(shown.length === 0 ? [] : [table(shown, labels(before, after), options.columns), '']),
    ...(hidden > 0 ? [`… and ${hidden} more; --all shows every row`, ''] : []),
    `${rows.length} comparisons: ${order.flatMap((verdict) => (count(verdict as Verdict) === 0 ? [] : [`${count(verdict as Verdict)} ${WORDS[verdict as Verdict]}`])).join(', ')}`,
    rows.some(isRegression) ? 'Result: worse' : 'Result: nothing is worse',
  ].join('\n');
}

function described(side: Side): string {
  return oneLine(`${side.path} (${side.name}, config ${side.configHash.slice(0, 12)}, ${side.seeds.length} seed${side.seeds.length === 1 ? '' : 's'})`);
}

function percent(level: number): string {
  return `${formatNumber(100 * level, level > 0.99 ? 4 : 3)} %`;
}

function labels(before: Side, after: Side): ReadonlyMap<string, string> {
  return new Map([...after.systems, ...before.systems].map(({ name, label }) => [name, label]));
}

function table(rows: readonly ComparedRow[], systems: ReadonlyMap<string, string>, columns: number): string {
  const hasCells = rows.some(({ cell }) => Object.keys(cell).length > 0);
  return textTable(
    [{ head: '' }, { head: 'Metric' }, { head: 'System' }, ...(hasCells ? [{ head: 'Setting', flexible: true }] : []), { head: 'Before', align: 'right' }, { head: 'Difference [interval]', align: 'right' }, { head: 'Change', align: 'right' }],
    rows.map((row) => [
      WORDS[row.verdict], row.metric.label, oneLine(systems.get(row.system) ?? row.system), ...(hasCells ? [settingText(row.cell)] : []),
      formatMeasure(row.before, row.metric.unit), differenceText(row), changeText(row),
    ]),
    columns,
  );
}

/** The last part of each key with its value: `replicas=3, nodes=20`. */
function settingText(cell: Cell): string {
  return oneLine(Object.entries(cell).map(([key, value]) => `${key.slice(key.lastIndexOf('.') + 1)}=${String(value)}`).join(', '));
}

function differenceText({ verdict, difference, metric }: ComparedRow): string {
  if (verdict === 'equal') return '0';
  if (verdict === 'gone') return '–';
  return formatEstimate(difference.estimate, difference.low, difference.high, metric.unit);
}

function changeText({ verdict, difference, before }: ComparedRow): string {
  if (verdict === 'equal') return '0 %';
  if (verdict === 'gone' || before === 0) return '–';
  const change = (100 * difference.estimate) / Math.abs(before);
  return `${change > 0 ? '+' : ''}${formatNumber(change)} %`;
}
