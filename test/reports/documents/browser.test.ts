/** Report and deck in headless Chromium: nothing runs that should not, nothing is clipped, the keyboard moves the slides. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type Page, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../../reports/pdf/chromium-path.ts';
import { countPages, printPdf } from '../../../reports/pdf/print-pdf.ts';
import { writeDocuments } from '../../../reports/write-documents.ts';
import { PROJECT, emptyFolder, removeFolders, resultsTree } from './results-tree.ts';

const executablePath = chromiumPath();

/** In the page: what sticks out of its slide, or of the page. Text nodes are measured, not boxes. */
const OVERFLOW = `(() => {
  const out = [];
  for (const slide of document.querySelectorAll('.slide')) {
    slide.hidden = false;
    const box = slide.getBoundingClientRect();
    const foot = slide.querySelector('.foot').getBoundingClientRect();
    for (const each of slide.querySelectorAll('.body *')) {
      const r = each.getBoundingClientRect();
      if (r.width > 0 && (r.bottom > foot.top + 1 || r.right > box.right + 1 || r.left < box.left - 1)) { out.push(slide.id + ' ' + each.tagName + ' ' + each.textContent.slice(0, 40)); break; }
    }
  }
  return out;
})()`;

describe.skipIf(executablePath === undefined)(`report and deck in headless Chromium${executablePath === undefined ? ' (skipped: no Chromium; install it or name it in CHROMIUM_PATH)' : ''}`, () => {
  let browser: Browser;
  let out: string;
  const complaints: string[] = [];
  beforeAll(async () => {
    out = await emptyFolder();
    await writeDocuments({ results: await resultsTree({ hostile: true }), project: PROJECT, out, chromium: undefined });
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await removeFolders();
  });

  async function opened(name: string, width: number, height: number, hash = ''): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height } });
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => { complaints.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
    page.on('request', (request) => { if (!/^(file|data):/.test(request.url())) complaints.push(`request ${request.url()}`); });
    await page.goto(`${pathToFileURL(join(out, `${name}.html`)).href}${hash}`);
    return page;
  }

  it('the report is no wider than a window, and says where a number comes from', async () => {
    for (const width of [390, 1280]) {
      const page = await opened('technical-report', width, 900);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const source = await page.evaluate<string>('document.querySelector("data").dataset.source');
      await page.locator('data').first().click();
      expect(await page.locator('#source').textContent()).toContain(source);
      await page.close();
    }
    expect(complaints).toEqual([]);
  });

  it('no slide is clipped or overlaps its foot', async () => {
    const page = await opened('deck', 1280, 720);
    expect(await page.evaluate<string[]>(OVERFLOW)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('arrows, Home and End move through the deck, and the address holds the slide', async () => {
    const page = await opened('deck', 1000, 700, '#3');
    const shown = (): Promise<string> => page.evaluate<string>('[...document.querySelectorAll(".slide:not([hidden])")].map((s) => s.id).join() + location.hash');
    expect(await shown()).toBe('slide-3#3');
    for (const [key, expected] of [['ArrowRight', 4], ['ArrowLeft', 3], ['Home', 1], ['ArrowLeft', 1]] as const) {
      await page.keyboard.press(key);
      expect(await shown(), key).toBe(`slide-${expected}#${expected}`);
    }
    await page.keyboard.press('End');
    const last = await page.locator('.slide').count();
    expect(await shown()).toBe(`slide-${last}#${last}`);
    expect(await page.locator('.slide:not([hidden]) .notes').isVisible()).toBe(false);
    await page.keyboard.press('n');
    expect(await page.locator('.slide:not([hidden]) .notes').isVisible()).toBe(true);
    await page.close();
  });

  it('prints one slide a page', async () => {
    const pdf = join(out, 'deck.pdf');
    const pages = await printPdf(executablePath!, join(out, 'deck.html'), pdf);
    const slides = (await readFile(join(out, 'deck.html'), 'utf8')).match(/<section class="slide/g)!.length;
    expect(pages).toBe(slides);
    expect(countPages(await readFile(pdf, 'latin1'))).toBe(slides);
    await expect(printPdf('/nowhere/chromium', join(out, 'deck.html'), pdf)).rejects.toThrow('/nowhere/chromium cannot be run');
  }, 60_000);
});
