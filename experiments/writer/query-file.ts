/**
 * The measured queries of one trial as bytes: how a worker hands them over and how they wait on disk until the sweep
 * ends. A checksum, a header in JSON, then the columns one after the other; numbers as they lie in memory (little-endian on
 * every platform Node runs on here). The checksum tells a whole file from one that a power cut left half on disk,
 * so that no trial has to wait for its queries to be flushed.
 */
import { sha256 } from '../config/hash.ts';
import type { QueryColumn, QueryTable } from '../results/trial-result.ts';

const MAGIC = 'p2p-ragcache queries 1\n';
const NEWLINE = 10;
const SHA256_HEX_BYTES = 64;
const PREFIX_BYTES = MAGIC.length + SHA256_HEX_BYTES + 1;

interface Header {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: 'float64' | 'int32' | 'string'; readonly bytes: number }[];
}

/** Bytes of a table whose columns all have the same length. */
export function encodeQueries(table: QueryTable): Uint8Array<ArrayBuffer> {
  const parts = Object.entries(table).map(([name, column]) => {
    const bytes = columnBytes(column);
    return { name, type: columnType(column), bytes };
  });
  const columns = parts.map(({ name, type, bytes }) => ({ name, type, bytes: bytes.length }));
  const header: Header = { rows: rowsOf(table), columns };
  const content = joined([new TextEncoder().encode(`${JSON.stringify(header)}\n`), ...parts.map(({ bytes }) => bytes)]);
  return joined([new TextEncoder().encode(`${MAGIC}${sha256(content)}\n`), content]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** The table that was encoded; undefined for bytes that are no whole table. */
export function decodeQueries(bytes: Uint8Array): QueryTable | undefined {
  const text = (part: Uint8Array): string => new TextDecoder().decode(part);
  const content = bytes.subarray(PREFIX_BYTES);
  const headerEnd = content.indexOf(NEWLINE);
  if (headerEnd < 0 || text(bytes.subarray(0, PREFIX_BYTES)) !== `${MAGIC}${sha256(content)}\n`) return undefined;
  const header = JSON.parse(text(content.subarray(0, headerEnd))) as Header;
  const body = content.subarray(headerEnd + 1);
  const table: Record<string, QueryColumn> = {};
  let offset = 0;
  for (const { name, type, bytes: length } of header.columns) {
    // A copy, so that the numbers are aligned.
    const copy = new Uint8Array(body.subarray(offset, offset + length));
    table[name] = decodeColumn(type, copy);
    offset += length;
  }
  return table;
}

/** Rows of a table. */
export function rowsOf(table: QueryTable): number {
  return Object.values(table)[0]?.length ?? 0;
}

export function columnType(column: QueryColumn): 'float64' | 'int32' | 'string' {
  if (column instanceof Float64Array) return 'float64';
  return column instanceof Int32Array ? 'int32' : 'string';
}

function columnBytes(column: QueryColumn): Uint8Array {
  if (column instanceof Float64Array || column instanceof Int32Array) return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  return new TextEncoder().encode(JSON.stringify(column));
}

function decodeColumn(type: 'float64' | 'int32' | 'string', bytes: Uint8Array<ArrayBuffer>): QueryColumn {
  if (type === 'float64') return new Float64Array(bytes.buffer);
  if (type === 'int32') return new Int32Array(bytes.buffer);
  return JSON.parse(new TextDecoder().decode(bytes)) as string[];
}
