/** The `compare` command, from arguments to exit code. */
import { findMetric } from '../results/metrics.ts';
import { AtomicFile } from '../writer/atomic-file.ts';
import { baselineText } from './baseline.ts';
import { DEFAULT_METRICS, compareSides, isRegression } from './comparison.ts';
import { comparisonText } from './comparison-text.ts';
import type { CompareOptions } from './options.ts';
import { UsageError } from '../cli/usage-parser.ts';
import { parseArguments } from './options.ts';
import type { Side } from './side.ts';
import { readSide } from './side.ts';

export interface CompareOutcome {
  readonly text: string;
  /** 0: nothing is worse; 1: something is. */
  readonly code: 0 | 1;
}

/**
 * Compares, or saves a baseline.
 * @throws UsageError, one line, for what cannot be compared; OutputError where the baseline cannot be written.
 */
export async function runCompare(argv: readonly string[], columns: number): Promise<CompareOutcome> {
  const options = parseArguments(argv, columns);
  if (options.print !== undefined) return { text: options.print, code: 0 };
  if (options.save !== undefined) return { text: saveBaseline(await readSide(options.paths[0]), options, options.save), code: 0 };
  const [before, after] = [await readSide(options.paths[0]), await readSide(options.paths[1])];
  const metrics = metricsToCompare(before, options);
  const comparison = compareSides(before, after, { metrics, level: options.level, margin: options.margin });
  if (comparison.rows.length === 0) throw new UsageError(`${after.path} has no setting and system in common with ${before.path}; expected results of the same question`);
  return { text: comparisonText(before, after, comparison, { all: options.all, columns }), code: comparison.rows.some(isRegression) ? 1 : 0 };
}

/** Those named, each of which the first side must report; else the usual ones that it reports. */
function metricsToCompare(before: Side, { metrics }: CompareOptions): string[] {
  const reported = new Set(before.rows.flatMap(({ values }) => [...values.keys()]));
  const named = metrics ?? DEFAULT_METRICS;
  const every = metrics === undefined || metrics.length > reported.size;
  const missing = every ? undefined : named.find((name) => !reported.has(name));
  if (missing !== undefined) throw new UsageError(`--metrics ${missing}: ${before.path} does not report it; it reports ${[...reported].filter((name) => findMetric(name) !== undefined).join(', ')}`);
  const found = named.filter((name) => reported.has(name));
  if (found.length === 0) throw new UsageError(`${before.path} reports none of ${named.join(', ')}; name metrics with --metrics`);
  return found;
}

function saveBaseline(side: Side, options: CompareOptions, path: string): string {
  const metrics = metricsToCompare(side, options);
  const text = baselineText(side, metrics);
  const file = new AtomicFile(path);
  file.append(new TextEncoder().encode(text));
  file.commit();
  return `${path}: ${side.rows.length} rows, ${side.seeds.length} seeds, ${metrics.length} metrics (${metrics.join(', ')}), ${text.length} bytes`;
}
