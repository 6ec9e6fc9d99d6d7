/**
 * The trace format of Mooncake (Qin et al., FAST '25; traces released with the paper): one JSON object a line,
 * `{"timestamp": ms, "input_length": tokens, "output_length": tokens, "hash_ids": [one per block of 512 tokens]}`.
 * A hash stands for its block and everything before it, so equal hashes mean equal prefixes.
 */
import { MILLISECOND } from '../../sim/kernel/time.ts';
import { DenseIds } from '../dense-ids.ts';
import { jsonRows } from '../text/json-lines.ts';
import { checkBlockCount } from './block-count.ts';
import { countField, hashListField, timeField } from './field.ts';
import { DEFAULT_BLOCK_TOKENS } from './trace-record.ts';
import type { TraceRecord, TraceSource } from './trace-record.ts';

const EXPECTED = '{"timestamp": ms, "input_length": tokens, "output_length": tokens, "hash_ids": [block hashes]}';

/** @throws InputError, naming file and line, on the first line that is not such a record. */
export function* mooncakeRecords(lines: Iterable<string>, source: TraceSource): Generator<TraceRecord> {
  const { file, blockTokens = DEFAULT_BLOCK_TOKENS } = source;
  const ids = new DenseIds();
  for (const { line, value } of jsonRows(lines, { file, expected: EXPECTED })) {
    const arrivalNs = timeField(value['timestamp'], MILLISECOND, { file, line, name: 'timestamp' }, 'milliseconds');
    const inputTokens = countField(value['input_length'], { file, line, name: 'input_length' }, 1);
    const outputTokens = countField(value['output_length'], { file, line, name: 'output_length' }, 0);
    const place = { file, line, name: 'hash_ids' };
    const blocks = hashListField(value['hash_ids'], place, ids);
    checkBlockCount(blocks, inputTokens, blockTokens, place);
    yield { arrivalNs, inputTokens, outputTokens, blocks, line };
  }
}

/** One record as a line of this format, without a line break. Times finer than a millisecond keep their fraction. */
export function formatMooncake(record: TraceRecord): string {
  return JSON.stringify({
    timestamp: record.arrivalNs / MILLISECOND,
    input_length: record.inputTokens,
    output_length: record.outputTokens,
    hash_ids: record.blocks ?? [],
  });
}
