/** Worker threads whose entry point is TypeScript. */
import { Worker } from 'node:worker_threads';
import type { ResourceLimits } from 'node:worker_threads';
import { typeScriptLoader } from './typescript-loader.ts';

/** Starts a thread on a .ts file. Threads do not inherit the loader of the main thread: each registers its own first. */
export function startThread(entry: URL, workerData: unknown, resourceLimits?: ResourceLimits): Worker {
  return new Worker(entry, { workerData, execArgv: ['--import', typeScriptLoader()], ...(resourceLimits === undefined ? {} : { resourceLimits }) });
}
