/** Runs a study into a results folder: plans the trials, runs those that have not ended, saves each, and finishes the files. */
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import type { Study } from './config/resolve.ts';
import type { FinishedTrial, TrialEngine, TrialTask } from './engines/engine.ts';
import type { PlannedTrial } from './plan.ts';
import { planTrials, runsOf } from './plan.ts';
import type { Progress } from './progress/progress.ts';
import { RemainingTime } from './progress/remaining-time.ts';
import type { Manifest, Stopping } from './results/manifest.ts';
import { RESULTS_FORMAT } from './results/manifest.ts';
import type { TrialRecord } from './results/trial-result.ts';
import { judgeRound, withAllSeeds } from './seed-rounds.ts';
import { SYSTEM_LABELS } from './system-names.ts';
import { ResultsWriter } from './writer/results-writer.ts';
import type { FolderMode } from './writer/results-folder.ts';

export interface RunRequest {
  readonly study: Study;
  readonly folder: string;
  readonly mode: FolderMode;
  /** Files the trials read, already checked. */
  readonly inputs: Manifest['inputs'];
  /** Makes the engine once the folder is ours and there is something to run. */
  readonly makeEngine: (runs: number) => TrialEngine;
  readonly progress: Progress;
  /** Aborting stops the run; what has ended stays. */
  readonly signal: AbortSignal;
  /** Index of the trial to trace, once all have ended. */
  readonly traceTrial?: number;
  /** Give every trial a run of its own. */
  readonly share?: boolean;
  /** Told before the lock of the folder is given back, when all files but the report are written. */
  readonly onFinished?: () => Promise<void>;
}

export interface RunOutcome {
  readonly interrupted: boolean;
  /** Runs that have ended, and how many there are. */
  readonly done: number;
  readonly runs: number;
  /** Records in plan order; empty if interrupted. */
  readonly records: readonly TrialRecord[];
}

/** A run that stopped on an error after it had begun. What has ended by then stays and can be resumed. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  readonly folder: string;
  readonly done: number;
  readonly runs: number;

  constructor(cause: unknown, folder: string, done: number, runs: number) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.folder = folder;
    this.done = done;
    this.runs = runs;
  }
}

/**
 * Runs what has not been run and writes the results.
 * @throws ConfigError or OutputError before anything has been written, RunFailure later.
 */
export async function runExperiment(request: RunRequest): Promise<RunOutcome> {
  const { study, signal } = request;
  const startedAt = new Date();
  const share = request.share === undefined ? {} : { share: request.share };
  const widest = withAllSeeds(study);
  const plan = planTrials(widest, share);
  const first = planTrials(study, share);
  const begun = manifestOf(study, first.length, runsOf(first).length, request.inputs);
  const writer = ResultsWriter.open({ folder: request.folder, mode: request.mode, plan, manifest: begun, canonical: study.canonical });
  let runs = begun.runs;
  try {
    const before = writer.doneCount;
    const rounds = await runRounds(request, writer, { plan, widest });
    runs = rounds.runs;
    if (signal.aborted) return { interrupted: true, done: writer.doneCount, runs, records: [] };
    const { seeds, stopping } = rounds;
    const places = placesOf(plan, widest, seeds);
    const manifest = stopping === undefined ? begun : { ...manifestOf({ ...study, seeds: widest.seeds.slice(0, seeds) }, places.length, runs, request.inputs), stopping };
    const records = writer.finish(manifest, places);
    try {
      await request.onFinished?.();
    } finally {
      writer.writeFile('run', runText(startedAt, rounds.workers, { run: writer.doneCount - before, kept: before }));
    }
    return { interrupted: false, done: runs, runs, records };
  } catch (error) {
    throw new RunFailure(error, request.folder, writer.doneCount, runs);
  } finally {
    writer.close();
  }
}

interface WidestPlan {
  readonly plan: readonly PlannedTrial[];
  /** The study with every seed it may come to. */
  readonly widest: Study;
}

interface Rounds {
  readonly workers: number;
  /** Seeds in the end, and the runs that they take. */
  readonly seeds: number;
  readonly runs: number;
  readonly stopping?: Stopping;
}

/** Places in the widest plan of the trials of the first `seeds` seeds, in order: seeds are the innermost loop of a plan. */
function placesOf(plan: readonly PlannedTrial[], widest: Study, seeds: number): number[] {
  return plan.flatMap((_, place) => (place % widest.seeds.length < seeds ? [place] : []));
}

