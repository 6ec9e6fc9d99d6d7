/** Runs one task where it is: gives the trial its view of the config, checks what comes back, and encodes it. */
import { ChromeTrace } from '../../sim/kernel/chrome-trace.ts';
import { configView } from '../config-view.ts';
import { findMetric, METRICS } from '../results/metrics.ts';
import { QUERY_COLUMNS } from '../results/query-columns.ts';
import type { QueryTable, TrialResult } from '../results/trial-result.ts';
import { SYSTEM_KEYS } from '../system-keys.ts';
import type { AnySystemName } from '../system-names.ts';
import { columnType, encodeQueries, rowsOf } from '../writer/query-file.ts';
import type { FinishedTrial, TrialModule, TrialOutcome, TrialTask } from './engine.ts';

/** The module named by a URL; without one, the simulation itself. */
export async function loadTrialModule(url: string | undefined): Promise<TrialModule> {
  return url === undefined ? await import('../simulation.ts') : ((await import(url)) as TrialModule);
}

/**
 * Runs a task to its end.
 * @throws Error if the trial throws, or if its result breaks the contract of `results/trial-result.ts`.
 */
export function executeTrial(module: TrialModule, task: TrialTask): FinishedTrial {
  const { key } = task;
  const view = configView(task.config, key.system, SYSTEM_KEYS[key.system as AnySystemName]);
  const trace = task.trace === true ? new ChromeTrace() : undefined;
  const started = performance.now();
  const result = module.runTrial(view, key, trace === undefined ? {} : { trace });
  const seconds = (performance.now() - started) / 1000;
  const queries = result.queries === undefined ? undefined : checkQueries(result.queries);
  return {
    index: key.index,
    outcome: checkOutcome(result),
    queryRows: queries === undefined ? 0 : rowsOf(queries),
    ...(queries === undefined ? {} : { queries: encodeQueries(queries) }),
    ...(trace === undefined ? {} : { trace: [...trace.chunks()].join('') }),
    seconds,
  };
}

/** Metrics in the order of the registry, without those that do not apply. */
function checkOutcome(result: TrialResult): TrialOutcome {
  const unknown = Object.keys(result.metrics).find((name) => findMetric(name) === undefined);
  if (unknown !== undefined) throw new Error(`the metric ${unknown} is not in the registry experiments/results/metrics.ts`);
  for (const [name, { timeS, value }] of Object.entries(result.series ?? {})) {
    if (timeS.length !== value.length) throw new Error(`the series ${name} has ${timeS.length} times and ${value.length} values`);
    if (![...timeS, ...value].every(Number.isFinite)) throw new Error(`the series ${name} has a value that is not finite`);
  }
  return {
    digest: result.digest,
    metrics: Object.fromEntries(
      METRICS.flatMap(({ name }) => (Object.hasOwn(result.metrics, name) && Number.isFinite(result.metrics[name]) ? [[name, result.metrics[name]]] : [])),
    ),
    labels: { ...result.labels },
    flags: { ...result.flags },
    ...(result.series === undefined ? {} : { series: result.series }),
    ...(result.histograms === undefined ? {} : { histograms: result.histograms }),
  };
}

/** Queries in the order of the registry; every column must be there, with its type and the same length. */
function checkQueries(queries: QueryTable): QueryTable {
  const rows = rowsOf(queries);
  for (const name of Object.keys(queries)) {
    if (!QUERY_COLUMNS.some((column) => column.name === name)) {
      throw new Error(`the query column ${name} is not in the registry experiments/results/query-columns.ts`);
    }
  }
  return Object.fromEntries(
    QUERY_COLUMNS.map(({ name, type }) => {
      if (!Object.hasOwn(queries, name)) throw new Error(`the query column ${name} is missing`);
      const column = queries[name];
      if (columnType(column) !== type) throw new Error(`the query column ${name} has type ${columnType(column)}; expected ${type}`);
      if (column.length !== rows) throw new Error(`the query column ${name} has ${column.length} rows; expected ${rows}`);
      return [name, column];
    }),
  );
}
