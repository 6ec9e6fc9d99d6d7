/** The `inspect` command, from arguments to text. */
import { QueryReader, readResults } from '../results/reader.ts';
import type { Results } from '../results/reader.ts';
import type { TrialRecord } from '../results/trial-result.ts';
import { findRequest, findSame, findTrial } from './find-request.ts';
import type { FoundRequest } from './find-request.ts';
import { UsageError } from '../cli/usage-parser.ts';
import { parseArguments } from './options.ts';
import { storyText } from './story.ts';

/** The story of one request. @throws UsageError, one line, where there is none. */
export async function runInspect(argv: readonly string[], columns: number): Promise<string> {
  const options = parseArguments(argv, columns);
  if (options.print !== undefined) return options.print;
  const results = await read(options.folder);
  const queries = await QueryReader.open(results);
  if (queries === undefined) throw new UsageError(`${options.folder} holds no requests: it has no queries.parquet`);
  try {
    const found = await findRequest(queries, findTrial(results, options), options.request);
    const others: FoundRequest[] = [];
    for (const trial of twins(results, found.trial)) {
      const same = await findSame(queries, trial, found.columns['request']);
      if (same !== undefined) others.push(same);
    }
    return storyText(results.manifest, found, others, columns);
  } finally {
    await queries.close();
  }
}

async function read(folder: string): Promise<Results> {
  try {
    return await readResults(folder);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The other systems in the same setting on the same seed, which gives them the same requests. */
function twins({ trials }: Results, { key }: TrialRecord): TrialRecord[] {
  const cell = JSON.stringify(key.cell);
  return trials.filter((other) => other.key.system !== key.system && other.key.seed === key.seed && JSON.stringify(other.key.cell) === cell);
}
