/** Technical report and deck: numbers follow the results and name them, nothing is typed, nothing runs. */
import { mkdirSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESULTS_FORMAT } from '../../../experiments/results/manifest.ts';
import { resultPath } from '../../../experiments/results/layout.ts';
import { parseArguments } from '../../../experiments/cli/arguments.ts';
import { argumentsOf, studiesToMake } from '../../../reports/make-studies.ts';
import { CATALOGUE, commandOf } from '../../../reports/technical-report/catalogue.ts';
import { writeDocuments } from '../../../reports/write-documents.ts';
import { type Pages, PROJECT, changedResults, emptyFolder, numbersIn, pagesOf, removeFolders, resultsTree, trialsOf, typedText } from './results-tree.ts';

/** A digit that begins a number; P2P and P99 are names. */
const NUMBER = /(?:^|[^\p{L}\d])\d/u;

let folder: string;
let pages: Pages;
beforeAll(async () => {
  folder = await resultsTree();
  pages = await pagesOf(folder);
});
afterAll(removeFolders);

describe('numbers in report and deck', () => {
  it('are the means of the trials that their source names', async () => {
    const shown = [...numbersIn(pages.report), ...numbersIn(pages.deck)].filter(({ file }) => file.endsWith('/summary.csv'));
    expect(shown.length).toBeGreaterThan(15);
    for (const { value, file, metric, cell } of shown) {
      const parts = cell.split('; ');
      const settings = parts.filter((part) => part.includes('=')).map((part) => part.split('='));
      const trials = (await trialsOf(folder, file.split('/')[0])).filter((t) => t.key.system === parts[0] && settings.every(([key, held]) => String(t.key.cell[key]) === held));
      const mean = trials.reduce((sum, t) => sum + t.metrics[metric], 0) / trials.length;
      expect(value, `${file} ${metric} ${cell}`).toBeCloseTo(mean, 9);
    }
  });

  it('change with the results, and only those that rest on them', async () => {
    const changed = await changedResults(folder, 'replication', ({ key, metrics }) => (key.system === 'p2p' ? { ttftMeanMs: 10 * metrics['ttftMeanMs'] } : {}));
    const changedPages = await pagesOf(changed);
    for (const page of ['report', 'deck'] as const) {
      const [before, after] = [numbersIn(pages[page]), numbersIn(changedPages[page])];
      const of = (numbers: typeof before, file: string): string[] => numbers.filter((n) => n.file === file && n.metric === 'ttftMeanMs' && n.cell.startsWith('p2p')).map(({ text }) => text);
      const own = 'replication/summary.csv';
      expect(of(before, own).length).toBeGreaterThan(0);
      for (const text of of(before, own)) expect(of(after, own)).not.toContain(text);
      const others = (numbers: typeof before): string[] => numbers.filter(({ file, metric }) => file.startsWith('compression/') && !metric.startsWith('target ')).map(({ text, metric }) => `${metric} ${text}`);
      expect(others(after)).toEqual(others(before));
    }
    expect(pages.report).toContain('<b>Wins.</b> Against <span data-source="replication/manifest.json · systems · no-reuse">No reuse</span>');
    expect(changedPages.report).toContain('<b>Loses.</b> Against <span data-source="replication/manifest.json · systems · no-reuse">No reuse</span>');
  });

  it('are nowhere typed: outside of what was read from a file there is none', () => {
    const report = typedText(pages.report);
    expect(report).toContain('Where peer to peer loses');
    expect((new RegExp(`.{0,60}${NUMBER.source}.{0,30}`, 'u').exec(report))?.[0]).toBeUndefined();
    // The numbers of the slides themselves.
    const deck = typedText(pages.deck.replace(/<span aria-label="Slide \d+ of \d+">[^<]*<\/span>/g, ''));
    expect((new RegExp(`.{0,60}${NUMBER.source}.{0,30}`, 'u').exec(deck))?.[0]).toBeUndefined();
  });

  it('stand in numbers.json, each with its file, metric and cell', async () => {
    const out = await emptyFolder();
    const written = await writeDocuments({ results: folder, project: PROJECT, out, chromium: undefined });
    const numbers = JSON.parse(await readFile(join(out, 'numbers.json'), 'utf8')) as { document: string; file: string; metric: string; text: string }[];
    expect(numbers).toHaveLength(written.numbers);
    for (const { file, metric } of numbers) expect([file, metric]).not.toContain('');
    const html = await readFile(join(out, 'technical-report.html'), 'utf8');
    expect(numbers.filter(({ document }) => document === 'report')).toHaveLength(numbersIn(html).length);
    expect(written).toMatchObject({ studies: 3, reportPages: undefined, deckPages: undefined });
    expect(written.missing).toContain('break-even');
  });
});

