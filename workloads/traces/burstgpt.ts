/**
 * The BurstGPT traces (Wang et al., "BurstGPT: A Real-world Workload Dataset to Optimize LLM Serving Systems",
 * arXiv 2401.17644): CSV `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type`, seconds from the start
 * of the trace. A request that failed has no response tokens.
 */
import { SECOND } from '../../sim/kernel/time.ts';
import { DenseIds } from '../dense-ids.ts';
import { csvRows } from '../text/csv.ts';
import { InputError } from '../text/input-error.ts';
import { NamedColumns } from './named-columns.ts';
import { countField, timeField } from './field.ts';
import type { TraceRecord, TraceSource } from './trace-record.ts';

/** Which records to keep. */
export interface BurstGptSource extends TraceSource {
  /** Only records whose `Model` equals this, case ignored. */
  readonly model?: string;
  /** Only records whose `Log Type` equals this, case ignored: `Conversation log` or `API log`. */
  readonly logType?: string;
  /** Keep failed requests (no response tokens); by default they are skipped. */
  readonly keepFailed?: boolean;
}

/** @throws InputError on the first malformed row. */
export function* burstGptRecords(lines: Iterable<string>, source: BurstGptSource): Generator<TraceRecord> {
  const { file, onSkip } = source;
  const rows = csvRows(lines, { file });
  const header = rows.next();
  if (header.done === true) {
    throw new InputError(file, 1, 'expected the header Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type, got an empty file');
  }
  const columns = new NamedColumns(file, header.value);
  const timestamp = columns.mustFind(['Timestamp']);
  const request = columns.mustFind(['Request tokens']);
  const response = columns.mustFind(['Response tokens']);
  const model = source.model === undefined ? columns.find(['Model']) : columns.mustFind(['Model']);
  const logType = source.logType === undefined ? columns.find(['Log Type']) : columns.mustFind(['Log Type']);
  const session = columns.find(['Session ID']);
  const sessions = new DenseIds();
  const other = (index: number | undefined, wanted: string | undefined, fields: readonly string[]): boolean =>
    wanted !== undefined && fields[index!].trim().toLowerCase() !== wanted.toLowerCase();
  for (const row of rows) {
    columns.check(row);
    const { line, fields } = row;
    const arrivalNs = timeField(fields[timestamp], SECOND, { file, line, name: 'Timestamp' }, 'seconds');
    const inputTokens = countField(fields[request], { file, line, name: 'Request tokens' }, 0);
    const outputTokens = countField(fields[response], { file, line, name: 'Response tokens' }, 0);
    if (other(model, source.model, fields)) {
      onSkip?.(line, `model ${fields[model!]}`);
    } else if (other(logType, source.logType, fields)) {
      onSkip?.(line, `log type ${fields[logType!]}`);
    } else if (inputTokens === 0 || (outputTokens === 0 && source.keepFailed !== true)) {
      onSkip?.(line, inputTokens === 0 ? 'no request tokens' : 'failed: no response tokens');
    } else {
      const sessionText = session === undefined ? '' : fields[session].trim();
      yield {
        arrivalNs,
        inputTokens,
        outputTokens,
        ...(model === undefined ? {} : { model: fields[model].trim() }),
        ...(sessionText === '' ? {} : { session: sessions.of(sessionText) }),
        line,
      };
    }
  }
}
