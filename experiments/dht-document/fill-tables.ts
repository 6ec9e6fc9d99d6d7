/** Markdown tables from results, put in place of what stood between their markers. */
import type { Results } from '../results/reader.ts';
import { summariseResults } from '../results/reader.ts';
import type { MeanInterval } from '../results/mean-interval.ts';
import { findMetric } from '../results/metrics.ts';
import type { Metric } from '../results/metrics.ts';
import type { Cell } from '../results/trial-result.ts';

const MARKED = /(<!-- table (\S+) by (\S+?)((?:, [^\s=]+=[^,:]+)*): ([^\n]+?) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The text with every marked table filled; `load` gives the results of a study by name. Throws Error for a table that names what is not there. */
export function fillTables(text: string, load: (study: string) => Results): string {
  return text.replace(MARKED, (_, head: string, study: string, by: string, held: string, names: string, end: string) => {
    const where = Object.fromEntries(held.split(', ').filter((part) => part !== '').map((part) => part.split('=') as [string, string]));
    return `${head}${tableOf(load(study), by, where, names.split(', '))}\n${end}`;
  });
}

function tableOf(results: Results, by: string, where: Readonly<Record<string, string>>, names: readonly string[]): string {
  const { manifest } = results;
  const swept = manifest.sweep.find(({ key }) => key === by);
  if (swept === undefined) throw new Error(`${manifest.name} does not sweep ${by}`);
  const metrics = names.map((name) => {
    const metric = findMetric(name);
    if (metric === undefined) throw new Error(`the metric ${name} is not in the registry`);
    return metric;
  });
  const rows = summariseResults(results);
  const fits = (cell: Cell, value: unknown): boolean => cell[by] === value && Object.entries(where).every(([key, held]) => String(cell[key]) === held);
  const columns = metrics.flatMap((metric) => manifest.systems.map((system) => ({ metric, system })));
  const shown = columns.filter(({ metric, system }) => rows.some((row) => row.system === system.name && row.metrics[metric.name] !== undefined));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const body = swept.values.map((value) => {
    const cells = shown.map(({ metric, system }) => {
      const row = rows.find((each) => each.system === system.name && fits(each.cell, value));
      const estimate = row?.metrics[metric.name];
      return estimate === undefined ? '–' : shownEstimate(metric, estimate) + publishedText(results, metric, system.name, row!.cell);
    });
    return line([typeof value === 'number' ? value.toLocaleString('en-US') : String(value), ...cells]);
  });
  if (body.every((each) => !/\d/.test(each.replace(/^\| [^|]* /, '')))) throw new Error(`${manifest.name} has no cell with ${JSON.stringify(where)}`);
  return [line([by, ...shown.map(({ metric, system }) => `${system.label}: ${lowerFirst(metric.label)}`)]), line(['---:', ...shown.map(() => '---:')]), ...body].join('\n');
}

/** `3.88 ± 0.02`, `99.97 %`, `124 ms`. */
function shownEstimate(metric: Metric, { mean, low, high }: MeanInterval): string {
  const factor = metric.unit === 'fraction' ? 100 : 1;
  const unit = metric.unit === 'fraction' ? ' %' : metric.unit === 'ms' ? ' ms' : '';
  const half = (high - low) / 2;
  const decimals = decimalsOf(mean * factor);
  const interval = Number.isFinite(half) && half * factor >= 0.5 / 10 ** decimals ? ` ± ${(half * factor).toFixed(decimals)}` : '';
  return `${grouped((mean * factor).toFixed(decimals))}${interval}${unit}`;
}

function decimalsOf(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 99.95) return size > 99.95 && size < 100 ? 2 : 0;
  return size >= 9.995 ? 1 : 2;
}

function publishedText(results: Results, metric: Metric, system: string, cell: Cell): string {
  for (const series of results.manifest.published ?? []) {
    if (series.metric !== metric.name || series.system !== system || !Object.entries(series.where).every(([key, value]) => cell[key] === value)) continue;
    const value = series.over === '' ? series.values[0] : series.values[series.at.indexOf(cell[series.over])];
    // `indexOf` gives −1 where nothing was published for this cell.
    if (value as number | undefined !== undefined) return ` (${metric.unit === 'fraction' ? 100 * value : value})`;
  }
  return '';
}

function grouped(text: string): string {
  return text.replace(/\B(?=(\d{3})+(?!\d)(?<!\.\d*))/g, ',');
}

function lowerFirst(label: string): string {
  return label.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
}
