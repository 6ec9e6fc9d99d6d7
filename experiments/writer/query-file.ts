/**
 * The measured queries of one trial as bytes: how a worker hands them over and how they wait on disk until the sweep
 * ends. A header in JSON, then the columns one after the other; numbers as they lie in memory (little-endian on every
 * platform Node runs on here).
 */
import type { QueryColumn, QueryTable } from '../results/trial-result.ts';

const MAGIC = 'p2p-ragcache queries 1\n';

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
  const header: Header = { rows: rowsOf(table), columns: parts.map(({ name, type, bytes }) => ({ name, type, bytes: bytes.length })) };
  const head = new TextEncoder().encode(`${MAGIC}${JSON.stringify(header)}\n`);
  const total = parts.reduce((sum, { bytes }) => sum + bytes.length, head.length);
  const all = new Uint8Array(total);
  all.set(head, 0);
  let offset = head.length;
  for (const { bytes } of parts) {
    all.set(bytes, offset);
    offset += bytes.length;
  }
  return all;
}

/** The table that was encoded; undefined for bytes that are no whole table. */
export function decodeQueries(bytes: Uint8Array): QueryTable | undefined {
  const magicEnd = MAGIC.length;
  const headerEnd = bytes.indexOf(10, magicEnd);
  if (headerEnd < 0 || new TextDecoder().decode(bytes.subarray(0, magicEnd)) !== MAGIC) return undefined;
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(magicEnd, headerEnd))) as Header;
  } catch {
    return undefined;
  }
  const total = header.columns.reduce((sum, column) => sum + column.bytes, headerEnd + 1);
  if (total !== bytes.length) return undefined;
  const table: Record<string, QueryColumn> = {};
  let offset = headerEnd + 1;
  for (const { name, type, bytes: length } of header.columns) {
    // A copy, so that the numbers are aligned.
    const copy = new Uint8Array(bytes.subarray(offset, offset + length));
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
