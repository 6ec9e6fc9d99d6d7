/** Aggregation across seeds: one row per cell and system. */
import type { MeanInterval } from './mean-interval.ts';
import { meanInterval } from './mean-interval.ts';
import { METRICS } from './metrics.ts';
import type { Cell, TrialRecord } from './trial-result.ts';

export interface SummaryRow {
  readonly cell: Cell;
  readonly system: string;
  /** Metric name → mean and 95 % interval over the seeds that report it; absent where no seed does. */
  readonly metrics: Readonly<Partial<Record<string, MeanInterval>>>;
  /** Label → its most frequent value over the seeds; the first seen among equals. */
  readonly labels: Readonly<Partial<Record<string, string>>>;
  /** Flag → its sum over the seeds. */
  readonly flags: Readonly<Record<string, number>>;
  /** Seeds in the row. */
  readonly seeds: number;
  /** Whether all trials of the row are shared with another cell's. */
  readonly shared: boolean;
}

/** One row per cell and system, in the order in which the trials first name them. */
export function summarise(trials: readonly TrialRecord[]): SummaryRow[] {
  const groups = new Map<string, TrialRecord[]>();
  for (const trial of trials) {
    const id = JSON.stringify([trial.key.cell, trial.key.system]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [trial]);
    else group.push(trial);
  }
  return [...groups.values()].map(summariseGroup);
}

function summariseGroup(group: readonly TrialRecord[]): SummaryRow {
  const first = group[0];
  const metrics: Record<string, MeanInterval> = {};
  for (const { name } of METRICS) {
    const values = group.filter((trial) => Object.hasOwn(trial.metrics, name)).map((trial) => trial.metrics[name]);
    if (values.length > 0) metrics[name] = meanInterval(values);
  }
  const flags: Record<string, number> = {};
  for (const trial of group) {
    for (const [flag, times] of Object.entries(trial.flags)) flags[flag] = (Object.hasOwn(flags, flag) ? flags[flag] : 0) + times;
  }
  return {
    cell: first.key.cell,
    system: first.key.system,
    metrics,
    labels: Object.fromEntries(
      [...new Set(group.flatMap((trial) => Object.keys(trial.labels)))].map((label) => [label, mostFrequent(group, label)]),
    ),
    flags,
    seeds: group.length,
    shared: group.every((trial) => trial.sharedWith !== undefined),
  };
}

function mostFrequent(group: readonly TrialRecord[], label: string): string {
  const times = new Map<string, number>();
  for (const trial of group) {
    const value = Object.hasOwn(trial.labels, label) ? trial.labels[label] : undefined;
    if (value !== undefined) times.set(value, (times.get(value) ?? 0) + 1);
  }
  let best = '';
  let most = 0;
  for (const [value, n] of times) {
    if (n > most) {
      most = n;
      best = value;
    }
  }
  return best;
}

/** The bytes of `summary.csv`: swept keys, system, seeds, then mean, low, high and n of each metric that any row has. */
export function summaryCsv(rows: readonly SummaryRow[], sweptKeys: readonly string[]): string {
  const names = METRICS.map((metric) => metric.name).filter((name) => rows.some((row) => row.metrics[name] !== undefined));
  const head = [...sweptKeys, 'system', 'seeds', ...names.flatMap((name) => [`${name}_mean`, `${name}_low`, `${name}_high`, `${name}_n`])];
  const lines = rows.map((row) => [
    ...sweptKeys.map((key) => String(row.cell[key] ?? '')),
    row.system,
    String(row.seeds),
    ...names.flatMap((name) => {
      const interval = row.metrics[name];
      return interval === undefined ? ['', '', '', '0'] : [number(interval.mean), number(interval.low), number(interval.high), String(interval.n)];
    }),
  ]);
  return [head, ...lines].map((line) => `${line.map(quote).join(',')}\n`).join('');
}

function number(value: number): string {
  return Number.isFinite(value) ? String(value) : '';
}

/** RFC 4180 quoting. */
function quote(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
