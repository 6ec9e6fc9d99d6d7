/** Writes `queries.parquet` trial by trial: one row group a trial, so that memory stays at one trial and so does a read. */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';
import type { SchemaElement } from 'hyparquet';
import type { SweptKey } from '../results/manifest.ts';
import { QUERY_COLUMNS } from '../results/query-columns.ts';
import type { CellValue, QueryTable, TrialKey } from '../results/trial-result.ts';
import { AtomicFile } from './atomic-file.ts';
import { rowsOf } from './query-file.ts';

type ColumnType = 'INT32' | 'DOUBLE' | 'BOOLEAN' | 'STRING';

interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

const QUERY_TYPES = { int32: 'INT32', float64: 'DOUBLE', string: 'STRING' } as const;

/** Writes a Parquet file whose bytes depend on the rows alone: no time, no machine. */
export class QueriesWriter {
  readonly #file: AtomicFile;
  readonly #bytes = new ByteWriter();
  readonly #parquet: ParquetWriter;
  readonly #sweptColumns: readonly Column[];

  constructor(path: string, sweep: readonly SweptKey[]) {
    this.#sweptColumns = sweep.map(({ key, values }) => ({ name: key, type: sweptType(values) }));
    const columns: Column[] = [
      { name: 'trial', type: 'INT32' },
      { name: 'system', type: 'STRING' },
      { name: 'seed', type: 'STRING' },
      ...this.#sweptColumns,
      ...QUERY_COLUMNS.map(({ name, type }) => ({ name, type: QUERY_TYPES[type] })),
    ];
    this.#file = new AtomicFile(path);
    this.#parquet = new ParquetWriter({ writer: this.#bytes, schema: schemaOf(columns), statistics: false, createdBy: 'p2p-ragcache' });
  }

  /** Appends the rows of one trial; trials come in plan order. */
  append(key: TrialKey, queries: QueryTable): void {
    const rows = rowsOf(queries);
    if (rows === 0) return;
    const constant = (name: string, value: unknown): ColumnSource => ({ name, data: new Array<unknown>(rows).fill(value), nullable: false });
    const columnData: ColumnSource[] = [
      constant('trial', key.index),
      constant('system', key.system),
      constant('seed', key.seed),
      ...this.#sweptColumns.map(({ name, type }) => constant(name, type === 'STRING' ? String(key.cell[name]) : key.cell[name])),
      ...QUERY_COLUMNS.map(({ name }): ColumnSource => ({ name, data: queries[name] as ColumnSource['data'], nullable: false })),
    ];
    void this.#parquet.write({ columnData, rowGroupSize: rows });
    this.#flush();
  }

  commit(): void {
    void this.#parquet.finish();
    this.#flush();
    this.#file.commit();
  }

  abandon(): void {
    this.#file.abandon();
  }

  /** Moves what has been encoded to the file; the offsets in the footer count all bytes, so only the buffer restarts. */
  #flush(): void {
    this.#file.append(new Uint8Array(this.#bytes.buffer, 0, this.#bytes.index));
    this.#bytes.index = 0;
  }
}

function sweptType(values: readonly CellValue[]): ColumnType {
  if (values.every((value) => typeof value === 'number')) return 'DOUBLE';
  return values.every((value) => typeof value === 'boolean') ? 'BOOLEAN' : 'STRING';
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: 'queries', num_children: columns.length },
    ...columns.map(({ name, type }): SchemaElement =>
      type === 'STRING' ? { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } : { name, type, repetition_type: 'REQUIRED' },
    ),
  ];
}
