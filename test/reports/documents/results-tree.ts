/** Folders of invented results for the tests of report and deck. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { resultPath } from '../../../experiments/results/layout.ts';
import type { TrialRecord } from '../../../experiments/results/trial-result.ts';
import { readInput } from '../../../reports/technical-report/read-input.ts';
import { reportPage } from '../../../reports/technical-report/report-page.ts';
import { technicalReport } from '../../../reports/technical-report/technical-report.ts';
import { deckPage } from '../../../reports/deck/deck-page.ts';
import { slides } from '../../../reports/deck/slides.ts';
import { REPLICAS, UPLINK, crossover, peersWin } from '../behaviours.ts';
import { HOSTILE } from '../hostile-study.ts';
import { type SyntheticStudy, writeSyntheticResults } from '../synthetic-results.ts';

export const PROJECT = resolve(import.meta.dirname, '../../..');

const made: string[] = [];

export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  made.push(folder);
  return folder;
}

/** Removes every folder made here; for the end of a test file. */
export async function removeFolders(): Promise<void> {
  await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

const CONFIG = 'cluster:\n  nodes: 20\n  gpu: A100-80GB\nnetwork:\n  up: 40Gbps\nmeasure:\n  warmup: 100\n  requests: 1000\nplacement:\n  replicas: 3\n';

const STUDIES: Readonly<Record<string, SyntheticStudy>> = {
  replication: { name: 'replication', sweep: [REPLICAS], seeds: ['1', '2', '3'], queriesPerTrial: 12, config: CONFIG, behaviour: (cell, system) => ({ ...peersWin(cell, system), metrics: { hitRateHot: 0.9, corpusHeld: 0.4, busiestUtilisation: 0.5 } }) },
  compression: { name: 'compression', question: 'When does compressing pay?', sweep: [UPLINK, REPLICAS], seeds: ['1', '2', '3'], queriesPerTrial: 12, config: CONFIG, behaviour: crossover },
  mine: { name: 'mine', question: '', seeds: ['7'], queriesPerTrial: 12, behaviour: peersWin },
};

/** Results of three studies, one of them unknown to the report and of a single seed; with `hostile` a fourth. */
export async function resultsTree(options: { readonly hostile?: boolean } = {}): Promise<string> {
  const folder = await emptyFolder();
  for (const [name, study] of Object.entries(STUDIES)) await writeSyntheticResults(join(folder, name), study);
  if (options.hostile === true) await writeSyntheticResults(join(folder, 'x"><script>alert(8)<'), { ...HOSTILE, queriesPerTrial: 4 });
  return folder;
}

/** A copy of results in which the metrics of some trials are others. */
export async function changedResults(folder: string, study: string, change: (trial: TrialRecord) => Record<string, number>): Promise<string> {
  const copy = await emptyFolder();
  await cp(folder, copy, { recursive: true });
  const path = resultPath(join(copy, study), 'trials');
  const trials = await trialsOf(copy, study);
  await writeFile(path, trials.map((trial) => `${JSON.stringify({ ...trial, metrics: { ...trial.metrics, ...change(trial) } })}\n`).join(''));
  return copy;
}

export async function trialsOf(folder: string, study: string): Promise<TrialRecord[]> {
  return (await readFile(resultPath(join(folder, study), 'trials'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as TrialRecord);
}

export interface Pages {
  readonly report: string;
  readonly deck: string;
}

export async function pagesOf(folder: string, project = PROJECT): Promise<Pages> {
  const input = await readInput({ results: folder, project });
  return { report: reportPage(technicalReport(input)), deck: deckPage(slides(input)) };
}

/** One `data` element: what a reader sees, the number behind it, and where it came from. */
export interface Shown {
  readonly text: string;
  readonly value: number;
  readonly file: string;
  readonly metric: string;
  readonly cell: string;
}

export function numbersIn(html: string): Shown[] {
  return [...html.matchAll(/<data value="([^"]*)" data-source="([^"]*)">([^<]*)<\/data>/g)].map(([, value, source, text]) => {
    const [file, metric, cell = ''] = source.split(' · ');
    return { text: text.replaceAll('\u00A0', ' '), value: Number(value), file, metric, cell };
  });
}

/** The text of a page that is neither read from a file, nor a command, a citation, a chart or a reference. */
export function typedText(html: string): string {
  return html
    .replace(/^[\s\S]*?<main[^>]*>/, '').replace(/<section id="references"[\s\S]*$/, '').replace(/<\/main>[\s\S]*$/, '')
    .replace(/<figure[\s\S]*?<\/figure>/g, '').replace(/<(pre|code|data)\b[\s\S]*?<\/\1>/g, '').replace(/<span data-source="[^"]*">[\s\S]*?<\/span>/g, '').replace(/<a class="cite"[\s\S]*?<\/a>/g, '')
    .replace(/<[^>]+>/g, ' ').replace(/&[#a-z0-9]+;/g, ' ');
}
