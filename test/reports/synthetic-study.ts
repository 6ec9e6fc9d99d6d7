/** A study of made-up results, read as a report reads it, for as long as a test needs it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QueryReader, readResults } from '../../experiments/results/reader.ts';
import { type Study, makeStudy } from '../../reports/study/study.ts';
import { type SyntheticStudy, writeSyntheticResults } from './synthetic-results.ts';

export async function withSyntheticStudy<T>(synthetic: SyntheticStudy, use: (study: Study) => T | Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'study-'));
  try {
    await writeSyntheticResults(folder, synthetic);
    const results = await readResults(folder);
    const queries = await QueryReader.open(results);
    try {
      return await use(await makeStudy(results, queries));
    } finally {
      await queries?.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
