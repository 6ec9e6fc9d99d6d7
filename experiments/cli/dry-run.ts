/** `--dry-run`: the trials of a study, and what they would cost on this machine. */
import type { Study } from '../config/resolve.ts';
import type { OverlayStudyConfig } from '../config/overlay-study-fields.ts';
import type { TrialConfig } from '../config/study-kinds.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { FinishedTrial, TrialModule } from '../engines/engine.ts';
import { TrialFailure } from '../engines/engine.ts';
import { executeTrial } from '../engines/execute-trial.ts';
import type { PlannedTrial } from '../plan.ts';
import { planTrials, runsOf } from '../plan.ts';
import { formatSeconds } from '../progress/remaining-time.ts';
import { studyKindOf, SYSTEM_LABELS } from '../system-names.ts';
import { textTable } from './text-table.ts';

/** What a sweep would cost. */
export interface CostEstimate {
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** Describes the trials; with an estimate, what they cost. */
export function describePlan(study: Study, folder: string, estimate: CostEstimate, jobs: number, width: number): string {
  const plan = planTrials(study);
  const rows = study.systems.map((system) => {
    const own = plan.filter(({ key }) => key.system === system);
    const runs = runsOf(own).length;
    return [SYSTEM_LABELS[system], String(own.length), String(runs), String(own.length - runs)];
  });
  const table = textTable([{ head: 'System' }, { head: 'Trials', align: 'right' }, { head: 'Run', align: 'right' }, { head: 'Shared', align: 'right' }], rows, width);
  const sweep = study.sweep.map(({ key, values }) => `  ${key}: ${values.map(String).join(', ')}`);
  const runs = runsOf(plan).length;
  return [
    `${study.name}${study.question === '' ? '' : `: ${study.question}`}`,
    `${count(study.cells.length, 'cell')} × ${count(study.systems.length, 'system')} × ${count(study.seeds.length, 'seed')} = ${count(plan.length, 'trial')}, of which ${runs} are run; the others read no key in which they differ from one of these`,
    ...sweep,
    '',
    table,
    '',
    `Estimate: about ${formatSeconds(estimate.seconds)} with ${count(jobs, 'job')}, ${megabytes(estimate.memoryBytes)} of memory, ${megabytes(estimate.diskBytes)} of disk (shortened trials of each system were timed here)`,
    `Results would go to ${folder}`,
  ].join('\n');
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/** Shares of its requests that the two timed trials of a system run. */
const SHORT = 0.05;
const LONGER = 0.15;
/** A first probe shorter than this is mostly compilation of the code; it is run again before its time is believed. */
const WARM_SECONDS = 0.5;

/**
 * Times two shortened trials of each system, in the cell in the middle of the sweep, and scales them up: the time of a trial
 * is a fixed part (machines, placement of the corpus) plus a part that grows with its requests.
 * @throws TrialFailure if a shortened trial fails, as the whole one would.
 */
export function estimateCost(study: Study, jobs: number, module: TrialModule): CostEstimate {
  const runs = runsOf(planTrials(study));
  const before = process.memoryUsage().rss;
  let seconds = 0;
  let diskBytes = 0;
  for (const system of study.systems) {
    const own = runs.filter(({ key }) => key.system === system);
    const each = probe(own[Math.floor(own.length / 2)], module);
    seconds += own.length * each.seconds;
    diskBytes += own.length * each.queryBytes;
  }
  const after = process.memoryUsage().rss;
  const workers = Math.min(jobs, runs.length);
  // One trial at a time ran here; each further worker needs about what the probes added.
  return { seconds: seconds / workers, memoryBytes: after + (workers - 1) * (after - before), diskBytes };
}

function probe(trial: PlannedTrial, module: TrialModule): { seconds: number; queryBytes: number } {
  const isOverlay = studyKindOf(trial.key.system) === 'overlay';
  const work: Work = isOverlay ? OVERLAY_WORK : SERVING_WORK;
  const full = work.size(trial.config);
  const run = (share: number): { requests: number; finished: FinishedTrial } => {
    const requests = Math.max(1, Math.round(share * full));
    try {
      return { requests, finished: executeTrial(module, { key: trial.key, config: work.shortened(trial.config, requests / full) }) };
    } catch (error) {
      throw new TrialFailure(trial.key, error);
    }
  };
  const first = run(SHORT);
  const short = first.finished.seconds < WARM_SECONDS ? run(SHORT) : first;
  const longer = run(LONGER);
  const slope = Math.max(0, longer.finished.seconds - short.finished.seconds) / Math.max(1, longer.requests - short.requests);
  return {
    seconds: longer.finished.seconds + slope * (full - longer.requests),
    queryBytes: ((longer.finished.queries?.length ?? 0) * full) / longer.requests,
  };
}

/** How much a trial does, and the same trial doing a share of it. */
interface Work {
  size(config: TrialConfig): number;
  shortened(config: TrialConfig, share: number): TrialConfig;
}

const SERVING_WORK: Work = {
  size: (config) => requestsOf(config as ResolvedConfig),
  shortened: (config, share) => shortened(config as ResolvedConfig, share),
};

const OVERLAY_WORK: Work = {
  size: (config) => (config as OverlayStudyConfig).lookups.count,
  shortened: (config, share) => {
    const { lookups } = config as OverlayStudyConfig;
    return { ...(config as OverlayStudyConfig), lookups: { ...lookups, count: Math.max(1, Math.round(lookups.count * share)) } };
  },
};

function requestsOf(config: ResolvedConfig): number {
  const measured = config.measure.warmup + config.measure.requests;
  return config.workload.kind === 'trace' ? Math.min(measured, config.workload.requests) : measured;
}

function shortened(config: ResolvedConfig, share: number): ResolvedConfig {
  const scale = (n: number, least: number): number => Math.max(least, Math.round(n * share));
  const { measure, workload } = config;
  return {
    ...config,
    measure: { ...measure, warmup: scale(measure.warmup, 0), requests: scale(measure.requests, 1) },
    workload: workload.kind === 'trace' ? { ...workload, requests: scale(workload.requests, 1) } : workload,
  };
}
