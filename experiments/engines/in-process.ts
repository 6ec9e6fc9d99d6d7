/** Runs trials one after the other in this process. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FinishedTrial, TrialEngine, TrialTask } from './engine.ts';
import { TrialFailure } from './engine.ts';
import { executeTrial, loadTrialModule } from './execute-trial.ts';

export class InProcessEngine implements TrialEngine {
  readonly workers = 1;
  readonly #moduleUrl: string | undefined;

  /** @param moduleUrl the module to run instead of the simulation, for tests */
  constructor(moduleUrl?: string) {
    this.#moduleUrl = moduleUrl;
  }

  async run(tasks: readonly TrialTask[], onFinished: (trial: FinishedTrial) => void, signal: AbortSignal): Promise<void> {
    const module = await loadTrialModule(this.#moduleUrl);
    for (const task of tasks) {
      // A trial holds the thread until it ends; between two, signals and the progress display get their turn.
      await nextTurn();
      if (signal.aborted) return;
      let finished: FinishedTrial;
      try {
        finished = executeTrial(module, task);
      } catch (error) {
        throw new TrialFailure(task.key, error);
      }
      onFinished(finished);
    }
  }

  async close(): Promise<void> {
    // Nothing runs between calls.
  }
}
