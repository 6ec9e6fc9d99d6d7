/** How a worker thread learns to read TypeScript. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * A module for `--import` in the `execArgv` of a worker thread, whoever started the main thread and from whatever folder.
 * (`--import tsx` itself takes effect in main threads only.)
 */
export function typeScriptLoader(): string {
  // Resolved as `require` would: `import.meta.resolve` is not there under every loader. The ES module lies beside it.
  const api = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api').replace(/\.cjs$/, '.mjs')).href;
  const code = `import { register } from ${JSON.stringify(api)}; register();`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