describe('what is missing', () => {
  it('is a sentence, never NaN, undefined or an empty number', async () => {
    const bare = await changedResults(folder, 'replication', ({ key }) => (key.system === 'p2p' ? { ttftMeanMs: Number.NaN } : {}));
    // JSON has no NaN: the metric is there, and null.
    const [without, none] = [await pagesOf(bare), await pagesOf(await emptyFolder(), await emptyFolder())];
    for (const html of [without.report, without.deck, none.report, none.deck]) {
      expect((/.{0,40}(NaN|undefined|Infinity|∞|n\/a|\[object).{0,40}/.exec(html.replace(/<script[\s\S]*?<\/script>/g, '')))?.[0]).toBeUndefined();
    }
  });

  it('is listed with the command that makes it, and what cannot be read with the reason', async () => {
    const copy = await changedResults(folder, 'mine', () => ({}));
    mkdirSync(join(copy, 'half'));
    await writeFile(resultPath(join(copy, 'half'), 'manifest'), JSON.stringify({ format: RESULTS_FORMAT, complete: false }));
    const { report } = await pagesOf(copy);
    expect(report).toContain('npm run experiment -- configs/break-even.yaml');
    expect(report).toContain('is unfinished; complete it with --resume first');
    expect(report).toContain('Only one seed was run, so no interval can be given and no winner is named.');
    const none = (await pagesOf(await emptyFolder(), await emptyFolder())).report;
    for (const piece of ['There are no results yet.', 'not measured: no study among the results can judge it', 'No study among the results states published values']) expect(none).toContain(piece);
  });

  it('is said in one line where there is no folder of results at all', async () => {
    await expect(pagesOf('/nowhere/at-all')).rejects.toThrow(/^\/nowhere\/at-all cannot be read; expected a folder of results, as npm run experiment makes them$/);
  });
});

describe('pages', () => {
  it('are the same bytes from the same results', async () => {
    expect(await pagesOf(folder)).toEqual(pages);
  });

  it('keep hostile strings text', async () => {
    const { report, deck } = await pagesOf(await resultsTree({ hostile: true }));
    for (const html of [report, deck]) {
      expect(html.match(/<script/g)).toHaveLength(1);
      expect(html).toContain('&lt;script&gt;');
      expect(/<(?:img|i>NIC|b>(?:key|flag))/.test(html)).toBe(false);
      expect(/[\u202A-\u202E]/.test(html)).toBe(false);
      expect(/\b(?:src|href)="(?!#|data:)/.test(html), 'a reference out of the page').toBe(false);
      expect(/url\((?!#)|@import|https?:\/\/(?!www\.w3\.org)/.test(html), 'an address').toBe(false);
    }
  });

  it('have unique ids, headings in order, and a text alternative for every chart', () => {
    for (const html of [pages.report, pages.deck]) {
      const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [, id] of html.matchAll(/ (?:aria-labelledby|href)="#?([^"]*)"/g)) if (id !== 'data:,') expect(ids).toContain(id);
      const levels = [...html.matchAll(/<h([1-6])\b/g)].map(([, level]) => Number(level));
      expect(levels[0]).toBe(1);
      levels.slice(1).forEach((level, i) => { expect(level - levels[i], `heading ${i + 1}`).toBeLessThanOrEqual(1); });
      const alternatives = [...html.matchAll(/<div class="chart" role="img" aria-label="([^"]*)"/g)].map(([, text]) => text);
      expect(alternatives.length).toBeGreaterThanOrEqual(3);
      for (const text of alternatives) expect(text.length).toBeGreaterThan(30);
      expect(html.match(/<figure /g)).toHaveLength(alternatives.length);
    }
  });

  it('of the deck: a slide a study, notes for the speaker, twenty slides or so', () => {
    const html = pages.deck;
    const count = html.match(/<section class="slide/g)!.length;
    expect(count).toBeGreaterThanOrEqual(17);
    expect(html.match(/<aside class="notes"/g)).toHaveLength(count);
    expect(html).not.toMatch(/<aside class="notes"[^>]*><\/aside>/);
  });
});

it('the project has a config for every study of the catalogue, each under a name of its own', () => {
  const configs = readdirSync(join(PROJECT, 'configs'));
  for (const { config } of CATALOGUE) expect(configs).toContain(`${config}.yaml`);
  const folders = CATALOGUE.map(({ folder }) => folder);
  expect(new Set(folders).size).toBe(folders.length);
});

it('every config of the project is told of', () => {
  const configs = readdirSync(join(PROJECT, 'configs')).filter((file) => file.endsWith('.yaml')).map((file) => file.replace('.yaml', ''));
  expect(configs.filter((config) => !CATALOGUE.some((entry) => entry.config === config))).toEqual([]);
});

describe('making the studies', () => {
  it('runs what has no finished results, by the arguments a reader would type', async () => {
    const missing = await studiesToMake(folder);
    expect(missing.map((entry) => entry.folder)).toEqual(CATALOGUE.map((entry) => entry.folder).filter((name) => !['replication', 'compression'].includes(name)));
    const factorial = CATALOGUE.find((entry) => entry.folder === 'paper-factorial')!;
    expect(argumentsOf(factorial, { results: 'r', extra: [], dryRun: false })).toEqual(['configs/paper.yaml', '--set', 'design=factorial', '--seeds', '3', '--out', 'r/paper-factorial', '--resume', '--no-report']);
    expect(argumentsOf(factorial, { results: 'r', extra: ['--seeds', '1', '--jobs', '2'], dryRun: true })).toEqual(['configs/paper.yaml', '--set', 'design=factorial', '--seeds', '1', '--jobs', '2', '--out', 'r/paper-factorial', '--dry-run']);
    for (const entry of CATALOGUE) {
      const options = await parseArguments(argumentsOf(entry, { results: 'r', extra: [], dryRun: false }), 100);
      expect(options).toMatchObject({ configs: [`configs/${entry.config}.yaml`], resume: true, report: false });
      expect(commandOf(entry)).toContain(`configs/${entry.config}.yaml`);
    }
  });
});
