/** Worker threads whose entry point is TypeScript. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** Starts a thread on a .ts file. Threads do not inherit the loader of the main thread: each registers its own first. */
export function startThread(entry: URL, workerData: unknown): Worker {
  const api = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api').replace(/\.cjs$/, '.mjs')).href;
  const code = `import { register } from ${JSON.stringify(api)}; register();`;
  return new Worker(entry, { workerData, execArgv: ['--import', `data:text/javascript,${encodeURIComponent(code)}`] });
}
