/**
 * Runs trials, wherever they run. Results may come in any order; the files written from them do not depend on it.
 *
 * Two engines exist: in this process, and on a pool of worker threads. Sweeps beyond one machine have their seat here: an
 * engine that hands each task to a queue (BullMQ on Redis) and gives back what the consumers return needs only this
 * interface, because a task and a finished trial are plain data.
 */
import type { TrialConfig } from '../config/study-kinds.ts';
import type { TrialKey, TrialResult } from '../results/trial-result.ts';
import type { TraceSink } from '../../sim/kernel/trace.ts';

/** One trial to run: plain data, so that it can cross to another thread or machine. */
export interface TrialTask {
  readonly key: TrialKey;
  readonly config: TrialConfig;
  /** Record a trace of the run. */
  readonly trace?: boolean;
}

/** A trial that has ended: plain data. */
export interface FinishedTrial {
  readonly index: number;
  readonly outcome: TrialOutcome;
  readonly queryRows: number;
  /** The measured queries, encoded; see `writer/query-file.ts`. */
  readonly queries?: Uint8Array;
  /** Chrome trace, when it was asked for. */
  readonly trace?: string;
  /** Wall-clock seconds the trial took; for the estimate of the remaining time only. */
  readonly seconds: number;
}

/** What a trial found, without its key and queries. */
export type TrialOutcome = Omit<TrialResult, 'key' | 'queries'>;

export interface TrialOptions {
  readonly trace?: TraceSink;
}

/** The module that simulates one trial: a pure function of config, system and seed. */
export interface TrialModule {
  runTrial(config: TrialConfig, key: TrialKey, options: TrialOptions): TrialResult;
}

export interface TrialEngine {
  /** Trials running at once. */
  readonly workers: number;
  /**
   * Runs all tasks and tells of each as it ends. Resolves when all have ended, or at once when the signal aborts: what
   * has not ended by then is dropped.
   * @throws TrialFailure for the first trial that throws, and whatever `onFinished` throws.
   */
  run(tasks: readonly TrialTask[], onFinished: (trial: FinishedTrial) => void, signal: AbortSignal): Promise<void>;
  /** Stops the workers. */
  close(): Promise<void>;
}

/** A trial that threw. */
export class TrialFailure extends Error {
  override readonly name = 'TrialFailure';
  readonly key: TrialKey;

  constructor(key: TrialKey, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.key = key;
  }
}
