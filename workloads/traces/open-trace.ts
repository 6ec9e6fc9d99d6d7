/** All trace formats behind one door: told which, or found from the first line. */
import { InputError, excerpt } from '../text/input-error.ts';
import { nearest } from '../text/nearest.ts';
import { peekLine } from '../text/peek.ts';
import { azureRecords } from './azure.ts';
import { burstGptRecords } from './burstgpt.ts';
import type { BurstGptSource } from './burstgpt.ts';
import { genericCsvRecords, genericJsonlRecords } from './generic.ts';
import type { GenericSource } from './generic.ts';
import { mooncakeRecords } from './mooncake.ts';
import { normalisedName } from './named-columns.ts';
import type { TraceRecord } from './trace-record.ts';

export type TraceOptions = GenericSource & BurstGptSource;

const IMPORTERS = {
  mooncake: mooncakeRecords,
  azure: azureRecords,
  burstgpt: burstGptRecords,
  csv: genericCsvRecords,
  jsonl: genericJsonlRecords,
} satisfies Record<string, (lines: Iterable<string>, options: TraceOptions) => Generator<TraceRecord>>;

export type TraceFormat = keyof typeof IMPORTERS;
export const TRACE_FORMATS = Object.keys(IMPORTERS) as readonly TraceFormat[];

/** @throws RangeError naming the nearest format, where `name` is none. */
export function traceFormat(name: string): TraceFormat {
  const lower = name.toLowerCase();
  const format = TRACE_FORMATS.find((known) => known === lower);
  if (format !== undefined) return format;
  const near = nearest(name, TRACE_FORMATS);
  throw new RangeError(`trace format ${excerpt(name)}: expected one of ${TRACE_FORMATS.join(', ')}${near === undefined ? '' : `; did you mean "${near}"?`}`);
}

/** The format that a file's first non-blank line shows: its keys if it is a JSON object, else its column names. */
export function detectTraceFormat(firstLine: string): TraceFormat {
  if (firstLine.trimStart().startsWith('{')) return firstLine.includes('"hash_ids"') && firstLine.includes('"input_length"') ? 'mooncake' : 'jsonl';
  const names = new Set(firstLine.split(',').map(normalisedName));
  const has = (...wanted: string[]): boolean => wanted.every((name) => names.has(name));
  if (has('timestamp', 'contexttokens', 'generatedtokens')) return 'azure';
  if (has('timestamp', 'requesttokens', 'responsetokens')) return 'burstgpt';
  return 'csv';
}

/** The records of a trace, and the format they were read in. */
export interface OpenTrace {
  readonly format: TraceFormat;
  readonly records: Iterable<TraceRecord>;
}

/**
 * Reads a trace of the given format, or of the one its first non-blank line shows. Streaming: only that line is read here.
 *
 * @throws InputError where there is no line at all.
 */
export function openTrace(lines: Iterable<string>, options: TraceOptions, format?: TraceFormat): OpenTrace {
  if (format !== undefined) return { format, records: IMPORTERS[format](lines, options) };
  const { first, lines: all } = peekLine(lines);
  if (first === undefined) throw new InputError(options.file, 1, 'expected a trace (JSON lines, or CSV with a header), got an empty file');
  const found = detectTraceFormat(first);
  return { format: found, records: IMPORTERS[found](all, options) };
}
