import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type Page, chromium } from 'playwright-core';
import { resultPath } from '../../../experiments/results/layout.ts';
import { chromiumPath } from '../../../reports/pdf/chromium-path.ts';
import { writeReport } from '../../../reports/report.ts';
import { type SyntheticStudy, writeSyntheticResults } from '../synthetic-results.ts';

export const CHROMIUM = chromiumPath();
export const WHY_SKIPPED = CHROMIUM === undefined ? ' (skipped: no Chromium; install it or name it in CHROMIUM_PATH)' : '';

/** Reports in a browser; whatever a page complains of, asks for or pops up is kept. */
export class OpenedPages {
  readonly complaints: string[] = [];
  readonly #folders: string[] = [];
  #browser: Browser | undefined;

  async start(): Promise<void> {
    this.#browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'] });
  }

  /** Writes the report of a synthetic study and gives its path. */
  async report(study: SyntheticStudy): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'page-'));
    this.#folders.push(folder);
    await writeSyntheticResults(folder, study);
    await writeReport(folder);
    return resultPath(folder, 'reportHtml');
  }

  async open(path: string, width: number, options: { colorScheme?: 'light' | 'dark'; reducedMotion?: 'reduce' } = {}): Promise<Page> {
    const page = await this.#browser!.newPage({ viewport: { width, height: 900 }, ...options });
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text()); });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('dialog', (dialog) => { this.complaints.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
    page.on('request', (request) => { if (!/^(file|data):/.test(request.url())) this.complaints.push(`request ${request.url()}`); });
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector('html[data-ready=yes]', { state: 'attached' });
    return page;
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
