/** The table at the end of a run: systems by swept values. */
import type { MeanInterval } from '../results/mean-interval.ts';
import type { Manifest } from '../results/manifest.ts';
import type { SummaryRow } from '../results/summary.ts';
import { summarise } from '../results/summary.ts';
import type { CellValue, TrialRecord } from '../results/trial-result.ts';
import { studyKindOf } from '../system-names.ts';
import type { TextColumn } from './text-table.ts';
import { textTable } from './text-table.ts';

/** Longer tables are cut, each system at its share of the rows; summary.csv has them all. */
const MAX_ROWS = 60;
/** Most notes below a table. */
const MAX_NOTES = 10;

/** Rows that one run serves are shown as one, with the values that make no difference as `any`. */
export function resultTable(manifest: Pick<Manifest, 'systems' | 'sweep'>, trials: readonly TrialRecord[], width: number): string {
  const keys = manifest.sweep.map(({ key }) => key);
  const results = manifest.systems.some(({ name }) => studyKindOf(name) === 'overlay') ? OVERLAY_COLUMNS : SERVING_COLUMNS;
  const labels = new Map(manifest.systems.map(({ name, label }) => [name, label]));
  const columns: TextColumn[] = [
    { head: 'System' },
    ...shortNames(keys).map((head): TextColumn => ({ head, align: 'right' })),
    ...results.map(({ head, flexible }): TextColumn => (flexible === true ? { head, flexible } : { head, align: 'right' })),
  ];
  const groups = groupRows(trials);
  const shownGroups = groups.length <= MAX_ROWS ? groups : firstOfEach(groups, Math.floor(MAX_ROWS / labels.size));
  const rows = shownGroups.map(({ row, members }) => [
    labels.get(row.system) ?? row.system,
    ...manifest.sweep.map(({ key, values }) => shownValues(key, values, members)),
    ...results.map(({ cell }) => cell(row)),
  ]);
  const cut = groups.length > rows.length ? `\n… and ${groups.length - rows.length} more rows in summary.csv` : '';
  return textTable(columns, rows, width) + cut;
}

/** A column of results and how it is read from a row. */
interface ResultColumn {
  readonly head: string;
  readonly flexible?: boolean;
  readonly cell: (row: SummaryRow) => string;
}

const SERVING_COLUMNS: readonly ResultColumn[] = [
  { head: 'TTFT mean ms', cell: (row) => withInterval(row.metrics['ttftMeanMs']) },
  { head: 'P99 ms', cell: (row) => plain(row.metrics['ttftP99Ms']) },
  { head: 'Req/s', cell: (row) => plain(row.metrics['throughputRps']) },
  { head: 'Hits', cell: (row) => percent(row.metrics['hitRate']) },
  { head: 'Busiest resource', flexible: true, cell: busiest },
];

const OVERLAY_COLUMNS: readonly ResultColumn[] = [
  { head: 'Hops', cell: (row) => withInterval(row.metrics['hopsMean']) },
  { head: 'P95 ms', cell: (row) => plain(row.metrics['lookupP95Ms']) },
  { head: 'Correct', cell: (row) => percent(row.metrics['correctShare']) },
  { head: 'Timeouts', cell: (row) => plain(row.metrics['timeoutsPerLookup']) },
  { head: 'Messages', cell: (row) => plain(row.metrics['messagesPerLookup']) },
  { head: 'Upkeep B/s', cell: (row) => plain(row.metrics['maintenanceBytesPerNode']) },
];

interface RowGroup {
  readonly row: SummaryRow;
  /** The rows it stands for, itself first. */
  readonly members: readonly SummaryRow[];
}

/** Summary rows by the run that serves them, systems together, cells in order. */
function groupRows(trials: readonly TrialRecord[]): RowGroup[] {
  const rowId = (row: { readonly cell: object; readonly system: string }): string => JSON.stringify([row.cell, row.system]);
  const servedBy = new Map<string, string>();
  for (const { key, sharedWith } of trials) {
    const run = sharedWith === undefined ? key : trials[sharedWith].key;
    if (!servedBy.has(rowId(key))) servedBy.set(rowId(key), rowId(run));
  }
  const groups = new Map<string, SummaryRow[]>();
  for (const row of summarise(trials)) {
    const id = servedBy.get(rowId(row)) ?? rowId(row);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  const systems = [...new Set(trials.map(({ key }) => key.system))];
  return [...groups.values()]
    .map((members) => ({ row: members[0], members }))
    .sort((a, b) => systems.indexOf(a.row.system) - systems.indexOf(b.row.system));
}

function firstOfEach(groups: readonly RowGroup[], count: number): RowGroup[] {
  return groups.filter(({ row }, i) => i - groups.findIndex((other) => other.row.system === row.system) < count);
}

function shownValues(key: string, values: readonly CellValue[], members: readonly SummaryRow[]): string {
  const own = [...new Set(members.map(({ cell }) => cell[key]))];
  return own.length === values.length && own.length > 1 ? 'any' : own.map(String).join(',');
}

/** The last part of each key, or the whole key where last parts coincide. */
function shortNames(keys: readonly string[]): string[] {
  const last = keys.map((key) => key.slice(key.lastIndexOf('.') + 1));
  return last.map((name, i) => (last.indexOf(name) === last.lastIndexOf(name) ? name : keys[i]));
}

function withInterval(interval: MeanInterval | undefined): string {
  if (interval === undefined) return '–';
  if (!Number.isFinite(interval.low)) return shown(interval.mean);
  return `${shown(interval.mean)} ± ${shown(interval.high - interval.mean)}`;
}

function plain(interval: MeanInterval | undefined): string {
  return interval === undefined ? '–' : shown(interval.mean);
}

function percent(interval: MeanInterval | undefined): string {
  if (interval === undefined) return '–';
  const value = 100 * interval.mean;
  // What is not all of it must not read as all of it.
  return `${value >= 99.95 && value < 100 ? Math.min(99.99, value).toFixed(2) : shown(value)} %`;
}

function busiest(row: SummaryRow): string {
  const name = row.labels['busiestResource'];
  const share = row.metrics['busiestUtilisation'];
  if (name === undefined) return '–';
  // A sign does not stand on a line of its own.
  return share === undefined ? name : `${name} ${percent(share).replace(' ', '\u00a0')}`;
}

/** Three significant digits, without exponents. */
export function shown(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  return size >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** What the reader must know about the trials, most frequent first: `flag (n times)`. */
export function flagLines(trials: readonly TrialRecord[]): string[] {
  const counts = new Map<string, number>();
  for (const { flags, sharedWith } of trials) {
    if (sharedWith !== undefined) continue;
    for (const [flag, times] of Object.entries(flags)) counts.set(flag, (counts.get(flag) ?? 0) + times);
  }
  const lines = [...counts].sort((a, b) => b[1] - a[1]).map(([flag, times]) => `${flag} (${times} ${times === 1 ? 'time' : 'times'})`);
  return lines.length <= MAX_NOTES ? lines : [...lines.slice(0, MAX_NOTES), `… and ${lines.length - MAX_NOTES} more in trials.jsonl`];
}
