/** The request view in headless Chromium: waterfall, brush and the table of what is selected. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPLICAS, peersWin } from '../behaviours.ts';
import { CHROMIUM, OpenedPages, WHY_SKIPPED } from './opened-page.ts';

/** '1.24 s' or '212 ms' in ms. */
const inMs = (text: string): number => Number(text.replaceAll(',', '').split(' ')[0]) * (text.endsWith(' s') ? 1000 : 1);

describe.skipIf(CHROMIUM === undefined)(`request view in headless Chromium${WHY_SKIPPED}`, () => {
  const pages = new OpenedPages();
  let page: Page;
  const cells = (selector: string): Promise<string[][]> => page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((row) => [...row.cells].map((cell) => cell.textContent))`);
  const slide = (id: string, value: number): Promise<void> => page.evaluate(`(() => { const s = document.getElementById(${JSON.stringify(id)}); s.value = ${value}; s.dispatchEvent(new Event('input')); })()`);
  beforeAll(async () => {
    await pages.start();
    page = await pages.open(await pages.report({ sweep: [REPLICAS], seeds: ['1', '2'], queriesPerTrial: 300, behaviour: peersWin, figures: ['ttftMeanMs'] }), 1280);
  }, 60_000);
  afterAll(async () => {
    expect(pages.complaints).toEqual([]);
    await pages.stop();
  });

  it('draws the parts of the critical path one after the other, and hidden work hatched and outside the sum', async () => {
    for (const system of ['0', '1', '3']) {
      await page.locator('#request-system').selectOption(system);
      const rows = await cells('#fall tr.critical');
      const [[, , , total]] = await cells('#fall tr.total');
      const takes = rows.map((row) => inMs(row[3]));
      expect(Math.abs(takes.reduce((a, b) => a + b, 0) / inMs(total) - 1)).toBeLessThan(0.01);
      let from = 0;
      for (const [i, row] of rows.entries()) {
        expect(Math.abs(inMs(row[2]) - from)).toBeLessThan(1 + from * 0.01);
        from += takes[i];
      }
      const bars = await page.evaluate<{ left: number; right: number }[]>(`[...document.querySelectorAll('#fall .critical .bar')].map((bar) => { const t = bar.parentElement.getBoundingClientRect(); const r = bar.getBoundingClientRect(); return { left: (r.left - t.left) / t.width, right: (r.right - t.left) / t.width }; })`);
      expect(bars).toHaveLength(rows.length);
      bars.forEach(({ left }, i) => { if (i > 0) expect(left).toBeGreaterThanOrEqual(bars[i - 1].left); });
      expect(Math.abs(bars.at(-1)!.right - 1)).toBeLessThan(0.03);
    }
    const hidden = await cells('#fall tr.behind');
    expect(hidden.map(([name, , from]) => [name, from])).toEqual([['Lookup, hidden', '–'], ['Transfer, hidden', '–']]);
    expect(await page.evaluate<string>(`getComputedStyle(document.querySelector('#fall tr.behind .bar')).backgroundImage`)).toContain('repeating-linear-gradient');
  });

  it('follows the list, a click on a point, and the setting and seed', async () => {
    await page.locator('#request-system').selectOption('1');
    await page.locator('#request-choice').selectOption({ index: 2 });
    const name = (await page.locator('#request-choice option:checked').textContent())!;
    expect(await page.locator('#fall caption').textContent()).toContain(`Central disk, ${/request \d+/.exec(name)![0]}:`);
    const point = await page.evaluate<{ x: number; y: number }>(`(() => { const dots = [...document.querySelectorAll('#cloud path')]; const r = dots[0].getBoundingClientRect(); scrollTo(0, r.top + scrollY - 300); const s = dots[0].getBoundingClientRect(); return { x: s.x + s.width / 2, y: s.y + s.height / 2 }; })()`);
    await page.mouse.click(point.x, point.y);
    expect(await page.locator('#cloud .chosen').count()).toBe(1);
    const settings = await page.locator('#request-setting option').allTextContents();
    expect(settings).toHaveLength(4);
    const before = await page.locator('#request-told').textContent();
    const facts = await page.locator('#request-facts').textContent();
    await page.locator('#request-setting').selectOption(String(settings.findIndex((text) => text.endsWith('seed 2'))));
    expect(await page.locator('#request-facts').textContent()).not.toBe(facts);
    expect((await page.locator('#request-told').textContent())!.slice(0, 14)).toBe(before!.slice(0, 14));
    await page.locator('#request-setting').selectOption('0');
  });

  it('sums up all requests in the brush: two halves make the whole, and the waterfall offers only what is inside', async () => {
    await page.locator('#brush-clear').click();
    const whole = await cells('#selection tbody tr');
    expect(whole.map((row) => row[1])).toEqual(['300', '300', '300', '300']);
    const choices = await page.locator('#request-choice option').count();
    const windows = Number(await page.locator('#brush-x1').getAttribute('max'));
    await slide('brush-x1', Math.floor(windows / 2));
    const early = await cells('#selection tbody tr');
    expect(await page.locator('#request-choice option').count()).toBeLessThan(choices);
    await slide('brush-x1', windows);
    await slide('brush-x0', Math.floor(windows / 2));
    const late = await cells('#selection tbody tr');
    whole.forEach((row, i) => {
      const [a, b] = [Number(early[i][1]), Number(late[i][1])];
      expect(a + b).toBe(300);
      const mean = (a * inMs(early[i][2]) + b * inMs(late[i][2])) / 300;
      // Three shown digits.
      expect(Math.abs(mean / inMs(row[2]) - 1)).toBeLessThan(0.01);
      // A percentile of the whole lies between those of its halves.
      const halves = [inMs(early[i][4]), inMs(late[i][4])];
      expect(inMs(row[4])).toBeLessThanOrEqual(Math.max(...halves));
      expect(inMs(row[4])).toBeGreaterThanOrEqual(Math.min(...halves));
    });
    await page.locator('#brush-clear').click();
  });

  it('shows the percentiles of all records within 1 %, by nearest rank', async () => {
    const exact = await page.evaluate<[number, number][]>(`JSON.parse(document.getElementById('data').textContent).requests.settings[0].runs.map((r) => { const run = JSON.parse(document.getElementById('data').textContent).requests.runs[r]; return [run.ttftMs[run.mark.indexOf('P50')], run.ttftMs[run.mark.indexOf('P99')]]; })`);
    (await cells('#selection tbody tr')).forEach((row, i) => {
      // 1 % of the bin and three shown digits.
      expect(Math.abs(inMs(row[3]) / exact[i][0] - 1)).toBeLessThan(0.015);
      expect(Math.abs(inMs(row[4]) / exact[i][1] - 1)).toBeLessThan(0.015);
    });
  });

  it('is brushed by pointer as by sliders, which never cross', async () => {
    await page.locator('#cloud').scrollIntoViewIfNeeded();
    const box = (await page.locator('#cloud svg').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 200, { steps: 4 });
    await page.mouse.up();
    const values = async (): Promise<number[]> => page.evaluate<number[]>(`['x0', 'x1', 'y0', 'y1'].map((id) => Number(document.getElementById('brush-' + id).value))`);
    const [x0, x1, y0, y1] = await values();
    expect(x0).toBeGreaterThan(0);
    expect(x1).toBeGreaterThan(x0);
    expect(y0).toBeGreaterThan(0);
    expect(y1).toBeGreaterThan(y0);
    expect(Number(await page.locator('#cloud .brush').getAttribute('width'))).toBeGreaterThan(20);
    await page.locator('#brush-x0').focus();
    await page.keyboard.press('End');
    const [pushed, end] = await values();
    expect(end).toBe(pushed + 1);
    await page.keyboard.press('Home');
    expect((await values())[0]).toBe(0);
    await page.locator('#brush-clear').click();
    const windows = Number(await page.locator('#brush-x1').getAttribute('max'));
    expect((await values()).slice(0, 2)).toEqual([0, windows]);
  });
});