/** Runs what is pending of the stated seeds, then adds seeds while the study asks for more; at last the traced trial again. */
async function runRounds(request: RunRequest, writer: ResultsWriter, { plan, widest }: WidestPlan): Promise<Rounds> {
  const { signal, study } = request;
  const all = runsOf(plan);
  const traced = request.traceTrial === undefined ? undefined : runOf(plan, placesOf(plan, widest, study.seeds.length)[request.traceTrial]);
  const left = all.filter((trial) => !writer.isDone(trial.key.index)).length;
  let engine: TrialEngine | undefined;
  try {
    for (let seeds = study.seeds.length; ; ) {
      const runs = all.filter(({ key }) => key.index % widest.seeds.length < seeds);
      const pending = runs.filter((trial) => !writer.isDone(trial.key.index));
      if (pending.length > 0) {
        engine ??= request.makeEngine(left);
        await runPending(engine, request, writer, pending, runs.length);
      }
      const verdict = signal.aborted || study.precision === undefined ? undefined : judgeRound(runs.map(({ key }) => writer.recordOf(key.index)!), seeds, study.precision);
      if (verdict !== undefined && verdict.seeds > seeds) {
        seeds = verdict.seeds;
        continue;
      }
      if (traced !== undefined && !signal.aborted) {
        engine ??= request.makeEngine(1);
        await runTraced(engine, traced, writer, signal);
      }
      return { workers: engine?.workers ?? 0, seeds, runs: runs.length, ...(verdict === undefined ? {} : { stopping: verdict.stopping }) };
    }
  } finally {
    await engine?.close();
  }
}

/** Runs these trials and saves each as it ends. */
async function runPending(engine: TrialEngine, { progress, signal }: RunRequest, writer: ResultsWriter, pending: readonly PlannedTrial[], total: number): Promise<void> {
  const systems = new Map(pending.map(({ key }) => [key.index, key.system]));
  const remaining = new RemainingTime(systems.values(), engine.workers);
  progress.start(total, writer.doneCount);
  try {
    await engine.run(
      pending.map(({ key, config }): TrialTask => ({ key, config })),
      (finished) => {
        writer.save(finished);
        remaining.ended(systems.get(finished.index)!, finished.seconds);
        progress.update(writer.doneCount, remaining.seconds());
      },
      signal,
    );
  } finally {
    progress.stop();
  }
}

/** The run that serves a trial: its own, or the one it shares. */
function runOf(plan: readonly PlannedTrial[], index: number): PlannedTrial {
  return plan[plan[index].sharedWith ?? index];
}

/** Runs one trial again with tracing, which must change nothing, and saves its trace. */
async function runTraced(engine: TrialEngine, trial: PlannedTrial, writer: ResultsWriter, signal: AbortSignal): Promise<void> {
  const traces: FinishedTrial[] = [];
  await engine.run([{ key: trial.key, config: trial.config, trace: true }], (finished) => traces.push(finished), signal);
  for (const { outcome, trace } of traces) {
    const untraced = writer.recordOf(trial.key.index)?.digest;
    if (outcome.digest !== untraced) throw new Error(`tracing changed trial ${trial.key.index}: its digest is ${outcome.digest}, untraced ${String(untraced)}`);
    writer.writeFile('trace', trace ?? '');
  }
}

function manifestOf(study: Study, trials: number, runs: number, inputs: Manifest['inputs']): Manifest {
  return {
    format: RESULTS_FORMAT,
    package: packageOf(),
    name: study.name,
    study: study.kind,
    question: study.question,
    summary: study.summary,
    configHash: study.hash,
    inputs,
    systems: study.systems.map((name) => ({ name, label: SYSTEM_LABELS[name] })),
    seeds: study.seeds,
    sweep: study.sweep,
    design: study.design,
    cells: study.cells.map(({ cell }) => cell),
    figures: study.figures,
    published: study.published,
    curves: study.curves,
    trials,
    runs,
    complete: false,
  };
}

/** Name and version of this package. */
export function packageOf(): Manifest['package'] {
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest['package'];
  return { name, version };
}

/** `run.json`: how this run went on this machine. Nothing in a report comes from it. */
function runText(startedAt: Date, workers: number, trials: { readonly run: number; readonly kept: number }): string {
  const endedAt = new Date();
  const processors = cpus();
  const run = {
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    wallSeconds: (endedAt.getTime() - startedAt.getTime()) / 1000,
    trialsRun: trials.run,
    trialsKept: trials.kept,
    workers,
    node: process.version,
    platform: platform(),
    architecture: arch(),
    processor: processors[0]?.model.trim() ?? 'unknown',
    processors: processors.length,
    memoryBytes: totalmem(),
  };
  return `${JSON.stringify(run, null, 2)}\n`;
}
