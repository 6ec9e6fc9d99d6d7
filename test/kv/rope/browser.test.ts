/** The rotation kernels in a real browser: WebGL 2 and WebGL 1, in headless Chromium on its software device. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRopePage } from '../../../experiments/rope-page/chromium.ts';
import { chromiumPath } from '../../../reports/pdf/chromium-path.ts';
import type { PageResult } from '../../../experiments/rope-page/page.ts';
import { startRopePage } from '../../../experiments/rope-page/server.ts';
import type { RopePageServer } from '../../../experiments/rope-page/server.ts';

const missing = chromiumPath() === undefined;

describe.skipIf(missing)(`rope in headless Chromium${missing ? ' (skipped: no Chromium; install it or name it in CHROMIUM_PATH)' : ''}`, () => {
  let result: PageResult;
  beforeAll(async () => {
    const server = await startRopePage();
    try {
      result = await runRopePage(`${server.url}?quick`);
    } finally {
      await server.close();
    }
  }, 180_000);

  it.each([
    ['webgl2', 'WebGL2Kernel'],
    ['webgl', 'WebGLKernel'],
  ])('really runs %s kernels, as precise as asked at every shift to 128 k', (mode, kernelClass) => {
    const report = result.reports.find((candidate) => candidate.mode === mode);
    expect(report?.error).toBeUndefined();
    expect(report?.kernelClass).toBe(kernelClass);
    expect(report?.errors.map((error) => error.shift)).toEqual([1, 1000, 16384, 131072]);
    for (const { float32, half } of report!.errors) {
      expect(float32).toBeLessThanOrEqual(1e-6);
      expect(half).toBeLessThanOrEqual(4e-3);
      // And did something at all.
      expect(float32).toBeGreaterThan(0);
    }
    expect(report?.speeds).toHaveLength(1);
    expect(report?.speeds[0].rotateBytesPerSecond).toBeGreaterThan(0);
  });
});

describe('the page server', () => {
  let server: RopePageServer;
  beforeAll(async () => {
    server = await startRopePage();
  });
  afterAll(async () => {
    await server.close();
  });

  it('serves the page, the library and compiled modules, on the loopback interface only', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(await (await fetch(server.url)).text()).toContain('Rotating cached keys');
    const module = await fetch(`${server.url}kv/rope/rotate-heads.ts`);
    expect(module.headers.get('content-type')).toMatch(/javascript/);
    const code = await module.text();
    expect(code).toContain('export function rotateHeads(');
    expect(code).not.toContain('interface');
  });

  it.each(['package.json', 'kv/../package.json', 'kv/%2e%2e/package.json', '%2e%2e/%2e%2e/etc/passwd', 'experiments/train.ts', 'kv/rope', 'kv/rope/none.ts', 'kv/%zz.ts'])('does not serve %s', async (path) => {
    expect((await fetch(`${server.url}${path}`)).status).toBe(404);
  });
});
