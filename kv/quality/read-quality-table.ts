/** Reading quality tables back, for whoever draws quality against latency. */
import { isRecord } from '../model/safetensors.ts';
import type { Estimate } from './bootstrap.ts';
import type { QualityRow, QualityTable, RowKey } from './quality-table.ts';

/** Checks a parsed quality table. `name` stands in error messages. Throws RangeError naming the row and field that is wrong. */
export function readQualityTable(json: unknown, name: string): QualityTable {
  if (!isRecord(json) || json['kind'] !== 'quality-table' || json['version'] !== 1) throw new RangeError(`${name}: not a quality table of version 1; npm run quality -- --out writes one`);
  for (const field of ['model', 'modelSha256', 'source', 'command', 'textReference']) {
    if (typeof json[field] !== 'string') throw new RangeError(`${name}: ${field} is ${JSON.stringify(json[field])}; expected text`);
  }
  if (!Array.isArray(json['rows']) || json['rows'].length === 0) throw new RangeError(`${name}: rows is not a list with at least one row`);
  (json['rows'] as unknown[]).forEach((row, i) => {
    const fail = (field: string, expected: string): RangeError => new RangeError(`${name}: rows[${i}].${field} is ${isRecord(row) ? JSON.stringify(row[field]) : 'missing'}; expected ${expected}`);
    if (!isRecord(row)) throw fail('policy', 'a row');
    for (const field of ['policy', 'level']) if (typeof row[field] !== 'string') throw fail(field, 'text');
    for (const field of ['chunkTokens', 'chunks', 'cases', 'recomputedShare']) if (typeof row[field] !== 'number') throw fail(field, 'a number');
    for (const field of ['perplexity', 'perplexityIncrease', 'agreement', 'divergence']) if (!isEstimate(row[field])) throw fail(field, 'an estimate: value, low and high');
    for (const field of ['exactAnswers', 'bleu', 'rougeL']) if (row[field] !== null && !isEstimate(row[field])) throw fail(field, 'an estimate or null');
  });
  return json as unknown as QualityTable;
}

function isEstimate(value: unknown): value is Estimate {
  return isRecord(value) && ['value', 'low', 'high'].every((field) => typeof value[field] === 'number');
}

/**
 * The row of a policy and level, with chunks cached from position 0, whose chunk length and number of chunks are nearest to the wanted ones (by
 * ratio, length first). Throws RangeError, listing what was measured, where policy and level were not.
 */
export function nearestQualityRow(table: QualityTable, want: Pick<RowKey, 'policy' | 'level' | 'chunkTokens' | 'chunks'>): QualityRow {
  const rows = table.rows.filter((row) => row.policy === want.policy && row.level === want.level && row.shift === 'start');
  if (rows.length === 0) {
    const measured = [...new Set(table.rows.map((row) => `${row.policy} with ${row.level}`))].join(', ');
    throw new RangeError(`quality of ${table.model}: ${want.policy} with ${want.level} was not measured; there are ${measured}`);
  }
  const away = (row: QualityRow): number => 1000 * Math.abs(Math.log(row.chunkTokens / want.chunkTokens)) + Math.abs(Math.log(row.chunks / want.chunks));
  return rows.reduce((best, row) => (away(row) < away(best) ? row : best));
}
