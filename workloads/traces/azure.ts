/**
 * The Azure LLM inference traces (Patel et al., Splitwise, ISCA '24; AzurePublicDataset): CSV
 * `TIMESTAMP,ContextTokens,GeneratedTokens`, calendar timestamps to 100 ns, no prompt content.
 */
import { csvRows } from '../text/csv.ts';
import { InputError, excerpt } from '../text/input-error.ts';
import { DAY_NS, parseCalendarTime } from './calendar-time.ts';
import { NamedColumns } from './named-columns.ts';
import { countField } from './field.ts';
import type { TraceRecord, TraceSource } from './trace-record.ts';

/**
 * Arrivals are counted from the midnight (UTC) before the first record. Rows with no context tokens are skipped.
 *
 * @throws InputError on the first malformed row.
 */
export function* azureRecords(lines: Iterable<string>, source: TraceSource): Generator<TraceRecord> {
  const { file, onSkip } = source;
  const rows = csvRows(lines, { file });
  const header = rows.next();
  if (header.done === true) throw new InputError(file, 1, 'expected the header TIMESTAMP,ContextTokens,GeneratedTokens, got an empty file');
  const columns = new NamedColumns(file, header.value);
  const timestamp = columns.mustFind(['TIMESTAMP']);
  const context = columns.mustFind(['ContextTokens']);
  const generated = columns.mustFind(['GeneratedTokens']);
  let firstDay: number | undefined;
  for (const row of rows) {
    columns.check(row);
    const time = parseCalendarTime(row.fields[timestamp]);
    if (time === undefined) {
      throw new InputError(file, row.line, `"TIMESTAMP": expected a time like 2023-11-16 18:17:03.9799600, got ${excerpt(row.fields[timestamp])}`);
    }
    firstDay ??= time.day;
    const arrivalNs = (time.day - firstDay) * DAY_NS + time.nsOfDay;
    if (!Number.isSafeInteger(arrivalNs)) {
      throw new InputError(file, row.line, `"TIMESTAMP": expected a time within 104 days of the first, got ${excerpt(row.fields[timestamp])}`);
    }
    const inputTokens = countField(row.fields[context], { file, line: row.line, name: 'ContextTokens' }, 0);
    const outputTokens = countField(row.fields[generated], { file, line: row.line, name: 'GeneratedTokens' }, 0);
    if (inputTokens === 0) {
      onSkip?.(row.line, 'no context tokens');
      continue;
    }
    yield { arrivalNs, inputTokens, outputTokens, line: row.line };
  }
}
