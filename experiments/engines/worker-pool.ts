/** Runs trials on worker threads of this machine. */
import { Piscina } from 'piscina';
import type { FinishedTrial, TrialEngine, TrialTask } from './engine.ts';
import { TrialFailure } from './engine.ts';
import type { WorkerSettings } from './trial-worker.ts';
import { typeScriptLoader } from './typescript-loader.ts';

export class WorkerPoolEngine implements TrialEngine {
  readonly workers: number;
  readonly #pool: Piscina<TrialTask, FinishedTrial>;

  /** @param moduleUrl the module to run instead of the simulation, for tests */
  constructor(workers: number, moduleUrl?: string) {
    this.workers = workers;
    const settings: WorkerSettings = { moduleUrl };
    this.#pool = new Piscina({
      filename: new URL('./trial-worker.ts', import.meta.url).href,
      execArgv: ['--import', typeScriptLoader()],
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: settings,
    });
  }

  async run(tasks: readonly TrialTask[], onFinished: (trial: FinishedTrial) => void, signal: AbortSignal): Promise<void> {
    const queue = tasks.values();
    let stopped = false;
    const isOver = (): boolean => stopped || signal.aborted;
    const takeTurns = async (): Promise<void> => {
      for (const task of queue) {
        if (isOver()) return;
        let finished: FinishedTrial;
        try {
          finished = await this.#pool.run(task);
        } catch (error) {
          if (isOver()) return;
          stopped = true;
          throw new TrialFailure(task.key, error);
        }
        if (isOver()) return;
        try {
          onFinished(finished);
        } catch (error) {
          stopped = true;
          throw error;
        }
      }
    };
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => { resolve(); }, { once: true });
    });
    // Twice as many tasks as workers are handed out, so that none waits while the results of another are flushed to disk.
    await Promise.race([Promise.all(Array.from({ length: 2 * this.workers }, takeTurns)), aborted]);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
