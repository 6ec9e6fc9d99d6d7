/** Typed reading of a results folder: manifest, trials and the queries of each trial. Reports start here. */
import { open, readFile, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { AsyncBuffer, ParquetScan } from 'hyparquet';
import { parquetScan } from 'hyparquet';
import { RESULT_FILES, resultPath } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { RESULTS_FORMAT } from './manifest.ts';
import type { SummaryRow } from './summary.ts';
import { summarise } from './summary.ts';
import type { QueryColumn, QueryTable, TrialRecord } from './trial-result.ts';

/** A finished experiment, without its queries. */
export interface Results {
  readonly folder: string;
  readonly manifest: Manifest;
  /** All trials in plan order; `trials[i].key.index === i`. */
  readonly trials: readonly TrialRecord[];
}

/**
 * Reads a finished results folder.
 * @throws Error, one line, if the folder is none, is unfinished, is of another format, or a line does not parse.
 */
export async function readResults(folder: string): Promise<Results> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) throw new Error(`${folder} is no results folder: it has no ${RESULT_FILES.manifest}`);
  if (!manifest.complete) throw new Error(`${folder} is unfinished; complete it with --resume first`);
  const trials = parseTrialLines(await readFile(resultPath(folder, 'trials'), 'utf8'), resultPath(folder, 'trials'));
  if (trials.length !== manifest.trials) {
    throw new Error(`${resultPath(folder, 'trials')} has ${trials.length} trials; the manifest says ${manifest.trials}`);
  }
  return { folder, manifest, trials };
}

/** The manifest of a folder; undefined where there is none. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const path = resultPath(folder, 'manifest');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  let manifest: { format?: unknown };
  try {
    manifest = JSON.parse(text) as { format?: unknown };
  } catch {
    throw new Error(`${path} is not valid JSON`);
  }
  if (manifest.format !== RESULTS_FORMAT) {
    throw new Error(`${path} has results format ${String(manifest.format)}; this version reads format ${RESULTS_FORMAT}: run the study again, or read it with the version that wrote it`);
  }
  return manifest as Manifest;
}

/** Parses whole `trials.jsonl` text; every line must be complete. */
function parseTrialLines(text: string, path: string): TrialRecord[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => {
      try {
        return JSON.parse(line) as TrialRecord;
      } catch {
        throw new Error(`${path}:${i + 1}: not valid JSON`);
      }
    });
}

/** One row per cell and system, with means and 95 % intervals across the seeds. */
export function summariseResults(results: Results): SummaryRow[] {
  return summarise(results.trials);
}

/** Reads query columns trial by trial, so that memory stays at one trial's columns. Close it when done. */
export class QueryReader {
  readonly #file: FileHandle;
  readonly #scan: ParquetScan;
  readonly #trials: readonly TrialRecord[];
  readonly #types: ReadonlyMap<string, string | undefined>;
  /** First row of each trial that was run itself. */
  readonly #firstRow: ReadonlyMap<number, number>;

  private constructor(file: FileHandle, scan: ParquetScan, trials: readonly TrialRecord[]) {
    this.#file = file;
    this.#scan = scan;
    this.#trials = trials;
    this.#types = new Map(scan.metadata.schema.slice(1).map(({ name, type }) => [name, type]));
    const firstRow = new Map<number, number>();
    let row = 0;
    for (const trial of trials) {
      firstRow.set(trial.key.index, row);
      row += trial.queryRows;
    }
    this.#firstRow = firstRow;
  }

  /** Opens `queries.parquet`; undefined where no trial reported queries. */
  static async open(results: Results): Promise<QueryReader | undefined> {
    const path = join(results.folder, RESULT_FILES.queries);
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) return undefined;
    const file = await open(path, 'r');
    return new QueryReader(file, await parquetScan({ file: fileBuffer(file, size) }), results.trials);
  }

  /** Names of all columns: `trial`, `system`, `seed`, the swept keys, then those of `query-columns.ts`. */
  get columnNames(): string[] {
    return [...this.#types.keys()];
  }

  /** Rows that `read` gives for a trial. */
  rows(trialIndex: number): number {
    return this.#run(trialIndex).queryRows;
  }

  /**
   * The named columns of one trial's measured queries, in order of arrival. A trial that shares a run gets the rows of
   * that run (whose `trial` and swept columns name the run, not the asking trial).
   */
  async read(trialIndex: number, names: readonly string[]): Promise<QueryTable> {
    const run = this.#run(trialIndex);
    const rowStart = this.#firstRow.get(run.key.index)!;
    const table: Record<string, QueryColumn> = {};
    for (const column of names) {
      const data = await this.#scan.readColumn({ column, rowStart, rowEnd: rowStart + run.queryRows });
      table[column] = asQueryColumn(this.#types.get(column), data);
    }
    return table;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #run(trialIndex: number): TrialRecord {
    const trial = this.#trials.at(trialIndex);
    if (trial === undefined || trialIndex < 0) throw new RangeError(`trial ${trialIndex} does not exist; there are ${this.#trials.length}`);
    return trial.sharedWith === undefined ? trial : this.#trials[trial.sharedWith];
  }
}

/** A column as its type in the file says: the decoder gives plain arrays for what it stored as a dictionary. */
function asQueryColumn(type: string | undefined, data: ArrayLike<unknown>): QueryColumn {
  if (type === 'INT32') return data instanceof Int32Array ? data : Int32Array.from(data as ArrayLike<number>);
  if (type === 'DOUBLE') return data instanceof Float64Array ? data : Float64Array.from(data as ArrayLike<number>);
  return Array.from(data, String);
}

function fileBuffer(file: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start: number, end: number = size): Promise<ArrayBuffer> {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}
