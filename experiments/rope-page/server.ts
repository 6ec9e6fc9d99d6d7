/** Serves the page on the loopback interface, compiling TypeScript as it is asked for. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../..');
/** Folders that the page's modules live in; nothing else is served. */
const SERVED = ['kv', 'experiments/rope-page'];
const GPU_JS = 'node_modules/gpu.js/dist/gpu-browser.js';

/** A running server. */
export interface RopePageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts serving on 127.0.0.1; port 0 takes any free one. */
export async function startRopePage(port = 0): Promise<RopePageServer> {
  const server = createServer((request, response) => {
    const found = request.method === 'GET' ? respond(new URL(request.url ?? '/', 'http://loopback').pathname) : undefined;
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.type ?? 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(found?.body ?? 'not found\n');
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}

function respond(path: string): { type: string; body: string } | undefined {
  if (path === '/') return { type: 'text/html; charset=utf-8', body: readFileSync(resolve(import.meta.dirname, 'index.html'), 'utf8') };
  if (path === '/gpu.js') return { type: 'text/javascript; charset=utf-8', body: readFileSync(resolve(root, GPU_JS), 'utf8') };
  const file = resolve(root, `.${decodePath(path)}`);
  const inside = SERVED.some((folder) => !relative(resolve(root, folder), file).startsWith('..') && file.startsWith(resolve(root, folder) + sep));
  if (!inside || extname(file) !== '.ts') return undefined;
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const { outputText } = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true } });
  return { type: 'text/javascript; charset=utf-8', body: outputText };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '/';
  }
}
