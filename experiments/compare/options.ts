/** The command line of `npm run compare`. */
import yargs from 'yargs';
import { UsageError, parseUsage } from '../cli/usage-parser.ts';
import { nearest } from '../config/nearest.ts';
import { METRICS, findMetric } from '../results/metrics.ts';

export interface CompareOptions {
  /** Results folders or baseline files: two to compare, one to save. */
  readonly paths: readonly string[];
  /** Undefined: the usual ones. */
  readonly metrics: readonly string[] | undefined;
  readonly level: number;
  readonly margin: number;
  /** Show every row, those that are equal included. */
  readonly all: boolean;
  /** File to save a baseline to. */
  readonly save: string | undefined;
  /** Help that was asked for. */
  readonly print: string | undefined;
}

const USAGE = `Compares two results folders, metric by metric, and exits with 1 where the second is worse.

  npm run compare -- results/before results/after [options]
  npm run compare -- baseline.json results/after [options]
  npm run compare -- results/before --save baseline.json [options]`;

const EPILOGUE = [
  'Seeds that both sides ran are compared pair by pair, so an unchanged program differs by exactly 0. Sides without two common seeds are compared as independent samples. Intervals hold jointly: the chance that any of them misses is at most 1 − level (Bonferroni), however many there are.',
  'A metric fails where its interval lies wholly on the worse side of 0 and the change is at least the margin, or where the second side no longer reports it.',
  'Exit codes: 0 nothing is worse; 1 something is; 2 what was given cannot be compared.',
].join('\n\n');

/** Parses the arguments. @throws UsageError, one line. */
export function parseArguments(argv: readonly string[], columns: number): CompareOptions {
  const parser = yargs([...argv])
    .scriptName('npm run compare --')
    .locale('en')
    .usage(USAGE)
    .option('metrics', { type: 'string', describe: 'Metrics that may not get worse, commas between, or all; by default mean and P99 TTFT, end-to-end latency, throughput, hit rate, and of overlays hops, correctness, messages and latency' })
    .option('level', { type: 'string', default: '95%', describe: 'Joint level of all intervals' })
    .option('margin', { type: 'string', default: '0%', describe: 'Smallest change that counts, as a share of the first side' })
    .option('all', { type: 'boolean', default: false, describe: 'Show every comparison, also where nothing changed' })
    .option('save', { type: 'string', describe: 'Save the metrics of one results folder as a small baseline file' })
    .example([
      ['$0 results/main results/branch', 'Is the branch worse than main?'],
      ['$0 results/main results/branch --metrics ttftP99Ms --margin 1%', 'By 1 % or more, on P99 TTFT alone'],
      ['$0 results/small --save baseline.json', 'Keep what later runs are compared with'],
    ]);
  const { values: parsed, words, print } = parseUsage(parser, argv, EPILOGUE, columns);
  const save = parsed['save'] as string | undefined;
  if (save === '') throw new UsageError('--save: expected the name of a file');
  const wanted = save === undefined ? 2 : 1;
  if (print === undefined && words.length !== wanted) {
    throw new UsageError(`${words.length} ${words.length === 1 ? 'folder' : 'folders'} given; expected ${wanted === 2 ? 'two to compare (or one with --save)' : 'one to save'}; --help explains`);
  }
  return {
    paths: words,
    metrics: metricsOf(parsed['metrics'] as string | undefined),
    level: share('level', parsed['level'] as string, (level) => level >= 0.5 && level < 1, 'from 50% to below 100%'),
    margin: share('margin', parsed['margin'] as string, (margin) => margin >= 0, 'such as 1%'),
    all: parsed['all'] === true,
    save,
    print,
  };
}

function metricsOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'all') return METRICS.map(({ name }) => name);
  const names = [...new Set(text.split(',').map((name) => name.trim()).filter((name) => name !== ''))];
  if (names.length === 0) throw new UsageError('--metrics: expected names of metrics, or all');
  for (const name of names) {
    if (findMetric(name) !== undefined) continue;
    const known = nearest(name, METRICS.map((metric) => metric.name));
    throw new UsageError(`--metrics ${name}: no such metric${known === undefined ? '' : `; did you mean ${known}?`}`);
  }
  return names;
}

function share(option: string, text: string, isValid: (value: number) => boolean, expected: string): number {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const value = match === null ? NaN : Number(match[1]) / 100;
  if (!isValid(value)) throw new UsageError(`--${option} ${text}: expected a percentage ${expected}`);
  return value;
}
