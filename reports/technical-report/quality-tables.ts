/** Tables that `npm run quality` wrote: what stitching and compression did to real text. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../study/printable.ts';

export interface QualityEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface QualityRow {
  readonly chunkTokens: number;
  readonly chunks: number;
  readonly policy: string;
  readonly level: string;
  readonly shift: string | number;
  readonly cases: number;
  readonly perplexityIncrease: QualityEstimate;
  readonly exactAnswers: QualityEstimate | null;
}

export interface QualityTable {
  /** Path as a reader finds it, such as `weights/stories260K.quality.json`. */
  readonly file: string;
  readonly model: string;
  readonly command: string;
  readonly rows: readonly QualityRow[];
}

const SUFFIX = '.quality.json';

/** The tables of a folder, by name; those that are none are passed over, as is a folder that is not there. */
export async function readQualityTables(folder: string, shownAs: string): Promise<QualityTable[]> {
  const names = await readdir(folder).then((found) => found.filter((name) => name.endsWith(SUFFIX)).sort(), () => []);
  const tables = await Promise.all(names.map(async (name): Promise<QualityTable[]> => {
    const table = parse(await readFile(join(folder, name), 'utf8'));
    return table === undefined ? [] : [{ ...table, file: `${shownAs}/${printable(name)}` }];
  }));
  return tables.flat();
}

function parse(text: string): Omit<QualityTable, 'file'> | undefined {
  try {
    const { kind, model, command, rows } = JSON.parse(text) as { kind?: unknown; model?: unknown; command?: unknown; rows?: unknown };
    if (kind !== 'quality-table' || typeof model !== 'string' || typeof command !== 'string' || !Array.isArray(rows)) return undefined;
    return { model: printable(model), command: printable(command), rows: rows.filter(isRow) };
  } catch {
    return undefined;
  }
}

function isRow(row: unknown): row is QualityRow {
  const { chunkTokens, policy, level, perplexityIncrease } = (row ?? {}) as Partial<Record<keyof QualityRow, unknown>>;
  const { value, low, high } = (perplexityIncrease ?? {}) as Partial<Record<keyof QualityEstimate, unknown>>;
  return typeof chunkTokens === 'number' && typeof policy === 'string' && typeof level === 'string' && [value, low, high].every((each) => Number.isFinite(each));
}
