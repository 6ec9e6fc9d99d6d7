import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RESULT_FILES } from '../../experiments/results/layout.ts';
import { QueryReader, type Results, readManifest, readResults } from '../../experiments/results/reader.ts';
import type { SourcedStudy } from '../prose/quantities.ts';
import { printable } from '../study/printable.ts';
import { makeStudy } from '../study/study.ts';

/** A folder below the results that cannot be used, and why, in one line. */
export interface Unusable {
  readonly folder: string;
  readonly reason: string;
}

export interface LoadedStudies {
  readonly studies: readonly SourcedStudy[];
  readonly unusable: readonly Unusable[];
  /** Releases the files of the queries. */
  readonly close: () => Promise<void>;
}

/**
 * Reads every results folder directly below `results`, in the order of their names. Folders without a manifest are no results and are passed
 * over; those that are unfinished or damaged are named with the reason.
 *
 * @throws Error, one line, if `results` cannot be read
 */
export async function loadStudies(results: string): Promise<LoadedStudies> {
  const names = await foldersBelow(results);
  const studies: SourcedStudy[] = [];
  const unusable: Unusable[] = [];
  const readers: QueryReader[] = [];
  for (const name of names) {
    const folder = join(results, name);
    try {
      if ((await readManifest(folder)) === undefined) continue;
      const found = await readResults(folder);
      const queries = await openQueries(found);
      if (queries !== undefined) readers.push(queries);
      studies.push({ ...(await makeStudy(found, queries)), folder: printable(name) });
    } catch (error) {
      unusable.push({ folder: printable(name), reason: printable(error instanceof Error ? error.message : String(error)) });
    }
  }
  return { studies, unusable, close: async () => { await Promise.all(readers.map((reader) => reader.close())); } };
}

async function foldersBelow(results: string): Promise<string[]> {
  try {
    const entries = await readdir(results, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name).sort();
  } catch {
    throw new Error(`${results} cannot be read; expected a folder of results, as npm run experiment makes them`);
  }
}

async function openQueries(results: Results): Promise<QueryReader | undefined> {
  try {
    return await QueryReader.open(results);
  } catch (error) {
    throw new Error(`${join(results.folder, RESULT_FILES.queries)} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
