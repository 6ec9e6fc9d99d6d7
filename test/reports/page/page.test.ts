/** The page of a study in headless Chromium: legends, keyboard, structure, contrast, room, and texts that try to be markup. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPLICAS, peersWin } from '../behaviours.ts';
import { HOSTILE } from '../hostile-study.ts';
import { CLIPPED, LOW_CONTRAST, UNLABELLED } from './page-checks.ts';
import { CHROMIUM, OpenedPages, WHY_SKIPPED } from './opened-page.ts';

describe.skipIf(CHROMIUM === undefined)(`page of a study in headless Chromium${WHY_SKIPPED}`, () => {
  const pages = new OpenedPages();
  let plain: string;
  let hostile: string;
  beforeAll(async () => {
    await pages.start();
    plain = await pages.report({ sweep: [REPLICAS], seeds: ['1', '2'], queriesPerTrial: 60, behaviour: peersWin });
    hostile = await pages.report({ ...HOSTILE, figures: ['ttftMeanMs', 'attribution'] });
  }, 60_000);
  afterAll(async () => {
    expect(pages.complaints).toEqual([]);
    await pages.stop();
  });

  it('a legend entry is a switch for its system in all charts and in the request view, by click, Enter and Space', async () => {
    const page = await pages.open(plain, 1280);
    const shown = (): Promise<number[]> => page.evaluate<number[]>(`(() => {
      const { figures, systems } = JSON.parse(document.getElementById('data').textContent);
      const seen = (mark) => mark.getClientRects().length > 0;
      return systems.map((_, s) => [...document.querySelectorAll('.chart[data-figure]')].filter((chart) => {
        const rows = figures[Number(chart.dataset.figure)].systems;
        return rows !== null && [...chart.querySelectorAll('[data-row]')].some((mark) => rows[Number(mark.dataset.row)] === s && seen(mark));
      }).length);
    })()`);
    const before = await shown();
    expect(Math.min(...before)).toBeGreaterThanOrEqual(5);
    const keys = page.locator('button.key', { hasText: 'Central disk' });
    expect(await keys.count()).toBeGreaterThan(2);
    for (const [press, pressed] of [['click', 'false'], ['Enter', 'true'], ['Space', 'false']] as const) {
      if (press === 'click') await keys.nth(1).click();
      else {
        await keys.nth(0).focus();
        await page.keyboard.press(press);
      }
      expect(await page.locator(`button.key[aria-pressed=${pressed}]`, { hasText: 'Central disk' }).count()).toBe(await keys.count());
      expect(await shown()).toEqual(pressed === 'true' ? before : before.map((count, s) => (s === 1 ? 0 : count)));
      expect(await page.locator('#selection tbody tr').count()).toBe(pressed === 'true' ? 4 : 3);
    }
    // Every drawn piece in the colour of the hidden system is gone, intervals and bands too.
    expect(await page.evaluate<string[]>(`(() => {
      const colour = document.querySelector('button.key[aria-pressed=false] path').getAttribute('fill').toLowerCase();
      return [...document.querySelectorAll('.chart svg *')].filter((e) => [e.getAttribute('fill'), e.getAttribute('stroke')].some((c) => c?.toLowerCase() === colour) && e.getClientRects().length > 0).map((e) => e.outerHTML.slice(0, 80));
    })()`)).toEqual([]);
    // Told without colour.
    expect(await page.evaluate<string>(`getComputedStyle(document.querySelector('button.key[aria-pressed=false]')).textDecorationLine`)).toBe('line-through');
    expect(await page.locator('.chart text.struck').allTextContents()).toContain('Central disk');
    await page.close();
  });

  it('everything is reached, seen and worked by keyboard alone', async () => {
    const page = await pages.open(plain, 1280);
    const focusable = await page.evaluate<number>(`[...document.querySelectorAll('a[href],button,input,select,summary,[tabindex="0"]')].filter((e) => e.checkVisibility() && !e.disabled).length`);
    const seen: string[] = [];
    const names = new Set<string>();
    for (let k = 0; k < focusable; k++) {
      await page.keyboard.press('Tab');
      const [tag, id, outline, inside] = await page.evaluate<[string, string, string, boolean]>(`(() => {
        const e = document.activeElement;
        e.dataset.walked = 'yes';
        const r = e.getBoundingClientRect();
        const style = getComputedStyle(e);
        return [e.tagName, e.id, style.outlineStyle === 'none' ? '' : style.outlineWidth, r.width > 0 && r.bottom > 0 && r.top < innerHeight];
      })()`);
      seen.push(`${tag}#${id}`);
      names.add(tag);
      expect([outline, inside], `${tag}#${id}`).toEqual(['3px', true]);
    }
    expect(seen[0]).toBe('A#');
    expect(await page.locator('[data-walked]').count()).toBe(focusable);
    expect([...names].sort()).toEqual(['A', 'BUTTON', 'DIV', 'INPUT', 'SELECT', 'SUMMARY']);
    await page.locator('#brush-x1').focus();
    for (let k = 0; k < 20; k++) await page.keyboard.press('ArrowLeft');
    expect(await page.locator('#request-told').textContent()).not.toMatch(/^240 of 240/);
    expect(await page.locator('#brush-x1').getAttribute('aria-valuetext')).toMatch(/ s$/);
    const facts = await page.locator('#request-facts').textContent();
    await page.locator('#request-choice').focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('#request-facts').textContent()).not.toBe(facts);
    await page.close();
  });

  it('has landmarks, headings in order, names for every control, charts with a text, tables with scope, and nothing that moves', async () => {
    const page = await pages.open(plain, 1280, { reducedMotion: 'reduce' });
    for (const landmark of ['header', 'nav[aria-label]', 'main', 'a.skip[href="#short"]']) expect(await page.locator(landmark).count(), landmark).toBe(1);
    expect(await page.locator('main section:not([aria-labelledby]):not([aria-label])').count()).toBe(0);
    const levels = await page.evaluate<number[]>(`[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]))`);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.forEach((level, i) => { if (i > 0) expect(level - levels[i - 1]).toBeLessThanOrEqual(1); });
    expect(await page.evaluate(UNLABELLED)).toEqual([]);
    expect(await page.evaluate<number>(`[...document.getAnimations(), ...[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s')].length`)).toBe(0);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('every text has the contrast of WCAG AA to what is behind it, %s', async (colorScheme) => {
    const page = await pages.open(plain, 1280, { colorScheme });
    await page.locator('button.key').first().click();
    await page.evaluate(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`);
    const { pairs, low } = await page.evaluate<{ pairs: number; low: string[] }>(LOW_CONTRAST);
    expect(low).toEqual([]);
    expect(pairs).toBeGreaterThanOrEqual(5);
    await page.close();
  });

  it.each([1280, 390])('at %i px nothing is wider than the window, clipped or on top of another text', async (width) => {
    for (const path of [plain, hostile]) {
      const page = await pages.open(path, width);
      expect(await page.evaluate<number>('document.body.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate(CLIPPED)).toEqual([]);
      await page.close();
    }
  });

  it('hostile names stay text in legends, lists, tables, tooltips and the waterfall', async () => {
    const page: Page = await pages.open(hostile, 1280);
    const text = 'A "very" long <script>alert(4)</script>';
    const scripts = await page.locator('script').count();
    const settings = await page.locator('#request-setting option').count();
    for (let k = 0; k < settings; k++) {
      await page.locator('#request-setting').selectOption(String(k));
      for (let s = 0; s < (await page.locator('#request-system option').count()); s++) await page.locator('#request-system').selectOption(String(s));
    }
    expect((await page.locator('#request-setting option').allTextContents()).join()).toContain('"><script>alert(6)</script>');
    const system = (await page.locator('#request-system option').allTextContents()).findIndex((name) => name.startsWith(text.slice(0, 20)));
    await page.locator('#request-system').selectOption(String(system));
    for (const place of ['#fall caption', '#request-facts', '#selection tbody']) expect(await page.locator(place).textContent(), place).toContain(text.slice(0, 30));
    await page.locator('button.key').last().click();
    await page.locator('.chart [data-row]').first().hover({ force: true });
    expect(await page.locator('script').count()).toBe(scripts);
    expect(await page.locator('main script, main b > key, main i, img').count()).toBe(0);
    await page.close();
  });
});
