/** Running the page in headless Chromium. */
import { chromium } from 'playwright-core';
import { chromiumPath } from '../../reports/pdf/chromium-path.ts';
import type { PageResult } from './page.ts';

/** Flags for WebGL on the processor, through ANGLE and SwiftShader, where there is no graphics device. */
export const SOFTWARE_GL = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
/** Flags for a device: Vulkan through ANGLE is what a server's driver offers without a display. */
export const HARDWARE_GL = ['--use-gl=angle', '--use-angle=vulkan', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];
/** Flags that keep the browser from calling home and let it run as root in a container. */
const QUIET = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Opens the page and returns what it measured. Throws Error where the browser is missing or the page fails. */
export async function runRopePage(url: string, options: { readonly gl?: readonly string[]; readonly timeoutMs?: number } = {}): Promise<PageResult> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium found; install it, or name it in CHROMIUM_PATH');
  const browser = await chromium.launch({ executablePath, args: [...(options.gl ?? SOFTWARE_GL), ...QUIET] });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(url);
    const timeout = options.timeoutMs ?? 120_000;
    await page.waitForFunction('globalThis.ropeResult !== undefined', undefined, { timeout }).catch((error: unknown) => {
      throw new Error(`the page gave no result: ${errors.join('; ') || (error as Error).message}`);
    });
    return await page.evaluate<PageResult>('globalThis.ropeResult');
  } finally {
    await browser.close();
  }
}
