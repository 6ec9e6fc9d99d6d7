import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resultPath } from '../../experiments/results/layout.ts';
import { escapeMarkdown } from '../../reports/document/markdown.ts';
import { embeddedJson, escapeHtml } from '../../reports/page/escape-html.ts';
import { writeReport } from '../../reports/report.ts';
import { REPLICAS, peersWin } from './behaviours.ts';
import { HOSTILE } from './hostile-study.ts';
import { writeSyntheticResults } from './synthetic-results.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  folders.push(folder);
  return folder;
}

/** Name → SHA-256 of every file that a report writes. */
async function bytesOf(folder: string): Promise<Record<string, string>> {
  const names = ['report.md', 'report.html', ...(await readdir(join(folder, 'figures'))).sort().map((name) => `figures/${name}`)];
  return Object.fromEntries(await Promise.all(names.map(async (name): Promise<[string, string]> => [name, createHash('sha256').update(await readFile(join(folder, name))).digest('hex')])));
}

const SMALL = { sweep: [REPLICAS], seeds: ['1', '2', '3'], queriesPerTrial: 40, behaviour: peersWin } as const;

describe('report', () => {
  it('is the same bytes from the same results, in any folder, whatever run.json says and whatever was there', async () => {
    const [one, two] = [await freshFolder(), await freshFolder()];
    for (const folder of [one, two]) await writeSyntheticResults(folder, { ...SMALL, figures: ['ttftMeanMs', 'ttft-cdf'] });
    await writeFile(resultPath(two, 'run'), JSON.stringify({ machine: 'another', wallSeconds: 1e9 }));
    const told: string[] = [];
    const { figures } = await writeReport(one, { onFigure: (name) => told.push(name) });
    expect(told).toEqual(figures);
    await writeReport(two);
    const bytes = await bytesOf(one);
    expect(Object.keys(bytes)).toHaveLength(2 + 3 * figures.length);
    expect(await bytesOf(two)).toEqual(bytes);
    await writeFile(join(one, 'figures', 'left-over.svg'), 'old');
    await writeFile(join(one, 'figures', 'mine.txt'), 'not ours');
    await writeReport(one);
    const { 'figures/mine.txt': foreign, ...again } = await bytesOf(one);
    expect(foreign).toBeDefined();
    expect(again).toEqual(bytes);
  });

  it('holds summary, figures, tables, definitions and provenance', async () => {
    const folder = await freshFolder();
    await writeSyntheticResults(folder, { ...SMALL, summary: 'Recomputing takes 777 ms here.', behaviour: (cell, system) => ({ ...peersWin(cell, system), flags: { 'cost model asked outside its range': 2 } }) });
    const { figures } = await writeReport(folder);
    const markdown = await readFile(resultPath(folder, 'reportMarkdown'), 'utf8');
    const html = await readFile(resultPath(folder, 'reportHtml'), 'utf8');
    for (const text of [markdown, html]) {
      expect(text).toContain('How many replicas should each chunk have?');
      // Written once, of the config as it stands: what it says of results may not be so in these.
      expect(text).not.toContain('Recomputing takes 777 ms here.');
      expect(text.indexOf('loses to no baseline')).toBeLessThan(text.indexOf('beats Central disk'));
      expect(text.indexOf('In short')).toBeLessThan(!text.includes('Figures</h2>') ? text.indexOf('## Figures') : text.indexOf('Figures</h2>'));
      for (const piece of ['Cost model asked outside its range', '3f9a1c77e0d24b5fa86bb1c2d3e4f5a60718293a4b5c6d7e8f90a1b2c3d4e5f6', 'p2p-ragcache 0.1.0', 'npm run report -- results/synthetic', 'critical path', 'nearest rank']) {
        expect(text.includes(piece), piece).toBe(true);
      }
    }
    for (const name of figures) expect(markdown.includes(`(figures/${name}.svg)`), name).toBe(true);
    expect(html.match(/<figure /g)).toHaveLength(figures.length);
    expect(/\b(?:src|href)="(?!#|data:)/.test(html), 'a reference out of the page').toBe(false);
    expect(/url\((?!#)|@import|https?:\/\/(?!www\.w3\.org)/.test(html), 'an address').toBe(false);
    const ids = Array.from(html.matchAll(/ id="([^"]*)"/g), (match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const spec = JSON.parse(await readFile(join(folder, 'figures', 'ttft-by-replicas.vl.json'), 'utf8')) as { $schema: string };
    expect(spec.$schema).toContain('vega-lite');
    const png = await readFile(join(folder, 'figures', 'ttft-by-replicas.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    // Twice the 420 px of the figure.
    expect(Math.abs(png.readUInt32BE(16) - 840)).toBeLessThanOrEqual(4);
  });

  it('keeps hostile strings text', async () => {
    const folder = await freshFolder();
    await writeSyntheticResults(folder, { ...HOSTILE, figures: ['ttftMeanMs', 'attribution', 'series'] });
    await writeReport(folder);
    const html = await readFile(resultPath(folder, 'reportHtml'), 'utf8');
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(/<(?:img|b>key|i>NIC)/.test(html)).toBe(false);
    expect(html.includes('&lt;img src=x onerror=')).toBe(true);
    expect(/[\u202A-\u202E]/.test(html)).toBe(false);
    const markdown = await readFile(resultPath(folder, 'reportMarkdown'), 'utf8');
    expect(/<[a-z/]/i.test(markdown.replace(/`[^`]*`/g, ''))).toBe(false);
    for (const name of await readdir(join(folder, 'figures'))) expect(name).toMatch(/^[a-z0-9-]+\.(vl\.json|svg|png)$/);
  });

  it('of results without queries or metrics says what it leaves out', async () => {
    const folder = await freshFolder();
    await writeSyntheticResults(folder, { queriesPerTrial: 0, behaviour: () => ({ parts: {} }) });
    expect((await writeReport(folder)).figures).toEqual(['hit-rate']);
    const markdown = await readFile(resultPath(folder, 'reportMarkdown'), 'utf8');
    expect(markdown.includes('Nothing can be said')).toBe(true);
    expect(markdown.includes('- Distribution of TTFT: no trial saved its queries.')).toBe(true);
  });

  it('refuses a folder without finished results', async () => {
    const folder = await freshFolder();
    await expect(writeReport(folder)).rejects.toThrow('no results folder');
    await writeSyntheticResults(folder, SMALL);
    const manifest = JSON.parse(await readFile(resultPath(folder, 'manifest'), 'utf8')) as object;
    await writeFile(resultPath(folder, 'manifest'), JSON.stringify({ ...manifest, complete: false }));
    await expect(writeReport(folder)).rejects.toThrow('unfinished');
  });

  it('has a command that exits with 2 on bad input', async () => {
    const run = spawnSync(process.execPath, ['--import', 'tsx', 'reports/cli.ts', await freshFolder()], { encoding: 'utf8' });
    expect(run.status).toBe(2);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run.stderr).toMatch(/^report: .* is no results folder/);
  });
});

describe('escapes', () => {
  it('leave no markup in HTML, JSON and Markdown', () => {
    const text = `</script><b a='1' c="2">&|*_\`[x](y)#~\\`;
    expect(escapeHtml(text)).toBe('&lt;/script&gt;&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;|*_`[x](y)#~\\');
    expect(embeddedJson({ text })).not.toMatch(/[<>&]/);
    expect(JSON.parse(embeddedJson({ text }))).toEqual({ text });
    expect(escapeMarkdown('a|b\n# c <i>')).toBe('a\\|b \\# c &lt;i&gt;');
  });
});
