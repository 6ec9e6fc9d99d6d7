/** Finds the trial and the row that were asked for. */
import { nearestRank } from '../../reports/statistics/percentile.ts';
import { nearest } from '../config/nearest.ts';
import { QUERY_COLUMNS } from '../results/query-columns.ts';
import type { QueryReader, Results } from '../results/reader.ts';
import type { TrialRecord } from '../results/trial-result.ts';
import type { InspectOptions } from './options.ts';
import { UsageError } from '../cli/usage-parser.ts';
import { RANKED } from './options.ts';

/** One request of one trial: its columns by name, and where its TTFT stands among those of the trial. */
export interface FoundRequest {
  readonly trial: TrialRecord;
  readonly columns: Readonly<Record<string, number>>;
  /** Rank of its TTFT from 1, the fastest. */
  readonly rank: number;
  readonly measured: number;
}

/** The trial asked for. @throws UsageError naming what there is. */
export function findTrial({ trials, manifest, folder }: Results, { trial: index, system, seed }: InspectOptions): TrialRecord {
  if (index !== undefined) {
    const found = trials.at(index);
    if (found === undefined) throw new UsageError(`--trial ${index}: ${folder} has the trials 0 to ${trials.length - 1}`);
    if (system !== undefined && found.key.system !== system) throw new UsageError(`--trial ${index} is of ${found.key.system}, not of ${system}; give one of the two`);
    if (seed !== undefined && found.key.seed !== seed) throw new UsageError(`--trial ${index} has seed ${found.key.seed}, not ${seed}; give one of the two`);
    return found;
  }
  const systems = manifest.systems.map(({ name }) => name);
  if (system !== undefined && !systems.includes(system)) {
    const known = nearest(system, systems);
    throw new UsageError(`--system ${system}: ${folder} has ${systems.join(', ')}${known === undefined ? '' : `; did you mean ${known}?`}`);
  }
  if (seed !== undefined && !manifest.seeds.includes(seed)) throw new UsageError(`--seed ${seed}: ${folder} has the seeds ${manifest.seeds.join(', ')}`);
  const wanted = system ?? (systems.includes('p2p') ? 'p2p' : systems[0]);
  return trials.find(({ key }) => key.system === wanted && (seed === undefined || key.seed === seed))!;
}

/** The request asked for. @throws UsageError where it left no record. */
export async function findRequest(queries: QueryReader, trial: TrialRecord, request: InspectOptions['request']): Promise<FoundRequest> {
  const { index } = trial.key;
  const table = await queries.read(index, ['request', 'ttftNs']);
  const [ids, ttftNs] = [table['request'] as Int32Array, table['ttftNs'] as Float64Array];
  if (ids.length === 0) throw new UsageError(`trial ${index} measured no request`);
  const order = Array.from(ids, (_, row) => row).sort((a, b) => ttftNs[a] - ttftNs[b] || a - b);
  const row = typeof request === 'string' ? order[nearestRank(order.length, RANKED[request]) - 1] : Array.from(ids).indexOf(request);
  if (row < 0) {
    const sorted = Array.from(ids).sort((a, b) => a - b);
    throw new UsageError(`--request ${request}: not measured in trial ${index}; its ${sorted.length} measured requests have ids from ${sorted[0]} to ${sorted.at(-1)!}`);
  }
  return { trial, columns: await rowOf(queries, index, row), rank: order.indexOf(row) + 1, measured: order.length };
}

/** The same request in another trial; undefined where it was not measured. */
export async function findSame(queries: QueryReader, trial: TrialRecord, id: number): Promise<FoundRequest | undefined> {
  if (queries.rows(trial.key.index) === 0) return undefined;
  return findRequest(queries, trial, id).catch((error: unknown) => {
    if (error instanceof UsageError) return undefined;
    throw error;
  });
}

async function rowOf(queries: QueryReader, index: number, row: number): Promise<Record<string, number>> {
  const names = QUERY_COLUMNS.map(({ name }) => name).filter((name) => queries.columnNames.includes(name));
  const table = await queries.read(index, names);
  return Object.fromEntries(names.map((name) => [name, Number(table[name][row])]));
}
