/** A worker thread of the pool: runs the tasks it is sent. */
import { workerData } from 'piscina';
import type { FinishedTrial, TrialModule, TrialTask } from './engine.ts';
import { executeTrial, loadTrialModule } from './execute-trial.ts';

export interface WorkerSettings {
  readonly moduleUrl: string | undefined;
}

let module: Promise<TrialModule> | undefined;

/** Called by the pool for each task. */
export default async function work(task: TrialTask): Promise<FinishedTrial> {
  module ??= loadTrialModule((workerData as WorkerSettings).moduleUrl);
  return executeTrial(await module, task);
}
